# services.peer-observer.uplink: the VPN from a honeynode's host to its central host. The node connects: none of its ports is open to others.
{
  config,
  lib,
  ...
}: let
  inherit (lib) mkOption types;
  cfg = config.services.peer-observer.uplink;
  honeynodes = lib.filterAttrs (_: node: node.enable) config.services.peer-observer.honeynodes;
  others = node: builtins.filter (extractor: extractor.enable) [node.rpcExtractor node.logExtractor node.p2pExtractor];
  listens = lib.concatLists (lib.mapAttrsToList (_: node: [node.listen] ++ map (extractor: extractor.listen) (others node)) honeynodes);
  text = example: description: mkOption {
    type = types.str;
    inherit example description;
  };
in {
  options.services.peer-observer.uplink = {
    enable = lib.mkEnableOption ''
      a VPN (WireGuard) to a central host. Let the honeynodes listen at its address: `honeynodes.<name>.listen = "tcp://10.93.0.2:9331";`'';
    address = text "10.93.0.2" "This host's address in the VPN.";
    privateKeyFile = text "/var/lib/secrets/wireguard.key" "This host's private key.";
    central = {
      endpoint = text "central.example.org:51820" "Where the central host listens.";
      publicKey = text "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=" "Its public key.";
      address = mkOption {
        type = types.str;
        default = "10.93.0.1";
        description = "Its address in the VPN.";
      };
    };
  };

  config = lib.mkIf cfg.enable {
    networking.wireguard.interfaces.peer-observer = {
      ips = ["${cfg.address}/24"];
      inherit (cfg) privateKeyFile;
      peers = [
        {
          inherit (cfg.central) endpoint publicKey;
          allowedIPs = ["${cfg.central.address}/32"];
          persistentKeepalive = 25; # seconds: a NAT in between forgets
        }
      ];
    };
    networking.firewall.interfaces.peer-observer.allowedTCPPorts =
      map (url: lib.toInt (lib.last (lib.splitString ":" url))) (builtins.filter (lib.hasPrefix "tcp://${cfg.address}:") listens);
  };
}
