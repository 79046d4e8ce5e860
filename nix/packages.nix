# What the flake shows of the scope: packages, not the functions that make them.
pkgs: pkgs.lib.filterAttrs (_: pkgs.lib.isDerivation) pkgs.peer-observer
