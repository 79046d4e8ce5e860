let
  honeynode = {
    path = ./honeynode;
    description = "A NixOS host with a mainnet honeynode, its metrics and an archive of what its peers did";
    welcomeText = ''
      Two steps before `nixos-rebuild switch --flake .#honeynode`:

      - Set `peer-observer.url` in flake.nix.
      - Copy the host's own configuration here: `cp /etc/nixos/{configuration,hardware-configuration}.nix .`
        It has the boot loader, users and SSH.

      Nix sees only files that git tracks: `git init && git add .`
    '';
  };
in {
  inherit honeynode;
  default = honeynode;
}
