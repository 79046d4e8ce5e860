# A host with a honeynode.
fleet: name: {
  config,
  lib,
  ...
}: let
  tls = {
    caFile = config.age.secrets.ca.path;
    certKeyFile = config.age.secrets.cert-key.path;
  };
in {
  # `age.secrets` are agenix's; with sops-nix: `sops.secrets.<name>.sopsFile`, and `config.sops.secrets.<name>.path`.
  age.secrets.ca.file = ./secrets/ca.pem.age;
  age.secrets.cert-key.file = ./secrets/${name}.pem.age;

  services.peer-observer = {
    honeynodes.${name} = {
      openFirewall = true;
      prune = 4000; # MiB
      listen = "tls+tcp://0.0.0.0:9331";
      rpcExtractor.enable = true;
      rpcExtractor.listen = "tls+tcp://0.0.0.0:9333";
      # An archive that has what the central host misses while it is down. It copies the files.
      tools = ["archiver"];
      source = "tls+tcp://${fleet.nodes.${name}.address}:9331";
      rpcExtractor.source = "tls+tcp://${fleet.nodes.${name}.address}:9333";
      inherit tls;
    };
    archiver.keepSize = 50000; # MiB
    archive-server = {
      enable = true;
      openFirewall = true;
      inherit tls;
    };
    tracepoint-extractors.${name}.openFirewall = true;
    rpc-extractors.${name}.openFirewall = true;
  };
  # A renewed certificate needs no restart. With sops-nix: `sops.secrets.<name>.reloadUnits`.
  systemd.services = lib.genAttrs config.services.peer-observer.unitsWithCertificates (_: {reloadTriggers = [config.age.secrets.cert-key.file];});
}
