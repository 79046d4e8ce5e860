# peer-observer-p2p-extractor: one unit a node, which is a peer of the node.
import ./lib/publisher.nix {
  name = "p2p-extractor";
  about = "P2P extractors of this host, one per node. A honeynode with `p2pExtractor.enable` adds its own.";
  description = cfg: "is a peer of ${cfg.node} and publishes what a peer sees";
  suffix = "-p2p";
  port = 9338;
  options = {lib}: let
    inherit (lib) mkOption types;
    addresses = description:
      mkOption {
        type = types.listOf (types.strMatching "([A-Za-z0-9._-]+=)?.+:[0-9]+");
        default = [];
        inherit description;
      };
  in {
    chain = mkOption {
      type = types.enum ["main" "test" "testnet4" "signet" "regtest"];
      default = "main";
      description = "The chain of the node.";
    };
    accept = addresses "Where the node connects to: `HOST:PORT`, which is in an `addnode` of the node. `NODE=HOST:PORT` for another node.";
    connect = addresses "Where the node listens, to be an inbound peer of it: `HOST:PORT`, or `NODE=HOST:PORT` for another node.";
    transport = mkOption {
      type = types.enum ["v1" "v2"];
      default = "v1";
      description = "`v2`: connect encrypted (BIP324), and accept what the node connects with.";
    };
    pingInterval = mkOption {
      type = types.numbers.positive;
      default = 10;
      description = "Seconds between two pings.";
    };
    userAgent = mkOption {
      type = types.nullOr types.str;
      default = null;
      description = "What the node is told; `null` for the program's name and version.";
    };
  };
  settings = cfg: {
    inherit (cfg) chain accept connect transport;
    ping-interval = toString cfg.pingInterval;
    user-agent = cfg.userAgent;
  };
}
