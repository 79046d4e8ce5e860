# peer-observer-log-extractor: one unit a node, which may read logs and nothing else of the node.
import ./lib/publisher.nix {
  name = "log-extractor";
  about = "Log extractors of this host, one for each node. A honeynode with `logExtractor.enable` makes its own.";
  description = cfg: "follows the log of ${cfg.node} and publishes its lines";
  suffix = "-log";
  port = 9337;
  stateDirectory = true;
  serviceConfig.SupplementaryGroups = ["peer-observer-log"];
  options = {lib}: let
    inherit (lib) mkOption types;
  in {
    debugLog = mkOption {
      type = types.path;
      example = "/var/log/bitcoind-alpha/debug.log";
      description = "The node's log. The group `peer-observer-log` must be able to read it and the folder that it is in.";
    };
    fromStart = mkOption {
      type = types.bool;
      default = false;
      description = "Whether to publish what is in the log when the extractor starts for the first time.";
    };
    threadNames = mkOption {
      type = types.enum ["auto" "on" "off"];
      default = "auto";
      description = "Whether the node runs with `-logthreadnames`; `auto` learns it from the log.";
    };
  };
  settings = cfg: {
    debug-log = cfg.debugLog;
    from-start = cfg.fromStart;
    thread-names = cfg.threadNames;
  };
}
