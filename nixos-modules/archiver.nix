# peer-observer-archiver: every event to compressed files.
import ./lib/tool.nix {
  name = "archiver";
  description = "writes every event to compressed files";
  metricsAddress = "127.0.0.1:9362";
  hears = ["rpc" "log" "p2p" "tools"];
  asmap = true;
  options = {lib}: let
    inherit (lib) mkOption types;
    count = default: description:
      mkOption {
        type = types.ints.unsigned;
        inherit default description;
      };
    select = mkOption {
      type = types.listOf types.str;
      default = [];
      example = ["kind=connection" "message_type=version,direction=inbound"];
      description = "Selections of events to keep; an event is kept that fits one of them. Empty: what `kinds` and `messageTypes` say.";
    };
    # What an archive says for itself; null: as the others.
    own = type: example: description:
      mkOption {
        type = types.nullOr type;
        default = null;
        inherit example;
        description = "${description} `null`: as the option of that name outside of `archives`.";
      };
    txDetails = types.enum ["received" "full" "ids"];
  in {
    archives = mkOption {
      type = types.attrsOf (types.submodule {
        options = {
          inherit select;
          directory = mkOption {
            type = types.nullOr types.path;
            default = null;
            example = "/mnt/archive";
            description = ''
              Folder of the files. `null`: a folder with the name of the archive in the `directory` outside of `archives`. Any other folder must exist and be writable by the
              group `peer-observer`.
            '';
          };
          txDetail = own txDetails "ids" "What to keep of transactions.";
          level = own (types.ints.between 1 19) 19 "Compression level.";
          rotateSize = own types.ints.unsigned 256 "Start a new file after this many MiB.";
          keepSize = own types.ints.unsigned 100000 "Delete the oldest files if all files of this archive exceed this many MiB. 0: no limit.";
          keepDays = own types.ints.unsigned 30 "Delete files older than this many days. 0: no limit.";
        };
      });
      default = {};
      example = {
        full.keepSize = 200000;
        low-data = {
          select = ["kind=connection" "message_type=version"];
          keepSize = 20000;
        };
        addr-relay = {
          select = ["message_type=addr|addrv2|getaddr|sendaddrv2"];
          keepDays = 365;
        };
      };
      description = ''
        Several archives, by name, in place of one. What one does not say, the options outside say; its `directory` is by default a folder of its name in the one
        outside. An archive that cannot be written does not affect the others.
      '';
    };
    inherit select;
    txDetail = mkOption {
      type = txDetails;
      default = "received";
      description = "What to keep of transactions: all that the extractor sends, `full` (without their bytes) or `ids` (txid, wtxid, sizes).";
    };
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
  settings = cfg:
    {
      inherit (cfg) directory level select sync;
      keep-size = cfg.keepSize;
      keep-days = cfg.keepDays;
      rotate-size = cfg.rotateSize;
      tx-detail = cfg.txDetail;
      kind = cfg.kinds;
      message-type = cfg.messageTypes;
    }
    // builtins.listToAttrs (builtins.concatMap (archive: let
      own = cfg.archives.${archive};
      directory =
        if own.directory == null
        then "${cfg.directory}/${archive}"
        else own.directory;
      option = name: value: {
        name = "archive.${archive}.${name}";
        inherit value;
      };
    in [
      # An archive that says nothing is named all the same.
      (option "directory" directory)
      (option "select" own.select)
      (option "tx-detail" own.txDetail)
      (option "level" own.level)
      (option "rotate-size" own.rotateSize)
      (option "keep-size" own.keepSize)
      (option "keep-days" own.keepDays)
    ]) (builtins.attrNames cfg.archives));
  programs = packages: [packages.peer-observer-archive];
  serviceConfig = {
    cfg,
    ...
  }: let
    isDefault = cfg.directory == "/var/lib/peer-observer-archiver";
    # One that is missing does not keep the others from being written.
    others = map (directory: "-${directory}") (builtins.filter (directory: directory != null) (map (archive: archive.directory) (builtins.attrValues cfg.archives)));
  in
    {
      # Writes what has arrived.
      TimeoutStopSec = 30;
    }
    // (
      if isDefault
      then {
        StateDirectory = "peer-observer-archiver";
        StateDirectoryMode = "0700";
        ReadWritePaths = others;
      }
      else {ReadWritePaths = [cfg.directory] ++ others;}
    );
}
