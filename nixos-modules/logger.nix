# peer-observer-logger: events in the journal.
import ./lib/tool.nix {
  name = "logger";
  description = "prints events, one line an event, to the journal";
  metricsAddress = "127.0.0.1:9361";
  hears = ["rpc" "tools"];
  options = {lib}: let
    inherit (lib) mkOption types;
  in {
    format = mkOption {
      type = types.enum ["text" "json"];
      default = "text";
      description = "`text` is short, for people; `json` has everything.";
    };
    kinds = mkOption {
      type = types.listOf types.str;
      default = [];
      example = ["connection.misbehaving" "mempool.rejected"];
      description = "Kinds of events to print; all of them if empty, which is thousands of lines a minute on mainnet.";
    };
    messageTypes = mkOption {
      type = types.listOf types.str;
      default = [];
      example = ["inv"];
      description = "Types of P2P messages to print; all of them if empty.";
    };
    direction = mkOption {
      type = types.nullOr (types.enum ["inbound" "outbound"]);
      default = null;
      description = "Print messages and new connections of this direction only.";
    };
  };
  settings = cfg: {
    inherit (cfg) format direction;
    kind = cfg.kinds;
    message-type = cfg.messageTypes;
  };
}
