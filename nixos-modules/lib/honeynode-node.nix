# How a honeynode's Bitcoin Core is set up: networks beside the Internet, pruning, its debug.log.
{
  config,
  lib,
  pkgs,
  utils,
  ...
}: let
  service = import ./service.nix {inherit config lib pkgs utils;};
  inherit (lib) mkOption types;
  managed = lib.filterAttrs (_: cfg: cfg.enable && cfg.bitcoind.manage) config.services.peer-observer.honeynodes;
  with' = option: lib.filterAttrs (_: cfg: cfg.${option}.enable) managed;
  logged = lib.filterAttrs (_: cfg: cfg.debugLog.keepDays != null) managed;
  folders = {
    main = "";
    test = "testnet3/";
    testnet4 = "testnet4/";
    signet = "signet/";
    regtest = "regtest/";
  };

  honeynode.options = {
    i2p.enable = lib.mkEnableOption "I2P: peers come and go through this host's router, `services.i2pd`, by its SAM interface";
    cjdns.enable = lib.mkEnableOption "CJDNS, for a host that is in it: addresses of `fc00::/8` are CJDNS for the node. Its interfaces and peers are yours to set in `services.cjdns`";
    prune = mkOption {
      type = types.nullOr (types.ints.between 550 100000000);
      default = null;
      example = 4000;
      description = "MiB of blocks that the node keeps; `null` for all of them.";
    };
    banList = mkOption {
      type = types.nullOr types.path;
      default = null;
      example = lib.literalExpression "./linkinglion.txt";
      description = ''
        A file with addresses and networks, one per line, that the node refuses (`setban`). What is no longer in it is no longer banned; bans by others stay. To count
        connections from a list and not refuse them, use `services.peer-observer.metrics.ipLists`.
      '';
    };
    debugLog.keepDays = mkOption {
      type = types.nullOr types.ints.positive;
      default = null;
      example = 14;
      description = "Rotates the node's debug.log every day, and keeps so many of them. `null`: it grows until the node starts again.";
    };
  };

  # Once after the boot, and when the list has changed: the node keeps its bans.
  bans = name: cfg: let
    node = config.services.bitcoind.${name};
  in {
    description = "bans the networks of ${name}'s list";
    wantedBy = ["multi-user.target"];
    after = ["bitcoind-${name}.service"];
    serviceConfig =
      service.hardening "bans"
      // {
        Type = "oneshot";
        RemainAfterExit = true;
        DynamicUser = false;
        User = node.user;
        Group = node.group;
        StateDirectory = "peer-observer-bans-${name}";
        # The node may read its blocks for an hour before it answers.
        TimeoutStartSec = "2h";
        Restart = "on-failure";
        RestartSec = 60;
        ExecStart = utils.escapeSystemdExecArgs [
          (lib.getExe pkgs.python3)
          ./ban_list.py
          "${cfg.banList}"
          "${cfg.package}/bin/bitcoin-cli"
          "-chain=${cfg.chain}"
          "-datadir=${node.dataDir}"
          "-rpcport=${toString cfg.rpcPort}"
          "-rpcwait"
        ];
      };
  };
in {
  options.services.peer-observer.honeynodes = mkOption {type = types.attrsOf (types.submodule honeynode);};

  config = {
    services.bitcoind = lib.mkIf (managed != {}) (lib.mapAttrs (_: cfg: {
        inherit (cfg) prune;
        extraCmdlineOptions = lib.optional cfg.i2p.enable "-i2psam=127.0.0.1:7656" ++ lib.optional cfg.cjdns.enable "-cjdnsreachable=1";
      })
      managed);
    services.i2pd = lib.mkIf (with' "i2p" != {}) {
      enable = true;
      proto.sam = {
        enable = true;
        port = 7656;
      };
    };
    services.cjdns.enable = lib.mkIf (with' "cjdns" != {}) true;
    # Bitcoin Core opens the file again at SIGHUP (HandleSIGHUP in its init.cpp).
    services.logrotate.settings = lib.mapAttrs' (name: cfg: let
      node = config.services.bitcoind.${name};
    in
      lib.nameValuePair "bitcoind-${name}" {
        files = "${node.dataDir}/${folders.${cfg.chain}}debug.log";
        su = "${node.user} ${node.group}";
        frequency = "daily";
        rotate = cfg.debugLog.keepDays;
        compress = true;
        delaycompress = true;
        missingok = true;
        postrotate = "${config.systemd.package}/bin/systemctl kill --kill-whom=main --signal=HUP bitcoind-${name}.service";
      })
    logged;
    systemd.services =
      lib.mapAttrs' (name: _: lib.nameValuePair "bitcoind-${name}" {
        wants = ["i2pd.service"];
        after = ["i2pd.service"];
      }) (with' "i2p")
      // lib.mapAttrs' (name: cfg: lib.nameValuePair "peer-observer-bans-${name}" (bans name cfg)) (lib.filterAttrs (_: cfg: cfg.banList != null) managed);
  };
}
