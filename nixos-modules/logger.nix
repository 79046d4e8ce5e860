# peer-observer-logger: events in the journal.
import ./lib/tool.nix {
  name = "logger";
  description = "prints events to the journal, one event per line";
  metricsAddress = "127.0.0.1:9361";
  hears = ["rpc" "log" "p2p" "tools"];
  asmap = true;
  options = {lib}: let
    inherit (lib) mkOption types;
  in {
    format = mkOption {
      type = types.enum ["text" "json"];
      default = "text";
      description = "`text` (short, for people) or `json` (all fields).";
    };
    kinds = mkOption {
      type = types.listOf types.str;
      default = [];
      example = ["connection.misbehaving" "mempool.rejected"];
      description = "Kinds of events to print. Empty: all kinds, thousands of lines per minute on mainnet.";
    };
    messageTypes = mkOption {
      type = types.listOf types.str;
      default = [];
      example = ["inv"];
      description = "Types of P2P messages to print. Empty: all types.";
    };
    direction = mkOption {
      type = types.nullOr (types.enum ["inbound" "outbound"]);
      default = null;
      description = "Print only messages and new connections of this direction.";
    };
  };
  settings = cfg: {
    inherit (cfg) format direction;
    kind = cfg.kinds;
    message-type = cfg.messageTypes;
  };
}
