# peer-observer-extractor: one unit a traced node.
{
  config,
  lib,
  pkgs,
  ...
}: let
  extractors = lib.filterAttrs (_: cfg: cfg.enable) config.services.peer-observer.tracepoint-extractors;
  kernel = config.boot.kernelPackages.kernel.version;
  # What its hardening.json has, less what kernel and libbpf do without. A container has its host's kernel.
  needsAdmin = config.boot.isContainer || lib.versionOlder kernel "6.10" || lib.versionOlder pkgs.libbpf.version "1.3";
  capabilities = lib.filter (name: needsAdmin || name != "CAP_SYS_ADMIN") (lib.importJSON ../services/extractor/hardening.json).AmbientCapabilities.value;
in {
  imports = [
    (import ./lib/publisher.nix {
      name = "extractor";
      plural = "tracepoint-extractors"; # the Rust peer-observer's module has `extractors`: a host can import both
      about = "Extractors of this host, one per traced node. `services.peer-observer.honeynodes` adds them automatically.";
      description = cfg: "traces ${cfg.node} and publishes its events";
      port = 9331;
      serviceConfig.Nice = -5; # what waits for it waits in a ring that holds a fraction of a second of an attack
      serviceConfig.AmbientCapabilities = capabilities;
      serviceConfig.CapabilityBoundingSet = capabilities;
      options = {lib}: let
        inherit (lib) mkOption types;
        tracepoints = description:
          mkOption {
            type = types.listOf types.str;
            default = [];
            example = ["utxocache:add"];
            inherit description;
          };
      in {
        bitcoind = mkOption {
          type = types.path;
          example = "/run/current-system/sw/bin/bitcoind";
          description = "The program to trace. Its probes fire in every process that runs this file: see `pidFile`.";
        };
        pidFile = mkOption {
          type = types.nullOr types.path;
          default = null;
          description = "Trace only the process whose id is in this file. The extractor must be able to read it.";
        };
        enableTracepoints = tracepoints "Tracepoints or groups of tracepoints to enable that are off by default (`--list-tracepoints`).";
        disableTracepoints = tracepoints "Tracepoints or groups of tracepoints to disable.";
        ringSize = mkOption {
          type = types.enum (map (n: lib.foldr (a: b: a * b) 1 (lib.replicate n 2)) (lib.range 0 11));
          default = 64;
          description = "Size of the kernel's ring buffer in MiB, a power of two.";
        };
        txDetail = mkOption {
          type = types.enum ["ids" "full" "raw"];
          default = "full";
          description = "How much of a transaction to keep.";
        };
        rawPayloads = mkOption {
          type = types.enum ["none" "undecoded" "all"];
          default = "undecoded";
          description = "Which messages to keep as raw bytes.";
        };
      };
      settings = cfg: {
        inherit (cfg) bitcoind;
        pid-file = cfg.pidFile;
        enable = cfg.enableTracepoints;
        disable = cfg.disableTracepoints;
        ring-size = cfg.ringSize;
        tx-detail = cfg.txDetail;
        raw-payloads = cfg.rawPayloads;
      };
    })
  ];

  config.assertions = lib.mkIf (extractors != {}) [
    {
      assertion = config.boot.isContainer || lib.versionAtLeast kernel "5.15";
      message = ''
        services.peer-observer: tracing needs Linux 5.15 or later, and boot.kernelPackages is Linux ${kernel}.
        Set boot.kernelPackages = pkgs.linuxPackages;
      '';
    }
  ];
}
