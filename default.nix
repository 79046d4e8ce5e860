# All packages without flakes, of the nixpkgs at hand: `nix-build -A peer-observer-extractor`
{pkgs ? import <nixpkgs> {}}: import ./nix/packages.nix (pkgs.extend (import ./nix/overlay.nix))
