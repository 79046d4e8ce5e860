# Every package that has a program of its name, for `nix run`.
pkgs: let
  inherit (pkgs) lib;
  programs = lib.filterAttrs (_: package: package.meta ? mainProgram) (
    removeAttrs (import ./packages.nix pkgs) ["bitcoind"]
  );
in
  lib.mapAttrs (_: package: {
    type = "app";
    program = lib.getExe package;
    meta.description = package.meta.description or package.name;
  })
  (programs // {default = programs.quickstart;})
