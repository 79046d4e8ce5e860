# A honeynode's rpc-extractor, and the user of the node's RPC server that it is. The user's password is made once; a node that starts
# again knows it, as it does not know an old cookie. The node waits for the unit that makes the user, and does without the user if that
# fails: an observer must not be able to stop the node, or restart it.
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
  asked = lib.filterAttrs (_: cfg: cfg.enable && cfg.rpcExtractor.enable) honeynodes;
  # Those whose user we make.
  managed = lib.filterAttrs (_: cfg: cfg.bitcoind.manage) asked;
  firstMetricsPort = 9370;

  honeynode = {
    name,
    config,
    ...
  }: {
    options.rpcExtractor =
      {
        enable = lib.mkEnableOption "an rpc-extractor for the node. Its other options are in `services.peer-observer.rpc-extractors.<name>`";
      }
      // service.publisherOptions {
        inherit name;
        sort = "rpc";
        port = 9333;
        inherit (config.rpcExtractor) listen;
      };
  };

  folder = name: "peer-observer-rpc-user-${name}";
  userUnit = name: "${folder name}.service";

  extractor = index: name: {
    inherit (asked.${name}.bitcoind) rpcAddress rpcUser;
    rpcPasswordFile =
      if asked.${name}.bitcoind.manage
      then "/var/lib/${folder name}/password"
      else asked.${name}.bitcoind.rpcPasswordFile;
    inherit (asked.${name}.rpcExtractor) listen;
    inherit (asked.${name}) tls;
    metricsAddress = lib.mkDefault "127.0.0.1:${toString (firstMetricsPort + index)}";
  };

  needsUser = name: {
    wants = [(userUnit name)];
    after = [(userUnit name)];
  };

  units = name: let
    cfg = config.services.peer-observer.rpc-extractors.${name};
  in {
    ${folder name} = {
      description = "makes the RPC user of the rpc-extractor of ${name}";
      # Each start of the node asks for it: it must not be refused because it could not be made some times before.
      startLimitIntervalSec = 0;
      serviceConfig =
        service.hardening "rpc-user"
        // {
          Type = "oneshot";
          RemainAfterExit = true;
          # The node waits for it.
          TimeoutStartSec = 30;
          # As root: the files' groups stay as they are.
          DynamicUser = false;
          StateDirectory = folder name;
          StateDirectoryMode = "0711";
          ExecStart = utils.escapeSystemdExecArgs (
            [(lib.getExe pkgs.python3) ./rpc_user.py cfg.rpcUser (lib.getExe cfg.package)]
            ++ lib.concatMap (method: ["--disable" method]) cfg.disableMethods
          );
        };
    };
    "peer-observer-rpc-extractor-${name}" = needsUser name;
    "bitcoind-${name}" = needsUser name;
  };
in {
  options.services.peer-observer.honeynodes = mkOption {type = types.attrsOf (types.submodule honeynode);};

  config = {
    assertions =
      lib.mapAttrsToList (name: _: {
        assertion = config.services.bitcoind.${name}.configFile == null;
        message = ''
          services.peer-observer.honeynodes.${name}.rpcExtractor needs a line in the node's configuration, and
          services.bitcoind.${name}.configFile replaces it. Use services.bitcoind.${name}.extraConfig instead.
        '';
      })
      managed;
    # First: a section may follow.
    services.bitcoind = lib.mkIf (managed != {}) (lib.mapAttrs (name: _: {
        extraConfig = lib.mkBefore "includeconf=/var/lib/${folder name}/bitcoin.conf";
      })
      managed);
    # A node does not start without a file that it includes; this one is there before any service.
    systemd.tmpfiles.rules =
      lib.concatMap (name: [
        "d /var/lib/${folder name} 0711 root root -"
        "f /var/lib/${folder name}/bitcoin.conf 0640 root ${config.services.bitcoind.${name}.group} -"
      ])
      (builtins.attrNames managed);
    systemd.services = lib.mkMerge (map units (builtins.attrNames managed));
    services.peer-observer.rpc-extractors = builtins.listToAttrs (
      lib.imap0 (index: name: lib.nameValuePair name (extractor index name)) (builtins.attrNames asked)
    );
  };
}
