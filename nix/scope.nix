# All packages. A folder services/<name> with a package.nix is the package peer-observer-<name>.
{
  lib,
  newScope,
  bitcoind,
}: let
  folders = lib.filterAttrs (name: kind: kind == "directory" && builtins.pathExists (../services + "/${name}/package.nix")) (
    builtins.readDir ../services
  );
in
  lib.makeScope newScope (
    self:
      {
        sources = import ./sources.nix lib;
        build = self.callPackage ./build.nix {};
        mkService = self.callPackage ./mk-service.nix {};

        bitcoind = self.callPackage ./bitcoind.nix {inherit bitcoind;};
        asmap-data = self.callPackage ./asmap-data.nix {inherit bitcoind;};
        dashboards = self.callPackage ./dashboards.nix {};
        rules = self.callPackage ./rules.nix {};
        python-types = self.callPackage ./python-types.nix {};
        libraries = self.callPackage ./libraries.nix {};
        sim-node = self.callPackage ./sim-node.nix {};
        quickstart = self.callPackage ./quickstart.nix {};
        # By the name of its program.
        peer-observer-archive = self.peer-observer-archive-reader;
      }
      // lib.mapAttrs' (name: _: lib.nameValuePair "peer-observer-${name}" (self.callPackage (../services + "/${name}/package.nix") {})) folders
  )
