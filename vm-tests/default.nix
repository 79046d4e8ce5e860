# One test a file of this folder, under the file's name.
{
  self,
  pkgs,
}: let
  inherit (pkgs) lib;
  files = lib.filterAttrs (name: _: lib.hasSuffix ".nix" name && name != "default.nix") (builtins.readDir ./.);
  regtest = import ./lib/regtest.nix {inherit self lib;};

  # A file is a function of what tests share, and gives a NixOS test without what is the same in all.
  test = file: let
    name = lib.removeSuffix ".nix" file;
    written = import (./. + "/${file}") {
      inherit self lib pkgs;
      inherit (regtest) honeynode;
      tools = import ../nixos-modules/lib/tools.nix lib;
    };
  in
    lib.nameValuePair name (
      pkgs.testers.runNixOSTest (
        written
        // {
          inherit name;
          defaults = {
            imports = [self.nixosModules.default written.defaults or {}];
            # Cheap: no documentation, little memory.
            documentation.enable = false;
            virtualisation.memorySize = lib.mkDefault 1024;
            virtualisation.diskSize = lib.mkDefault 2048;
          };
          globalTimeout = 600;
          testScript = {nodes, ...}:
            builtins.readFile ./lib/prelude.py
            + (
              if builtins.isFunction written.testScript
              then written.testScript {inherit nodes;}
              else written.testScript
            );
        }
      )
    );
in
  lib.mapAttrs' (file: _: test file) files
