# The host that watches all nodes.
fleet: {
  config,
  lib,
  ...
}: {
  age.secrets.ca.file = ./secrets/ca.pem.age;
  age.secrets.cert-key.file = ./secrets/central.pem.age;
  age.secrets.grafana-secret-key = {
    file = ./secrets/grafana-secret-key.age;
    owner = "grafana";
  };
  age.secrets.htpasswd = {
    file = ./secrets/htpasswd.age;
    owner = "nginx";
  };

  services.peer-observer.central = {
    enable = true;
    nodes = lib.mapAttrs (_: node: {
      inherit (node) address;
      rpcPort = 9333;
      archivePort = 9350;
    }) fleet.nodes;
    tls.caFile = config.age.secrets.ca.path;
    tls.certKeyFile = config.age.secrets.cert-key.path;
    grafanaSecretKeyFile = config.age.secrets.grafana-secret-key.path;
    web.domain = fleet.central.address;
    web.passwordFile = config.age.secrets.htpasswd.path;
  };
  services.peer-observer.archiver.keepSize = 500000; # MiB
  # A renewed certificate needs no restart.
  systemd.services = lib.genAttrs config.services.peer-observer.unitsWithCertificates (_: {reloadTriggers = [config.age.secrets.cert-key.file];});
  security.acme.acceptTerms = true;
  security.acme.defaults.email = "operator@example.org";
}
