# The names of the options of the Rust peer-observer's module (0xB10C/nix, 12ccdb1): a module for tests, which cannot download it.
{lib, ...}: let
  option = lib.mkOption {
    type = lib.types.anything;
    default = null;
  };
  options = lib.mapAttrs (_: names: lib.genAttrs names (_: option));
in {
  options.services.peer-observer = {
    package = option;
    dependsOnNATSService = option;
    extractors =
      {dependOn = option;}
      // options {
        ebpf = ["enable" "nats" "bitcoindPath" "bitcoindPIDFile" "extraArgs"];
        rpc = ["enable" "nats" "rpcHost" "rpcUser" "rpcPass" "metricsAddress" "extraArgs"];
        p2p = ["enable" "nats" "network" "p2pAddress" "extraArgs"];
        ipc = ["enable" "nats" "ipcSocket" "metricsAddress" "extraArgs"];
        log = ["enable" "nats" "debugLog" "extraArgs"];
      };
    tools = options {
      metrics = ["enable" "nats" "metricsAddress"];
      addrConnectivity = ["enable" "nats" "metricsAddress"];
      websocket = ["enable" "nats" "websocketAddress"];
      alerts = ["enable" "nats"];
      archiver = ["enable" "nats" "outputDir" "baseName" "maxFileSize" "compressionLevel" "events"];
    };
  };
}
