{
  inputs.nixpkgs.follows = "peer-observer/nixpkgs";
  # The address of its repository, or of a clone.
  inputs.peer-observer.url = "git+file:///path/to/peer-observer";

  outputs = {
    nixpkgs,
    peer-observer,
    ...
  }: {
    nixosConfigurations.honeynode = nixpkgs.lib.nixosSystem {
      modules = [
        peer-observer.nixosModules.default
        ./honeynode.nix
        ./configuration.nix # the host's own, with its hardware-configuration.nix
      ];
    };
  };
}
