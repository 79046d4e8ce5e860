# peer-observer-extractor: one unit a traced node.
{
  config,
  lib,
  pkgs,
  utils,
  peer-observer,
  ...
}: let
  service = import ./lib/service.nix {inherit config lib pkgs utils;};
  extractors = lib.filterAttrs (_: cfg: cfg.enable) config.services.peer-observer.extractors;
  whereOf = name: "services.peer-observer.extractors.${name}";
  inherit (lib) mkOption types;

  tracepoints = default: description:
    mkOption {
      type = types.listOf types.str;
      inherit default description;
      example = ["utxocache:add"];
    };

  extractor = {name, ...}: {
    options =
      {
        enable = mkOption {
          type = types.bool;
          default = true;
          description = "Whether to run this extractor.";
        };
        bitcoind = mkOption {
          type = types.path;
          example = "/run/current-system/sw/bin/bitcoind";
          description = "The program to trace. Its probes fire in every process that runs this file: see `pidFile`.";
        };
        pidFile = mkOption {
          type = types.nullOr types.path;
          default = null;
          description = "Only events of the process whose id is in this file. The extractor must be able to read it.";
        };
        node = mkOption {
          type = types.strMatching "[A-Za-z0-9._-]{1,64}";
          default = name;
          description = "Name of the observed node, which its events carry.";
        };
        listen = mkOption {
          type = types.strMatching "(tcp|ipc|tls\\+tcp)://.+";
          default = "ipc:///run/peer-observer/${name}/bus";
          example = "tls+tcp://0.0.0.0:9331";
          description = "Where to publish. The default is a socket that the group `peer-observer` may connect to.";
        };
        enableTracepoints = tracepoints [] "Tracepoints, or groups of them, that are off by default (`--list-tracepoints`).";
        disableTracepoints = tracepoints [] "Tracepoints, or groups of them, to leave out.";
        ringSize = mkOption {
          type = types.enum (map (n: lib.foldr (a: b: a * b) 1 (lib.replicate n 2)) (lib.range 0 11));
          default = 64;
          description = "MiB of the kernel's ring buffer: a power of two.";
        };
        txDetail = mkOption {
          type = types.enum ["ids" "full" "raw"];
          default = "full";
          description = "What to keep of transactions.";
        };
        rawPayloads = mkOption {
          type = types.enum ["none" "undecoded" "all"];
          default = "undecoded";
          description = "Which messages to keep as raw bytes.";
        };
        openFirewall = mkOption {
          type = types.bool;
          default = false;
          description = "Whether to open the port of `listen`.";
        };
      }
      // service.options {package = (peer-observer.packages pkgs).peer-observer-extractor;};
  };

  mkUnit = name: cfg:
    lib.nameValuePair "peer-observer-extractor-${name}" (service.unit {
      name = "extractor";
      inherit cfg;
      description = "traces ${cfg.node} and publishes its events";
      urls = [cfg.listen];
      settings = {
        inherit (cfg) bitcoind node listen;
        pid-file = cfg.pidFile;
        enable = cfg.enableTracepoints;
        disable = cfg.disableTracepoints;
        ring-size = cfg.ringSize;
        tx-detail = cfg.txDetail;
        raw-payloads = cfg.rawPayloads;
      };
      serviceConfig = {
        RuntimeDirectory = "peer-observer/${name}";
        RuntimeDirectoryMode = "0750";
      };
    });

  kernel = config.boot.kernelPackages.kernel.version;
in {
  options.services.peer-observer.extractors = mkOption {
    type = types.attrsOf (types.submodule extractor);
    default = {};
    description = "Extractors of this host, one a traced node. `services.peer-observer.honeynodes` makes them by itself.";
  };

  config = lib.mkIf (extractors != {}) (lib.mkMerge [
    service.group
    {
      assertions =
        [
          {
            assertion = config.boot.isContainer || lib.versionAtLeast kernel "5.15";
            message = ''
              services.peer-observer: tracing needs Linux 5.15 or later, and boot.kernelPackages is Linux ${kernel}.
              Set boot.kernelPackages = pkgs.linuxPackages;
            '';
          }
        ]
        ++ lib.mapAttrsToList (name: cfg: service.tlsAssertion (whereOf name) cfg [cfg.listen]) extractors;
      systemd.services = lib.mapAttrs' mkUnit extractors;
      services.prometheus.scrapeConfigs = lib.mkMerge (lib.mapAttrsToList (name: service.scrape "peer-observer-extractor-${name}") extractors);
      networking.firewall.allowedTCPPorts = map (cfg: service.portOf cfg.listen) (
        builtins.filter (cfg: cfg.openFirewall && !lib.hasPrefix "ipc://" cfg.listen) (builtins.attrValues extractors)
      );
    }
  ]);
}
