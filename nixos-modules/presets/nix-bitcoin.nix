# For hosts of nix-bitcoin (https://github.com/fort-nix/nix-bitcoin): a honeynode that is the node of its services.bitcoind.
{
  config,
  lib,
  ...
}: let
  node = config.services.bitcoind;
  cfg = config.services.peer-observer.nix-bitcoin;
  user = "peer-observer";
  askedByRpc = config.services.peer-observer.honeynodes.${cfg.name}.rpcExtractor.enable;
in {
  options.services.peer-observer.nix-bitcoin.name = lib.mkOption {
    type = lib.types.strMatching "[A-Za-z0-9._-]{1,64}";
    default = "nix-bitcoin";
    description = "Name of the honeynode. Its tools and its rpcExtractor are set in `services.peer-observer.honeynodes.<name>`.";
  };

  config = {
    assertions = [
      {
        assertion = node.enable;
        message = "The honeynode ${cfg.name} is nix-bitcoin's bitcoind, which is off: set services.bitcoind.enable = true;";
      }
    ];
    services.peer-observer.honeynodes.${cfg.name} = {
      chain =
        if node.regtest
        then "regtest"
        else "main";
      port = node.port;
      rpcPort = node.rpc.port;
      bitcoind = {
        manage = false;
        program = "${node.package}/bin/bitcoind";
        rpcAddress = "${node.rpc.address}:${toString node.rpc.port}";
        rpcUser = user;
        rpcPasswordFile = "${config.nix-bitcoin.secretsDir}/bitcoin-rpcpassword-${user}";
      };
    };
    services.bitcoind.rpc.users = lib.mkIf askedByRpc {
      ${user} = {
        passwordHMACFromFile = true;
        rpcwhitelist = lib.importJSON ../lib/rpc-methods.json;
      };
    };
    nix-bitcoin.secrets = lib.mkIf askedByRpc {
      "bitcoin-rpcpassword-${user}".user = "root";
      "bitcoin-HMAC-${user}".user = node.user;
    };
    nix-bitcoin.generateSecretsCmds = lib.mkIf askedByRpc {
      ${user} = "makeBitcoinRPCPassword ${user}";
    };
    # systemd hands the password over when the unit starts.
    systemd.services."peer-observer-rpc-extractor-${cfg.name}" = lib.mkIf askedByRpc {
      wants = ["nix-bitcoin-secrets.target"];
      after = ["nix-bitcoin-secrets.target"];
    };
  };
}
