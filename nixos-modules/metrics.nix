# peer-observer-metrics: Prometheus metrics of the nodes; rules and dashboards where this host has Prometheus and Grafana.
{
  imports = [
    (import ./lib/tool.nix {
      name = "metrics";
      description = "turns events into Prometheus metrics";
      metricsAddress = "127.0.0.1:9332";
      hears = ["rpc" "log" "p2p"];
      asmap = true;
      options = {lib}: let
        inherit (lib) mkOption types;
      in {
        ipLists = mkOption {
          type = types.attrsOf types.path;
          default = {};
          example = lib.literalExpression "{tor_exit = ./tor-exits.txt;}";
          description = "Files with addresses and networks, one per line. Inbound connections from them are counted under the list's name.";
        };
        knownPeers = mkOption {
          type = types.nullOr types.path;
          default = null;
          example = lib.literalExpression "./known-peers";
          description = ''
            A file as `detector.knownPeers` has it. Peers that it leaves out do not count, such as the node's own p2p-extractor
            (`leave-out agent:/peer-observer-p2p-extractor: our own probe`). All that it names are counted by name.
          '';
        };
        provision = mkOption {
          type = types.bool;
          default = true;
          description = ''
            Whether to add rules to this host's Prometheus, and dashboards and a data source to its Grafana, if they are enabled.
            Prometheus scrapes the services of this host in any case.
          '';
        };
      };
      settings = cfg: {
        known-peers = cfg.knownPeers;
        ip-list = builtins.attrValues (builtins.mapAttrs (name: file: "${name}=${file}") cfg.ipLists);
      };
    })
    ./lib/monitoring.nix
  ];
}
