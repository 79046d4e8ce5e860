# services.peer-observer.central.archives: copies of the archives that honeynodes write themselves, verified, and for download.
{
  config,
  lib,
  pkgs,
  peerObserverFlake,
  utils,
  ...
}: let
  service = import ../lib/service.nix {inherit config lib pkgs utils;};
  inherit (lib) mkOption types;
  central = config.services.peer-observer.central;
  cfg = central.archives;
  user = "peer-observer-archives";
  unit = "peer-observer-collect-archives";
  nodes = builtins.filter (node: node.archivePort != null) (builtins.attrValues central.nodes);
  url = node:
    if central.wireguard.enable
    then "http://${toString node.wireguard.address}:${toString node.archivePort}"
    else "https://${toString node.address}:${toString node.archivePort}";
  hasTls = !central.wireguard.enable;
in {
  options.services.peer-observer.central = {
    nodes = mkOption {
      type = types.attrsOf (types.submodule {
        options.archivePort = mkOption {
          type = types.nullOr types.port;
          default = null;
          example = 9350;
          description = "Port of the node's `archive-server`, if its archive is to be copied.";
        };
      });
    };
    archives = {
      directory = mkOption {
        type = types.path;
        default = "/var/lib/peer-observer-archives";
        description = "Folder of the copies. Nothing is ever deleted there. Nor is anything deleted at a node: its archiver does that, by `keepSize` and `keepDays`.";
      };
      interval = mkOption {
        type = types.str;
        default = "hourly";
        example = "*:0/10";
        description = "When to copy, as systemd's `OnCalendar`.";
      };
      public = mkOption {
        type = types.bool;
        default = false;
        description = "Whether everybody may download them from `web.domain`/archives/. Those who hold a password always may. They contain the honeynodes' addresses.";
      };
      rateLimit = mkOption {
        type = types.strMatching "[0-9]+[km]";
        default = "2m";
        description = "Bytes per second of a download, as nginx's `limit_rate`. An address may have two downloads at a time.";
      };
    };
  };

  config = lib.mkIf (central.enable && nodes != []) {
    users.users.${user} = {
      isSystemUser = true;
      group = user;
    };
    users.groups.${user} = {};
    users.users.nginx = lib.mkIf (central.web.domain != null) {extraGroups = [user];};
    systemd.tmpfiles.rules = ["d ${cfg.directory} 0750 ${user} ${user} -"];

    systemd.services.${unit} = {
      description = "copies the archives of honeynodes";
      wants = ["network-online.target"];
      after = ["network-online.target"];
      startAt = cfg.interval;
      serviceConfig =
        service.hardening "collect-archives"
        // {
          Type = "oneshot";
          DynamicUser = false;
          User = user;
          Group = user;
          # nginx reads them.
          UMask = "0027";
          ReadWritePaths = [cfg.directory];
          LoadCredential = lib.optionals hasTls ["tls-ca-file:${central.tls.caFile}" "tls-cert-key-file:${central.tls.certKeyFile}"];
          ExecStart =
            utils.escapeSystemdExecArgs (
              [(lib.getExe pkgs.python3) ../../contrib/collect-archives "--directory" cfg.directory]
              ++ ["--archive" (lib.getExe (peerObserverFlake.packages pkgs).peer-observer-archive)]
              ++ lib.concatMap (node: ["--node" "${node.name}=${url node}"]) nodes
            )
            + lib.optionalString hasTls " --ca-file %d/tls-ca-file --cert-key-file %d/tls-cert-key-file";
        };
    };
    systemd.timers.${unit}.timerConfig = {
      Persistent = true;
      RandomizedDelaySec = 300;
    };

    services.nginx = lib.mkIf (central.web.domain != null) {
      commonHttpConfig = "limit_conn_zone $binary_remote_addr zone=peer_observer_archives:1m;";
      virtualHosts.${central.web.domain}.locations."/archives/" =
        {
          alias = "${cfg.directory}/";
          extraConfig = ''
            autoindex on;
            limit_rate ${cfg.rateLimit};
            limit_conn peer_observer_archives 2;
            location ~ /\. { return 404; }
          '';
        }
        // lib.optionalAttrs (!cfg.public) {basicAuthFile = central.web.passwordFile;};
    };
  };
}
