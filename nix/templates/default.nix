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
  fleet = {
    path = ./fleet;
    description = "Two NixOS hosts with a honeynode each, and a central host that watches them; secrets by agenix";
    welcomeText = ''
      - Set `peer-observer.url` in flake.nix, and the addresses in nodes.nix.
      - Copy each host's own configuration to hosts/<name>/default.nix, with its hardware-configuration.nix. It has the boot loader, users and SSH.
      - Make the CA and the certificates, and encrypt the secrets to secrets/.

      docs/deployment.md ("Several honeynodes, one central host") has the commands.
      Nix sees only files that git tracks: `git init && git add .`
    '';
  };
in {
  inherit fleet honeynode;
  default = honeynode;
}
