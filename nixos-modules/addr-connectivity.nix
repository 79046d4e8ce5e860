# peer-observer-addr-connectivity: checks announced addresses. Not for a honeynode's own host: docs/addr-connectivity.md.
import ./lib/tool.nix {
  name = "addr-connectivity";
  description = "checks whether the addresses that peers announce are reachable";
  metricsAddress = "127.0.0.1:9363";
  publishes = true;
  options = {lib}: let
    inherit (lib) mkOption types;
    proxy = description:
      mkOption {
        type = types.nullOr (types.strMatching ".+:[0-9]+");
        default = null;
        example = "127.0.0.1:9050";
        inherit description;
      };
    texts = example: description:
      mkOption {
        type = types.listOf types.str;
        default = [];
        inherit example description;
      };
  in {
    chain = mkOption {
      type = types.enum ["main" "test" "testnet4" "signet" "regtest"];
      default = "main";
      description = "The chain of the nodes.";
    };
    proxy = proxy "SOCKS5 proxy for IPv4 and IPv6. Whoever runs this on a honeynode's host needs one.";
    onionProxy = proxy "SOCKS5 proxy of Tor, for onion addresses.";
    i2pProxy = proxy "SOCKS5 proxy of an I2P router, for I2P addresses.";
    onlyNetworks = texts ["ipv4"] "Networks to check; by default IPv4, IPv6, and what there is a proxy for.";
    userAgent = mkOption {
      type = types.nullOr types.str;
      default = null;
      description = "How it introduces itself; `null` for the program's name and version.";
    };
    allowCidrs = texts ["10.0.0.0/8"] "Ranges to check although they are private or of another special kind.";
    denyCidrs = texts ["192.0.2.0/24"] "Ranges never to check.";
    dnsServers = texts ["127.0.0.1:53"] "Servers for `dnsSeeds`.";
    dnsSeeds = texts ["seed.bitcoin.sipa.be"] "Seeds whose addresses are checked, too.";
    maxPerSecond = mkOption {
      type = types.ints.positive;
      default = 20;
      description = "Checks begun in a second.";
    };
    maxInFlight = mkOption {
      type = types.ints.positive;
      default = 200;
      description = "Checks at a time.";
    };
  };
  settings = cfg: {
    inherit (cfg) chain proxy;
    onion-proxy = cfg.onionProxy;
    i2p-proxy = cfg.i2pProxy;
    only-network = cfg.onlyNetworks;
    user-agent = cfg.userAgent;
    allow-cidr = cfg.allowCidrs;
    deny-cidr = cfg.denyCidrs;
    dns-server = cfg.dnsServers;
    dns-seed = cfg.dnsSeeds;
    max-per-second = cfg.maxPerSecond;
    max-in-flight = cfg.maxInFlight;
    cache-file = "/var/lib/peer-observer-addr-connectivity/results.sqlite";
  };
  serviceConfig = {cfg, ...}: {
    StateDirectory = "peer-observer-addr-connectivity";
    StateDirectoryMode = "0700";
    LimitNOFILE = cfg.maxInFlight + 1024;
  };
}
