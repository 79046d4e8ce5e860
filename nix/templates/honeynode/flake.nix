{
  inputs.nixpkgs.follows = "peer-observer/nixpkgs";
  inputs.peer-observer.url = "path:/path/to/peer-observer"; # or the address of its repository: git+https://...

  outputs = {
    nixpkgs,
    peer-observer,
    ...
  }: {
    nixosConfigurations.honeynode = nixpkgs.lib.nixosSystem {
      system = "x86_64-linux";
      modules = [
        peer-observer.nixosModules.default
        ./honeynode.nix
        ./configuration.nix # of the host: nixos-generate-config makes it
      ];
    };
  };
}
