# Adds `peer-observer`, a scope of its own: it replaces nothing of nixpkgs, not even its bitcoind.
final: prev: {
  peer-observer = final.callPackage ./scope.nix {};
}
