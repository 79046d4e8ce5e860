# peer-observer-archiver: every event to compressed files.
import ./lib/tool.nix {
  name = "archiver";
  description = "writes every event to compressed files";
  metricsAddress = "127.0.0.1:9362";
  hears = ["rpc" "tools"];
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
        The folder of the files. systemd makes the default one. Another one must exist, and be writable for the group `peer-observer`.
      '';
    };
    keepSize = count 0 "MiB of all files; the oldest are deleted beyond it. 0: no limit.";
    keepDays = count 0 "Age of a file before it is deleted. 0: no limit.";
    rotateSize = count 1024 "MiB of a file before the next one is begun.";
    level = mkOption {
      type = types.ints.between 1 19;
      default = 3;
      description = "Of compression: 1 is fast, 19 is small.";
    };
    kinds = mkOption {
      type = types.listOf types.str;
      default = [];
      description = "Kinds of events to keep; all of them if empty.";
    };
    messageTypes = mkOption {
      type = types.listOf types.str;
      default = [];
      description = "Types of P2P messages to keep; all of them if empty.";
    };
    sync = mkOption {
      type = types.either (types.enum ["each-frame" "never"]) types.ints.positive;
      default = 5;
      description = "When to wait for the disk: every so many seconds, after `each-frame`, or `never`.";
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
