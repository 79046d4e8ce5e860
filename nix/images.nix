# OCI images, one a program: `nix build .#images.logger`, then `docker load < result`. contrib/compose.yaml says what each needs.
pkgs: let
  inherit (pkgs) lib;
  packages = lib.filterAttrs (name: package: lib.hasPrefix "peer-observer-" name && package.meta ? mainProgram) (import ./packages.nix pkgs);
  image = package:
    pkgs.dockerTools.buildLayeredImage {
      name = package.meta.mainProgram;
      tag = package.version;
      config.Entrypoint = [(lib.getExe package)];
    };
in
  lib.mapAttrs' (name: package: lib.nameValuePair (lib.removePrefix "peer-observer-" name) (image package)) packages
