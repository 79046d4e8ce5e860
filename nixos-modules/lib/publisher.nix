# A module for what publishes the events of nodes: a unit for each node, what all such have, and what the one at hand adds.
{
  # rpc-extractor: services.peer-observer.rpc-extractors.<node>, units peer-observer-rpc-extractor-<node>
  name,
  # Of the option, services.peer-observer.<plural>.
  plural ? "${name}s",
  about,
  # Of the unit: cfg: "..."
  description,
  # A node's folder in /run/peer-observer is its name and this.
  suffix ? "",
  port,
  # Options of its own: { lib, ... }: { ... }
  options,
  # Its options as arguments of the program: cfg: { option = value; }
  settings,
  # Those that are files which only root need be able to read: cfg: { option = path; }
  secrets ? (_: {}),
  # Whether it keeps something in its unit's folder of /var/lib: `--state-file` there.
  stateDirectory ? false,
  # Of the unit.
  serviceConfig ? {},
}: {
  config,
  lib,
  pkgs,
  utils,
  peerObserverFlake,
  ...
}: let
  service = import ./service.nix {inherit config lib pkgs utils;};
  program = name;
  publishers = lib.filterAttrs (_: cfg: cfg.enable) config.services.peer-observer.${plural};
  unitOf = node: "peer-observer-${name}-${node}";
  inherit (lib) mkOption types;

  publisher = {name, ...}: {
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
        listen = mkOption {
          type = service.url;
          default = "ipc:///run/peer-observer/${name}${suffix}/bus";
          example = "tls+tcp://0.0.0.0:${toString port}";
          description = "URL on which events are published. By default a socket for the group `peer-observer`.";
        };
        openFirewall = mkOption {
          type = types.bool;
          default = false;
          description = "Whether to open the port of `listen`.";
        };
      }
      // service.options {package = (peerObserverFlake.packages pkgs)."peer-observer-${program}";}
      // options {inherit lib;};
  };

  mkUnit = node: cfg:
    lib.nameValuePair (unitOf node) (service.unit {
      inherit name cfg;
      description = description cfg;
      urls = [cfg.listen];
      settings =
        {inherit (cfg) node listen;}
        // lib.optionalAttrs stateDirectory {state-file = "/var/lib/${unitOf node}/position";}
        // settings cfg;
      secrets = secrets cfg;
      serviceConfig =
        {
          RuntimeDirectory = "peer-observer/${node}${suffix}";
          RuntimeDirectoryMode = "0750";
        }
        // lib.optionalAttrs stateDirectory {
          StateDirectory = unitOf node;
          StateDirectoryMode = "0700";
        }
        // serviceConfig;
    });
in {
  options.services.peer-observer.${plural} = mkOption {
    type = types.attrsOf (types.submodule publisher);
    default = {};
    description = about;
  };

  config = lib.mkIf (publishers != {}) (lib.mkMerge [
    service.group
    {
      assertions = lib.mapAttrsToList (node: cfg: service.tlsAssertion "services.peer-observer.${plural}.${node}" cfg [cfg.listen]) publishers;
      systemd.services = lib.mapAttrs' mkUnit publishers;
      services.peer-observer.unitsWithCertificates = lib.concatLists (lib.mapAttrsToList (node: cfg: service.withCertificates [cfg.listen] (unitOf node)) publishers);
      environment.systemPackages = lib.mapAttrsToList (_: cfg: cfg.package) publishers;
      services.prometheus.scrapeConfigs = lib.mkMerge (lib.mapAttrsToList (node: service.scrape (unitOf node)) publishers);
      networking.firewall.allowedTCPPorts = map (cfg: service.portOf cfg.listen) (
        builtins.filter (cfg: cfg.openFirewall && !lib.hasPrefix "ipc://" cfg.listen) (builtins.attrValues publishers)
      );
    }
  ]);
}
