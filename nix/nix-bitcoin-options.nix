# The options of nix-bitcoin that its preset uses: a module for tests, which cannot download nix-bitcoin.
{
  lib,
  pkgs,
  ...
}: let
  inherit (lib) mkOption types;
  option = type: default: mkOption {inherit type default;};
in {
  disabledModules = ["services/networking/bitcoind.nix"];
  options = {
    services.bitcoind = {
      enable = option types.bool false;
      package = option types.package pkgs.bitcoind;
      port = option types.port 8333;
      regtest = option types.bool false;
      user = option types.str "bitcoin";
      rpc = {
        address = option types.str "127.0.0.1";
        port = option types.port 8332;
        users = mkOption {
          default = {};
          type = types.attrsOf (types.submodule {
            options.passwordHMACFromFile = option types.bool false;
            options.rpcwhitelist = option (types.listOf types.str) [];
          });
        };
      };
    };
    nix-bitcoin = {
      secretsDir = option types.path "/etc/nix-bitcoin-secrets";
      secrets = mkOption {
        default = {};
        type = types.attrsOf (types.submodule {options.user = option types.str "root";});
      };
      generateSecretsCmds = option (types.attrsOf types.str) {};
    };
  };
}
