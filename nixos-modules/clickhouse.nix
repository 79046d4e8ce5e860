# peer-observer-clickhouse: events as rows of ClickHouse's tables.
import ./lib/tool.nix {
  name = "clickhouse";
  description = "writes events to tables of ClickHouse";
  metricsAddress = "127.0.0.1:9367";
  hears = ["rpc" "log" "p2p" "tools"];
  asmap = true;
  options = {lib}: let
    inherit (lib) mkOption types;
    text = example: description:
      mkOption {
        type = types.nullOr types.str;
        default = null;
        inherit example description;
      };
    count = default: description:
      mkOption {
        type = types.ints.unsigned;
        inherit default description;
      };
  in {
    url = mkOption {
      type = types.strMatching "https?://.+";
      default = "http://127.0.0.1:8123";
      example = "https://clickhouse.example.org:8443";
      description = "HTTP interface of the server. The default is that of `services.clickhouse` on this host.";
    };
    database = mkOption {
      type = types.str;
      default = "peer_observer";
      description = "Database of the tables. It is created if it does not exist.";
    };
    user = text "peer_observer" "User of the server; `null` for `default`.";
    passwordFile = text "/var/lib/secrets/clickhouse-password" "File with the password of `user`. systemd passes it to the service: only root needs to be able to read it.";
    caFile = mkOption {
      type = types.nullOr types.path;
      default = null;
      description = "Certificates that an `https://` server is checked against; `null` for the system's.";
    };
    cluster = text "honeynodes" "Cluster of the server's configuration: tables are replicated and distributed over it.";
    keepDays = count 0 "Drop months that ended more than this many days ago. 0: no limit.";
    spoolSize = mkOption {
      type = types.ints.positive;
      default = 10000;
      description = "MiB of events that wait while the server does not take them. Events beyond it are lost, and the table `losses` tells of them.";
    };
  };
  settings = cfg: {
    inherit (cfg) url database user cluster;
    ca-file = cfg.caFile;
    keep-days = cfg.keepDays;
    spool-size = cfg.spoolSize;
    spool = "/var/lib/peer-observer-clickhouse";
  };
  secrets = cfg:
    if cfg.passwordFile == null
    then {}
    else {password-file = cfg.passwordFile;};
  serviceConfig = _: {
    # Writes what has arrived.
    TimeoutStopSec = 30;
    StateDirectory = "peer-observer-clickhouse";
    StateDirectoryMode = "0700";
  };
}
