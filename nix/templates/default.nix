let
  honeynode = {
    path = ./honeynode;
    description = "A NixOS host with a mainnet honeynode, its metrics and an archive of what its peers did";
  };
in {
  inherit honeynode;
  default = honeynode;
}
