# Hosts whose events travel over tls+tcp, with certificates of a CA of their own.
{honeynode}: rec {
  # Where a user would keep them. systemd hands them to the services.
  secrets = name: {
    environment.etc."secrets/ca.pem".source = ../certificates + "/ca.pem";
    environment.etc."secrets/cert-key.pem" = {
      source = ../certificates + "/${name}.pem";
      mode = "0400";
    };
  };
  tls = {
    caFile = "/etc/secrets/ca.pem";
    certKeyFile = "/etc/secrets/cert-key.pem";
  };
  # A honeynode that others watch.
  field = name: {
    imports = [(honeynode {inherit name;}) (secrets name)];
    services.peer-observer.honeynodes.${name} = {
      listen = "tls+tcp://0.0.0.0:9331";
      inherit tls;
    };
    services.peer-observer.tracepoint-extractors.${name}.openFirewall = true;
  };
}
