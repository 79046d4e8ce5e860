# Wrong configurations, and a part of what must be said about each.
pkgs: {
  same-port = {
    configuration.services.peer-observer.honeynodes = {
      alpha = {};
      beta = {};
    };
    says = "Give one of them another port: services.peer-observer.honeynodes.beta.port = 8343;";
  };
  same-port-for-tor = {
    configuration.services.peer-observer.honeynodes = {
      alpha.tor.enable = true;
      beta = {
        port = 8334;
        rpcPort = 8400;
      };
    };
    says = "Port 8334 is wanted by";
  };
  no-certificate = {
    configuration.services.peer-observer.honeynodes.alpha.listen = "tls+tcp://0.0.0.0:9331";
    says = "Set services.peer-observer.honeynodes.alpha.tls.caFile and services.peer-observer.honeynodes.alpha.tls.certKeyFile to files on the host";
  };
  source-without-name = {
    configuration.services.peer-observer.honeynodes.alpha = {
      tools = ["logger"];
      listen = "tls+tcp://0.0.0.0:9331";
      tls.caFile = "/var/lib/secrets/ca.pem";
      tls.certKeyFile = "/var/lib/secrets/alpha.pem";
    };
    says = ''set services.peer-observer.honeynodes.alpha.source = "tls+tcp://NAME-IN-THE-CERTIFICATE:PORT";'';
  };
  no-password-of-an-unmanaged-node = {
    configuration.services.peer-observer.honeynodes.alpha = {
      bitcoind.manage = false;
      rpcExtractor.enable = true;
    };
    says = "Set services.peer-observer.honeynodes.alpha.bitcoind.rpcUser and services.peer-observer.honeynodes.alpha.bitcoind.rpcPasswordFile";
  };
  no-log-of-an-unmanaged-node = {
    configuration.services.peer-observer.honeynodes.alpha = {
      bitcoind.manage = false;
      logExtractor.enable = true;
    };
    says = "services.peer-observer.honeynodes.alpha.bitcoind.debugLog to a file that the group peer-observer-log may read";
  };
  name-of-a-tool = {
    configuration.services.peer-observer.honeynodes.detector = {};
    says = "shares the folder /run/peer-observer/detector with a tool";
  };
  name-of-an-rpc-extractor = {
    configuration.services.peer-observer.honeynodes = {
      alpha = {};
      alpha-rpc.port = 9333;
    };
    says = "shares the folder /run/peer-observer/alpha-rpc with a tool or with another extractor";
  };
  no-certificate-of-a-tool = {
    configuration.services.peer-observer.metrics = {
      enable = true;
      sources = ["tls+tcp://alpha.example.org:9331"];
    };
    says = "Set services.peer-observer.metrics.tls.caFile and services.peer-observer.metrics.tls.certKeyFile";
  };
  central-without-certificates = {
    configuration.services.peer-observer.central = {
      enable = true;
      nodes.alpha.address = "alpha.example.org";
      grafanaSecretKeyFile = "/var/lib/secrets/grafana-secret-key";
    };
    says = "services.peer-observer.central needs certificates";
  };
  central-without-an-address = {
    configuration.services.peer-observer.central = {
      enable = true;
      nodes.alpha = {};
      tls.caFile = "/var/lib/secrets/ca.pem";
      tls.certKeyFile = "/var/lib/secrets/central.pem";
      grafanaSecretKeyFile = "/var/lib/secrets/grafana-secret-key";
    };
    says = "services.peer-observer.central.nodes.alpha needs an address.";
  };
  pages-without-web = {
    configuration.services.peer-observer.central = {
      enable = true;
      nodes.alpha.address = "alpha.example.org";
      tls.caFile = "/var/lib/secrets/ca.pem";
      tls.certKeyFile = "/var/lib/secrets/central.pem";
      grafanaSecretKeyFile = "/var/lib/secrets/grafana-secret-key";
      pages.publicDomain = "public.example.org";
    };
    says = "add \"web\" to services.peer-observer.central.tools";
  };
  pages-without-password = {
    configuration.services.peer-observer = {
      honeynodes.alpha.tools = ["web"];
      web.nginx.domain = "observer.example.org";
    };
    says = "services.peer-observer.web.nginx.domain needs services.peer-observer.web.nginx.passwordFile";
  };
  archive-server-without-archiver = {
    configuration.services.peer-observer.archive-server = {
      enable = true;
      listenAddress = "127.0.0.1";
    };
    says = "services.peer-observer.archive-server serves the files of the archiver, which does not run here";
  };
  archive-server-without-certificates = {
    configuration.services.peer-observer = {
      honeynodes.alpha.tools = ["archiver"];
      archive-server.enable = true;
    };
    says = "services.peer-observer.archive-server listens on 0.0.0.0 without certificates";
  };
  nothing-to-watch = {
    configuration.services.peer-observer.logger.enable = true;
    says = "services.peer-observer.logger is enabled and has nothing to watch.";
  };
  no-place-for-a-user = {
    configuration.services = {
      peer-observer.honeynodes.alpha.rpcExtractor.enable = true;
      bitcoind.alpha.configFile = "/etc/bitcoin.conf";
    };
    says = "Use services.bitcoind.alpha.extraConfig instead.";
  };
  no-map-in-an-old-node = {
    configuration.services.peer-observer.honeynodes.alpha = {
      asmap = true;
      package = pkgs.bitcoind.overrideAttrs {version = "30.2";};
    };
    says = "Bitcoin Core has a map of its own since v31: services.peer-observer.honeynodes.alpha.package is 30.2.";
  };
  names-without-a-map = {
    configuration.services.peer-observer.metrics = {
      enable = true;
      sources = ["tcp://127.0.0.1:9331"];
      asmapNames = "/var/lib/names.tsv";
    };
    says = "services.peer-observer.metrics.asmapNames needs services.peer-observer.metrics.asmap.";
  };
  two-chains-to-check = {
    configuration.services.peer-observer = {
      honeynodes.alpha.tools = ["addr-connectivity"];
      honeynodes.beta = {
        chain = "signet";
        tools = ["addr-connectivity"];
      };
    };
    says = "addr-connectivity checks addresses of one chain";
  };
  old-kernel = {
    configuration = {
      services.peer-observer.honeynodes.alpha = {};
      boot.kernelPackages = import ./linux-of-version.nix pkgs "5.10.0";
    };
    says = "tracing needs Linux 5.15 or later, and boot.kernelPackages is Linux 5.10";
  };
}
