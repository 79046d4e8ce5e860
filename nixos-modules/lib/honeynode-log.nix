# A honeynode's log-extractor. A node that is run here writes its log into a folder that the group of the log-extractors may read.
# bitcoind creates files that only its user may read, whatever the unit's UMask: it sets its own. Where a folder has a default ACL, the
# kernel does not look at the umask.
{
  config,
  lib,
  pkgs,
  utils,
  ...
}: let
  service = import ./service.nix {inherit config lib pkgs utils;};
  inherit (lib) mkOption types;
  honeynodes = config.services.peer-observer.honeynodes;
  followed = lib.filterAttrs (_: cfg: cfg.enable && cfg.logExtractor.enable) honeynodes;
  managed = lib.filterAttrs (_: cfg: cfg.bitcoind.manage) followed;
  firstMetricsPort = 9310;
  group = "peer-observer-log";
  folder = name: "/var/log/bitcoind-${name}";

  honeynode = {
    name,
    config,
    ...
  }: {
    options.logExtractor =
      {
        enable = lib.mkEnableOption ''
          a log-extractor for the node; more is set in `services.peer-observer.log-extractors.<name>`. The log of a node that is run here moves to
          `/var/log/bitcoind-<name>`'';
        debug = mkOption {
          type = types.listOf types.str;
          default = ["cmpctblock" "net" "validation"];
          example = ["cmpctblock" "validation"];
          description = ''
            Categories that a node that is run here logs (`-debug`). Without `net`, disconnects, misbehaviour and failed handshakes are not seen; it is
            most of the log.
          '';
        };
      }
      // service.publisherOptions {
        inherit name;
        sort = "log";
        port = 9337;
        inherit (config.logExtractor) listen;
      };
    options.bitcoind.debugLog = mkOption {
      type = types.nullOr types.path;
      default =
        if config.bitcoind.manage
        then "${folder name}/debug.log"
        else null;
      defaultText = lib.literalMD "of a node that is run here `/var/log/bitcoind-<name>/debug.log`; else none";
      example = "/var/log/bitcoin/debug.log";
      description = "The node's log, for `logExtractor`. The group `${group}` must be able to read it.";
    };
  };

  extractor = index: name: {
    inherit (followed.${name}.bitcoind) debugLog;
    inherit (followed.${name}.logExtractor) listen;
    inherit (followed.${name}) tls;
    metricsAddress = lib.mkDefault "127.0.0.1:${toString (firstMetricsPort + index)}";
  };
in {
  options.services.peer-observer.honeynodes = mkOption {type = types.attrsOf (types.submodule honeynode);};

  config = {
    assertions =
      lib.mapAttrsToList (name: cfg: {
        assertion = cfg.bitcoind.debugLog != null;
        message = ''
          services.peer-observer.honeynodes.${name}.logExtractor needs the log of a node that is not run here. Set
          services.peer-observer.honeynodes.${name}.bitcoind.debugLog to a file that the group ${group} may read.
        '';
      })
      followed;
    services.bitcoind = lib.mkIf (managed != {}) (lib.mapAttrs (name: cfg: {
        extraCmdlineOptions = ["-debuglogfile=${cfg.bitcoind.debugLog}" "-logtimemicros"] ++ map (category: "-debug=${category}") cfg.logExtractor.debug;
      })
      managed);
    # The group of the folder becomes that of the files in it (setgid).
    systemd.tmpfiles.rules =
      lib.concatMap (name: [
        "d ${folder name} 2750 ${config.services.bitcoind.${name}.user} ${group} -"
        "a ${folder name} - - - - default:user::rwx,default:group::r-x,default:other::---"
      ])
      (builtins.attrNames managed);
    users.groups = lib.mkIf (followed != {}) {${group} = {};};
    services.peer-observer.log-extractors = builtins.listToAttrs (
      lib.imap0 (index: name: lib.nameValuePair name (extractor index name)) (builtins.attrNames followed)
    );
  };
}
