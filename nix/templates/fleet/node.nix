# A host with a honeynode.
fleet: name: {config, ...}: let
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
      inherit tls;
    };
    extractors.${name}.openFirewall = true;
    rpc-extractors.${name}.openFirewall = true;
  };
}
