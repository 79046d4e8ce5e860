# peer-observer-archiver: every event to compressed files.
import ./lib/tool.nix {
  name = "archiver";
  description = "writes every event to compressed files";
  metricsAddress = "127.0.0.1:9362";
  hears = ["rpc" "log" "p2p" "tools"];
  options = {lib}: let
    inherit (lib) mkOption types;
    count = default: description:
      mkOption {
        type = types.ints.unsigned;
        inherit default description;
      };
  in {
    directory = mkOption {
      type = types.path;
      default = "/var/lib/peer-observer-archiver";
      example = "/mnt/archive";
      description = ''
        Folder of the files. systemd creates the default one. Any other folder must exist and be writable by the group `peer-observer`.
      '';
    };
    keepSize = count 0 "Delete the oldest files if all files exceed this many MiB. 0: no limit.";
    keepDays = count 0 "Delete files older than this many days. 0: no limit.";
    rotateSize = count 1024 "Start a new file after this many MiB.";
    level = mkOption {
      type = types.ints.between 1 19;
      default = 3;
      description = "Compression level, 1 (fast) to 19 (small).";
    };
    kinds = mkOption {
      type = types.listOf types.str;
      default = [];
      description = "Kinds of events to keep. Empty: all kinds.";
    };
    messageTypes = mkOption {
      type = types.listOf types.str;
      default = [];
      description = "Types of P2P messages to keep. Empty: all types.";
    };
    sync = mkOption {
      type = types.either (types.enum ["each-frame" "never"]) types.ints.positive;
      default = 5;
      description = "When to sync to disk: after `each-frame`, `never`, or an interval in seconds.";
    };
  };
  settings = cfg: {
    inherit (cfg) directory;
    keep-size = cfg.keepSize;
    keep-days = cfg.keepDays;
    rotate-size = cfg.rotateSize;
    inherit (cfg) level sync;
    kind = cfg.kinds;
    message-type = cfg.messageTypes;
  };
  programs = packages: [packages.peer-observer-archive];
  serviceConfig = {
    cfg,
    ...
  }:
    {
      # Writes what has arrived.
      TimeoutStopSec = 30;
    }
    // (
      if cfg.directory == "/var/lib/peer-observer-archiver"
      then {
        StateDirectory = "peer-observer-archiver";
        StateDirectoryMode = "0700";
      }
      else {ReadWritePaths = [cfg.directory];}
    );
}
