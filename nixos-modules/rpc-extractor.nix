# peer-observer-rpc-extractor: one unit a node. It gets the node's cookie from systemd, and no access to the node's folder.
{
  config,
  lib,
  pkgs,
  utils,
  peer-observer,
  ...
}: let
  service = import ./lib/service.nix {inherit config lib pkgs utils;};
  extractors = lib.filterAttrs (_: cfg: cfg.enable) config.services.peer-observer.rpc-extractors;
  whereOf = name: "services.peer-observer.rpc-extractors.${name}";
  inherit (lib) mkOption types;

  extractor = {name, ...}: {
    options =
      {
        enable = mkOption {
          type = types.bool;
          default = true;
          description = "Whether to run this extractor.";
        };
        node = mkOption {
          type = types.strMatching "[A-Za-z0-9._-]{1,64}";
          default = name;
          description = "Name of the observed node, which its events carry.";
        };
        rpcAddress = mkOption {
          type = types.str;
          default = "127.0.0.1:8332";
          description = "Where the node's RPC server listens: `HOST:PORT` or `unix:PATH`.";
        };
        cookieFile = mkOption {
          type = types.nullOr types.str;
          default = null;
          example = "/var/lib/bitcoind-alpha/.cookie";
          description = "The node's cookie. systemd hands it to the service, which starts and ends with `unit`.";
        };
        unit = mkOption {
          type = types.nullOr types.str;
          default = null;
          example = "bitcoind-alpha.service";
          description = "The node's unit: a node that starts again has another cookie.";
        };
        rpcUser = mkOption {
          type = types.nullOr types.str;
          default = null;
          description = "In place of a cookie: a user of the node's `rpcauth`.";
        };
        rpcPasswordFile = mkOption {
          type = types.nullOr types.str;
          default = null;
          description = "The password of `rpcUser`, on a line. systemd hands it to the service.";
        };
        disableMethods = mkOption {
          type = types.listOf types.str;
          default = [];
          example = ["getrawaddrman"];
          description = "Methods not to call (`--list-methods`).";
        };
        intervals = mkOption {
          type = types.attrsOf types.numbers.positive;
          default = {};
          example = {getpeerinfo = 10;};
          description = "Seconds between two calls of a method.";
        };
        listen = mkOption {
          type = types.strMatching "(tcp|ipc|tls\\+tcp)://.+";
          default = "ipc:///run/peer-observer/${name}-rpc/bus";
          description = "Where to publish. The default is a socket that the group `peer-observer` may connect to.";
        };
      }
      // service.options {package = (peer-observer.packages pkgs).peer-observer-rpc-extractor;};
  };

  mkUnit = name: cfg: let
    byCookie = cfg.cookieFile != null;
    unit = service.unit {
      name = "rpc-extractor";
      inherit cfg;
      description = "asks ${cfg.node} by RPC and publishes its answers";
      urls = [cfg.listen];
      settings = {
        inherit (cfg) node listen;
        rpc-address = cfg.rpcAddress;
        rpc-user = cfg.rpcUser;
        disable = cfg.disableMethods;
        interval = lib.mapAttrsToList (method: seconds: "${method}=${toString seconds}") cfg.intervals;
      };
    };
  in
    lib.nameValuePair "peer-observer-rpc-extractor-${name}" (
      unit
      // {
        wantedBy = [(if cfg.unit == null then "multi-user.target" else cfg.unit)];
        bindsTo = lib.optional (cfg.unit != null) cfg.unit;
        after = unit.after ++ lib.optional (cfg.unit != null) cfg.unit;
        serviceConfig =
          unit.serviceConfig
          // {
            ExecStart =
              unit.serviceConfig.ExecStart
              + (
                if byCookie
                then " --cookie-file %d/cookie"
                else " --rpc-password-file %d/password"
              );
            LoadCredential =
              unit.serviceConfig.LoadCredential or []
              ++ [
                (
                  if byCookie
                  then "cookie:${cfg.cookieFile}"
                  else "password:${cfg.rpcPasswordFile}"
                )
              ];
            RuntimeDirectory = "peer-observer/${name}-rpc";
            RuntimeDirectoryMode = "0750";
          };
      }
    );
in {
  options.services.peer-observer.rpc-extractors = mkOption {
    type = types.attrsOf (types.submodule extractor);
    default = {};
    description = "RPC extractors of this host, one a node.";
  };

  config = lib.mkIf (extractors != {}) (lib.mkMerge [
    service.group
    {
      assertions = lib.concatLists (lib.mapAttrsToList (name: cfg: [
          (service.tlsAssertion (whereOf name) cfg [cfg.listen])
          {
            assertion = (cfg.cookieFile != null) != (cfg.rpcUser != null && cfg.rpcPasswordFile != null);
            message = "${whereOf name} needs either cookieFile, or rpcUser and rpcPasswordFile.";
          }
        ])
        extractors);
      systemd.services = lib.mapAttrs' mkUnit extractors;
      services.prometheus.scrapeConfigs = lib.mkMerge (lib.mapAttrsToList (name: service.scrape "peer-observer-rpc-extractor-${name}") extractors);
    }
  ]);
}
