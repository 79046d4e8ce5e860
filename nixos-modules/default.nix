# nixosModules: one a file of this folder; `default`, which is all of them; and presets for hosts with other modules.
{
  self,
  lib,
}: let
  files = lib.filterAttrs (name: _: lib.hasSuffix ".nix" name && name != "default.nix") (builtins.readDir ./.);
  names = map (lib.removeSuffix ".nix") (builtins.attrNames files);

  # Arguments of all modules here. The key: whoever imports two of them gets this once. The name is nobody else's: an
  # argument of specialArgs would win, and inputs are often called peer-observer there.
  shared = {
    key = "peer-observer";
    imports = [./lib/certificates.nix];
    _module.args.peerObserverFlake = {
      packages = pkgs: self.packages.${pkgs.stdenv.hostPlatform.system};
      tools = import ./lib/tools.nix lib;
    };
  };
  modules = lib.genAttrs names (name: {
    _file = ./. + "/${name}.nix";
    imports = [shared (./. + "/${name}.nix")];
  });
  fleet = map (name: ./fleet + "/${name}") (builtins.attrNames (builtins.readDir ./fleet));
in
  modules
  // {
    # Its options reach into those of all the others.
    honeynode.imports = builtins.attrValues modules;
    default.imports = builtins.attrValues modules ++ fleet;
    nix-bitcoin.imports = builtins.attrValues modules ++ [./presets/nix-bitcoin.nix];
  }
