# peer-observer-addr-connectivity: checks announced addresses. Not for a honeynode's own host: docs/addr-connectivity.md.
import ./lib/tool.nix {
  name = "addr-connectivity";
  description = "checks whether the addresses that peers announce are reachable";
  metricsAddress = "127.0.0.1:9363";
  publishes = true;
  asmap = true;
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
    proxy = proxy "SOCKS5 proxy for IPv4 and IPv6. Use one if this runs on a honeynode's host.";
    onionProxy = proxy "SOCKS5 proxy of Tor, for onion addresses.";
    i2pProxy = proxy "SOCKS5 proxy of an I2P router, for I2P addresses.";
    onlyNetworks = texts ["ipv4"] "Networks to check. By default IPv4, IPv6 and the networks that have a proxy.";
    userAgent = mkOption {
      type = types.nullOr types.str;
      default = null;
      description = "User agent to send; `null` for the program's name and version.";
    };
    allowCidrs = texts ["10.0.0.0/8"] "Ranges to check even if they are private or otherwise special.";
    denyCidrs = texts ["192.0.2.0/24"] "Ranges that are never checked.";
    dnsServers = texts ["127.0.0.1:53"] "DNS servers for `dnsSeeds`.";
    dnsSeeds = texts ["seed.bitcoin.sipa.be"] "DNS seeds whose addresses are checked as well.";
    maxPerSecond = mkOption {
      type = types.ints.positive;
      default = 20;
      description = "Maximum number of checks started per second.";
    };
    maxInFlight = mkOption {
      type = types.ints.positive;
      default = 200;
      description = "Maximum number of concurrent checks.";
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
