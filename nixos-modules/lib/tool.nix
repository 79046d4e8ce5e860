# A module for a tool: what all tools have, and what the one at hand adds.
{
  name,
  description,
  metricsAddress ? null,
  # Whether it publishes events, too.
  publishes ? false,
  # What it hears of a honeynode besides the extractor: "rpc", the answers of RPC; "log", lines of its log; "p2p", what a peer sees; "tools", what the node's other tools publish.
  hears ? [],
  # Options of its own: { lib, ... }: { ... }
  options ? (_: {}),
  # Those of all tools that it does without.
  lacks ? [],
  # Its options as arguments of the program: cfg: { option = value; }
  settings ? (_: {}),
  # Whether it tells autonomous systems, and reads the files again when it is reloaded.
  asmap ? false,
  # Programs for people, beside its own: packages: [ ... ]
  programs ? (_: []),
  # Settings of its unit besides: { cfg, pkgs }: { ... }
  serviceConfig ? (_: {}),
  # Options that are files which only root need be able to read: cfg: { option = file; }
  secrets ? (_: {}),
}: {
  config,
  lib,
  pkgs,
  utils,
  peerObserverFlake,
  ...
}: let
  service = import ./service.nix {inherit config lib pkgs utils;};
  cfg = config.services.peer-observer.${name};
  where = "services.peer-observer.${name}";
  unit = "peer-observer-${name}";
  urls = cfg.sources ++ lib.optional publishes cfg.listen;
  inherit (lib) mkOption types;
  # A path of the configuration is copied to the store.
  fileOrNull = file:
    if file == null
    then null
    else "${file}";

  allOptions =
    {
      enable = lib.mkEnableOption "peer-observer-${name}: ${description}";
      sources = mkOption {
        type = types.listOf service.url;
        default = [];
        example = ["tls+tcp://alpha.example.org:9331"];
        description = "Publishers to connect to. Honeynodes of this host that list the tool in `tools` are added automatically.";
      };
      nodes = mkOption {
        type = types.listOf types.str;
        default = [];
        description = "Names of the nodes to watch. Empty: all nodes.";
      };
      openFirewall = mkOption {
        type = types.bool;
        default = false;
        description = "Whether to open the port of `metricsAddress`.";
      };
      hears = mkOption {
        type = types.listOf (types.enum ["rpc" "log" "p2p" "tools"]);
        default = hears;
        internal = true;
        readOnly = true;
        description = "What honeynodes give it besides the events of their extractors.";
      };
    }
    // lib.optionalAttrs publishes {
      listen = mkOption {
        type = service.url;
        default = "ipc:///run/peer-observer/${name}/bus";
        example = "tcp://127.0.0.1:9334";
        description = "URL on which it publishes its own events. By default a socket for the group `peer-observer`.";
      };
    }
    // lib.optionalAttrs asmap {
      asmap = mkOption {
        type = types.nullOr types.path;
        default = null;
        example = lib.literalExpression "peer-observer.packages.x86_64-linux.asmap-data";
        description = ''
          File that says to which autonomous system an address belongs, in Bitcoin Core's asmap format. The package `asmap-data` is the one that nixpkgs' Bitcoin Core is built
          with. Where a honeynode of this host with `asmap` names the tool, it is the node's.
        '';
      };
      asmapNames = mkOption {
        type = types.nullOr types.path;
        default = null;
        example = "/var/lib/secrets/as-names.tsv";
        description = "Names of autonomous systems, a line each: the number, a tab, the name. Needs `asmap`.";
      };
    }
    // service.options {
      inherit metricsAddress;
      package = (peerObserverFlake.packages pkgs)."peer-observer-${name}";
    }
    // options {inherit lib;};
in {
  options.services.peer-observer.${name} = removeAttrs allOptions lacks;

  config = lib.mkIf cfg.enable (lib.mkMerge [
    service.group
    {
      assertions = [
        {
          assertion = cfg.sources != [];
          message = ''
            ${where} is enabled and has nothing to watch. Name it in services.peer-observer.honeynodes.<name>.tools, or give it the
            addresses of publishers: ${where}.sources = ["tcp://127.0.0.1:9331"];
          '';
        }
        (service.tlsAssertion where cfg urls)
        {
          assertion = cfg.asmapNames or null != null -> cfg.asmap != null;
          message = "${where}.asmapNames needs ${where}.asmap.";
        }
      ];
      systemd.services.${unit} = service.unit {
        inherit name cfg description urls;
        secrets = secrets cfg;
        readsAgain = asmap;
        settings =
          {
            source = cfg.sources;
            node = cfg.nodes or [];
            listen = cfg.listen or null;
            asmap = fileOrNull (cfg.asmap or null);
            asmap-names = fileOrNull (cfg.asmapNames or null);
          }
          // settings cfg;
        serviceConfig =
          lib.optionalAttrs publishes {
            RuntimeDirectory = "peer-observer/${name}";
            RuntimeDirectoryMode = "0750";
          }
          // serviceConfig {inherit cfg pkgs;};
      };
      services.peer-observer.unitsWithCertificates = service.withCertificates urls unit;
      environment.systemPackages = [cfg.package] ++ programs (peerObserverFlake.packages pkgs);
      services.prometheus.scrapeConfigs = service.scrape unit cfg;
      networking.firewall.allowedTCPPorts = lib.mkIf (cfg.openFirewall or false && cfg.metricsAddress != null) [(service.portOf cfg.metricsAddress)];
    }
  ]);
}
