# A honeynode's p2p-extractor. A node that is run here connects to it (-addnode): the connection takes none of the places for inbound peers and is
# not evicted. Of another node it is an inbound peer.
{
  config,
  lib,
  pkgs,
  utils,
  ...
}: let
  service = import ./service.nix {inherit config lib pkgs utils;};
  inherit (lib) mkOption types;
  watched = lib.filterAttrs (_: cfg: cfg.enable && cfg.p2pExtractor.enable) config.services.peer-observer.honeynodes;
  managed = lib.filterAttrs (_: cfg: cfg.bitcoind.manage) watched;
  firstMetricsPort = 9390;
  firstPort = 9320;
  names = builtins.attrNames watched;

  honeynode = {
    name,
    config,
    ...
  }: {
    options.p2pExtractor =
      {
        enable = lib.mkEnableOption "a p2p-extractor for the node; more is set in `services.peer-observer.p2p-extractors.<name>`";
        port = mkOption {
          type = types.nullOr types.port;
          default = null;
          defaultText = lib.literalMD "9320, 9321, ... in the order of the honeynodes' names";
          description = "Port on 127.0.0.1 on which the p2p-extractor waits for a node that is run here.";
        };
      }
      // service.publisherOptions {
        inherit name;
        sort = "p2p";
        port = 9338;
        inherit (config.p2pExtractor) listen;
      };
  };

  # Where the node of that name and its p2p-extractor meet.
  meeting = name: let
    inherit (watched.${name}.p2pExtractor) port;
    index = lib.lists.findFirstIndex (other: other == name) 0 names;
  in "127.0.0.1:${toString (
    if port == null
    then firstPort + index
    else port
  )}";

  extractor = index: name: let
    cfg = watched.${name};
  in
    {
      inherit (cfg) chain tls;
      inherit (cfg.p2pExtractor) listen;
      metricsAddress = lib.mkDefault "127.0.0.1:${toString (firstMetricsPort + index)}";
    }
    // (
      if cfg.bitcoind.manage
      then {accept = [(meeting name)];}
      else {connect = ["127.0.0.1:${toString cfg.port}"];}
    );
in {
  options.services.peer-observer.honeynodes = mkOption {type = types.attrsOf (types.submodule honeynode);};

  config = {
    services.bitcoind = lib.mkIf (managed != {}) (lib.mapAttrs (name: _: {extraCmdlineOptions = ["-addnode=${meeting name}"];}) managed);
    services.peer-observer.p2p-extractors = builtins.listToAttrs (lib.imap0 (index: name: lib.nameValuePair name (extractor index name)) names);
  };
}
