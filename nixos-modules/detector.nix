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
  };
  settings = cfg: cfg.thresholds // {inherit (cfg) disable;};
}
