{
  inputs.nixpkgs.follows = "peer-observer/nixpkgs";
  # The address of its repository, or of a clone.
  inputs.peer-observer.url = "git+file:///path/to/peer-observer";
  inputs.agenix.url = "github:ryantm/agenix";

  outputs = {
    nixpkgs,
    peer-observer,
    agenix,
    ...
  }: let
    inherit (nixpkgs) lib;
    fleet = import ./nodes.nix;
    host = name: module:
      lib.nixosSystem {
        modules = [
          peer-observer.nixosModules.default
          agenix.nixosModules.default
          module
          ./hosts/${name} # the host's own: boot loader, file systems, users, SSH
          {networking.hostName = name;}
        ];
      };
  in {
    nixosConfigurations = lib.mapAttrs (name: _: host name (import ./node.nix fleet name)) fleet.nodes // {central = host "central" (import ./central.nix fleet);};
  };
}
