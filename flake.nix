{
  description = "peer-observer: sees what the peers of a Bitcoin Core node do";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";

  outputs = {
    self,
    nixpkgs,
  }: let
    inherit (nixpkgs) lib;
    forEachSystem = f:
      lib.genAttrs ["x86_64-linux" "aarch64-linux"] (
        system: f (nixpkgs.legacyPackages.${system}.extend self.overlays.default)
      );
  in {
    overlays.default = import ./nix/overlay.nix;
    packages = forEachSystem (
      pkgs: let
        packages = import ./nix/packages.nix pkgs;
      in
        packages
        // {
          default = packages.quickstart;
          option-reference = import ./nix/option-reference.nix {inherit self pkgs;};
        }
    );
    legacyPackages = forEachSystem (pkgs: {images = import ./nix/images.nix pkgs;});
    apps = forEachSystem (pkgs: import ./nix/apps.nix pkgs);
    devShells = forEachSystem (pkgs: {default = pkgs.callPackage ./nix/dev-shell.nix {};});
    formatter = forEachSystem (pkgs: pkgs.alejandra);
    nixosModules = import ./nixos-modules {inherit self lib;};
    templates = import ./nix/templates;
    checks = forEachSystem (pkgs: import ./nix/checks.nix {inherit self pkgs;});
  };
}
