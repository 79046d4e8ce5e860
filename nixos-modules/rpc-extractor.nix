# peer-observer-rpc-extractor: one unit a node, which gets a password from systemd and no access to the node's folder.
import ./lib/publisher.nix {
  name = "rpc-extractor";
  about = "RPC extractors of this host, one per node. A honeynode with `rpcExtractor.enable` adds its own.";
  description = cfg: "queries ${cfg.node} by RPC and publishes the answers";
  suffix = "-rpc";
  port = 9333;
  options = {lib}: let
    inherit (lib) mkOption types;
  in {
    rpcAddress = mkOption {
      type = types.str;
      default = "127.0.0.1:8332";
      description = "Address of the node's RPC server: `HOST:PORT` or `unix:PATH`.";
    };
    rpcUser = mkOption {
      type = types.str;
      default = "peer-observer";
      description = "User of the node's `rpcauth`. The `rpcwhitelist` printed by `--list-methods` is sufficient.";
    };
    rpcPasswordFile = mkOption {
      type = types.str;
      example = "/var/lib/secrets/rpc-password";
      description = ''
        File with the password of `rpcUser` on one line. systemd passes it to the service. (Not the node's cookie: the service would keep
        the one that was valid when it started.)
      '';
    };
    disableMethods = mkOption {
      type = types.listOf types.str;
      default = [];
      example = ["getrawaddrman"];
      description = "RPC methods to disable (`--list-methods`).";
    };
    intervals = mkOption {
      type = types.attrsOf types.numbers.positive;
      default = {};
      example = {getpeerinfo = 10;};
      description = "Seconds between two calls of a method.";
    };
  };
  settings = cfg: {
    rpc-address = cfg.rpcAddress;
    rpc-user = cfg.rpcUser;
    disable = cfg.disableMethods;
    interval = builtins.attrValues (builtins.mapAttrs (method: seconds: "${method}=${toString seconds}") cfg.intervals);
  };
  secrets = cfg: {rpc-password-file = cfg.rpcPasswordFile;};
}
