# Linux that says that it is of another version, for configurations that are evaluated and not built: nixpkgs drops old kernels.
pkgs: version:
pkgs.linuxPackages.extend (_: packages: let
  kernel =
    packages.kernel
    // {
      inherit version;
      override = _: kernel; # NixOS does
    };
in {inherit kernel;})
