# peer-observer-detector: names attacks, as events of its own.
import ./lib/tool.nix {
  name = "detector";
  description = "detects attacks in the events of the nodes";
  metricsAddress = "127.0.0.1:9364";
  hears = ["rpc"];
  publishes = true;
  asmap = true;
  options = {lib}: {
    disable = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = [];
      example = ["fake_client"];
      description = "Kinds of anomalies to disable.";
    };
    thresholds = lib.mkOption {
      type = lib.types.attrsOf lib.types.number;
      default = {};
      example = {"addr_flood.excess" = 50;};
      description = "Thresholds that differ from their defaults (`--list-thresholds`).";
    };
    knownPeers = lib.mkOption {
      type = lib.types.nullOr lib.types.path;
      default = null;
      example = lib.literalExpression "./known-peers";
      description = ''
        A file that names those of whom you know what they do, one per line: `leave-out 192.0.2.7 our own monitor`,
        `mark 2001:db8::/32 KIT`. Peers that are left out raise no anomalies; anomalies of marked ones have the name.
      '';
    };
    webhook = lib.mkOption {
      type = lib.types.nullOr (lib.types.strMatching "https?://.+");
      default = null;
      example = "https://example.org/anomalies";
      description = "A URL to which each report is posted as JSON.";
    };
  };
  settings = cfg:
    cfg.thresholds
    // {
      inherit (cfg) disable webhook;
      known-peers = cfg.knownPeers;
    };
}
