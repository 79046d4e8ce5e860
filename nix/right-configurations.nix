# Configurations that must work: with the units and the commands that they must have.
{
  self,
  pkgs,
}: let
  inherit (pkgs) lib;
  tools = import ../nixos-modules/lib/tools.nix lib;
  fleet = import ./templates/fleet/nodes.nix;
  agenix = ./agenix-options.nix;

  privileges = linux: capabilities: {
    configuration = {config, ...}: {
      services.peer-observer.honeynodes.alpha = {};
      boot.kernelPackages = import ./linux-of-version.nix pkgs linux;
      assertions =
        map (setting: let
          found = config.systemd.services.peer-observer-extractor-alpha.serviceConfig.${setting};
        in {
          assertion = found == capabilities;
          message = "the extractor's ${setting} on Linux ${linux}: ${toString found}";
        })
        ["AmbientCapabilities" "CapabilityBoundingSet"];
    };
  };
in
  {
    template = {
      configuration = ./templates/honeynode/honeynode.nix;
      units = ["bitcoind-alpha" "peer-observer-extractor-alpha" "peer-observer-logger" "peer-observer-metrics" "peer-observer-archiver" "prometheus"];
    };
    # The names that flakes give their inputs.
    special-args = {
      specialArgs = {
        inherit self;
        peer-observer = self;
        inputs = {};
      };
      configuration.services.peer-observer.honeynodes.alpha.tools = ["metrics"];
      units = ["peer-observer-metrics"];
    };
    with-grafana = {
      configuration = {
        services.peer-observer.honeynodes.alpha.tools = ["metrics"];
        services.prometheus.enable = true;
        services.grafana.enable = true;
        services.grafana.settings.security.secret_key = "$__file{/var/lib/secrets/grafana-secret-key}";
      };
      units = ["grafana"];
    };
    three-chains = {
      configuration.services.peer-observer.honeynodes = {
        alpha.tools = ["metrics"];
        beta = {
          chain = "signet";
          tools = ["metrics"];
        };
        gamma = {
          chain = "testnet4";
          tools = ["metrics"];
        };
      };
      units = ["bitcoind-beta" "peer-observer-extractor-alpha" "peer-observer-extractor-beta" "peer-observer-extractor-gamma" "peer-observer-metrics"];
    };
    every-service = {
      configuration.services.peer-observer = {
        honeynodes.alpha = {
          inherit tools;
          rpcExtractor.enable = true;
          logExtractor.enable = true;
          p2pExtractor.enable = true;
        };
        addr-connectivity.proxy = "127.0.0.1:9050";
      };
      units = map (tool: "peer-observer-${tool}") tools ++ ["peer-observer-rpc-extractor-alpha" "peer-observer-log-extractor-alpha" "peer-observer-p2p-extractor-alpha"];
    };
    tor = {
      configuration = {
        services.peer-observer.honeynodes.alpha.tor.enable = true;
        services.peer-observer.honeynodes.beta = {
          chain = "signet";
          tor.enable = true;
        };
      };
      units = ["tor" "bitcoind-alpha"];
    };
    unmanaged-node = {
      configuration.services.peer-observer.honeynodes.alpha = {
        bitcoind = {
          manage = false;
          program = "/opt/bitcoin/bin/bitcoind";
          rpcPasswordFile = "/var/lib/secrets/rpc-password";
        };
        rpcExtractor.enable = true;
        p2pExtractor.enable = true;
        tools = ["metrics"];
      };
      units = ["peer-observer-extractor-alpha" "peer-observer-rpc-extractor-alpha" "peer-observer-p2p-extractor-alpha" "peer-observer-metrics"];
      noUnits = ["bitcoind-alpha" "peer-observer-rpc-user-alpha"];
    };
    nix-bitcoin = {
      module = self.nixosModules.nix-bitcoin;
      configuration = {config, ...}: {
        imports = [./nix-bitcoin-options.nix];
        services.bitcoind.enable = true;
        services.peer-observer.honeynodes.nix-bitcoin = {
          tools = ["metrics"];
          rpcExtractor.enable = true;
        };
        assertions = let
          user = config.services.bitcoind.rpc.users.peer-observer;
        in [
          {
            assertion = user.passwordHMACFromFile && user.rpcwhitelist == lib.importJSON ../nixos-modules/lib/rpc-methods.json;
            message = "the RPC user may call ${toString user.rpcwhitelist}";
          }
          {
            assertion = lib.all (name: config.nix-bitcoin.secrets ? ${name}) ["bitcoin-rpcpassword-peer-observer" "bitcoin-HMAC-peer-observer"];
            message = "secrets are missing: there are ${toString (builtins.attrNames config.nix-bitcoin.secrets)}";
          }
          {
            assertion = lib.any (lib.hasSuffix ":/etc/nix-bitcoin-secrets/bitcoin-rpcpassword-peer-observer") config.systemd.services.peer-observer-rpc-extractor-nix-bitcoin.serviceConfig.LoadCredential;
            message = "the rpc-extractor has another password than the node";
          }
        ];
      };
      units = ["peer-observer-extractor-nix-bitcoin" "peer-observer-rpc-extractor-nix-bitcoin" "peer-observer-metrics"];
      noUnits = ["bitcoind-nix-bitcoin" "peer-observer-rpc-user-nix-bitcoin"];
      runs.peer-observer-extractor-nix-bitcoin = "bitcoind-${pkgs.bitcoind.version}/bin/bitcoind";
      runs.peer-observer-rpc-extractor-nix-bitcoin = "127.0.0.1:8332";
    };
    asmap = {
      configuration.services.peer-observer = {
        honeynodes.alpha = {
          asmap = true;
          tools = ["detector" "metrics"];
        };
        honeynodes.beta = {
          chain = "signet";
          asmap = "/var/lib/ip_asn.dat";
          tools = ["logger"];
        };
        metrics.asmap = "/var/lib/unfilled.dat";
        metrics.asmapNames = "/var/lib/names.tsv";
      };
      runs = {
        bitcoind-alpha = "-asmap=1";
        bitcoind-beta = "-asmap=/var/lib/ip_asn.dat";
        peer-observer-detector = "asmap-data-";
        peer-observer-logger = "--asmap\" \"/var/lib/ip_asn.dat";
        peer-observer-metrics = "--asmap\" \"/var/lib/unfilled.dat\" \"--asmap-names\" \"/var/lib/names.tsv";
      };
    };
    beside-the-rust-peer-observer = {
      configuration.imports = [./rust-options.nix];
      configuration.services.peer-observer.honeynodes.alpha.tools = ["metrics"];
      units = ["peer-observer-extractor-alpha" "peer-observer-metrics"];
    };
    archive-on-another-disk = {
      configuration = {
        services.peer-observer.honeynodes.alpha.tools = ["archiver"];
        services.peer-observer.archiver.directory = "/mnt/archive";
      };
      units = ["peer-observer-archiver"];
    };
    tools-of-other-hosts = {
      configuration.services.peer-observer.archiver = {
        enable = true;
        sources = ["tls+tcp://alpha.example.org:9331" "tls+tcp://beta.example.org:9331"];
        tls.caFile = "/var/lib/secrets/ca.pem";
        tls.certKeyFile = "/var/lib/secrets/central.pem";
      };
      units = ["peer-observer-archiver"];
    };
    central = {
      configuration = {
        services.peer-observer.central = {
          enable = true;
          nodes.alpha.address = "alpha.example.org";
          nodes.beta = {
            address = "beta.example.org";
            rpcPort = 9333;
            archivePort = 9350;
          };
          tools = ["metrics" "detector" "archiver" "logger" "web"];
          pages.domain = "observer.example.org";
          pages.publicDomain = "public.example.org";
          tls.caFile = "/var/lib/secrets/ca.pem";
          tls.certKeyFile = "/var/lib/secrets/central.pem";
          alertReceiver.webhook_configs = [{url = "http://127.0.0.1:8000/";}];
          grafanaSecretKeyFile = "/var/lib/secrets/grafana-secret-key";
          web.domain = "central.example.org";
          web.passwordFile = "/var/lib/secrets/htpasswd";
          web.public = true;
        };
        security.acme.acceptTerms = true;
        security.acme.defaults.email = "operator@example.org";
      };
      units = ["peer-observer-metrics" "peer-observer-detector" "peer-observer-archiver" "peer-observer-logger" "prometheus" "alertmanager" "grafana" "nginx" "peer-observer-collect-archives"];
      runs.peer-observer-collect-archives = "--node\" \"beta=https://beta.example.org:9350";
      runs.peer-observer-web = "\"--access\" \"full\"";
      runs.peer-observer-web-public = "\"--access\" \"public\"";
    };
    central-of-a-vpn = {
      configuration.services.peer-observer.central = {
        enable = true;
        nodes.alpha.wireguard = {
          address = "10.93.0.2";
          publicKey = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=";
        };
        wireguard.enable = true;
        wireguard.privateKeyFile = "/var/lib/secrets/wireguard.key";
        grafanaSecretKeyFile = "/var/lib/secrets/grafana-secret-key";
      };
      units = ["peer-observer-metrics" "prometheus" "grafana" "wireguard-peer-observer"];
      noUnits = ["nginx" "alertmanager" "peer-observer-collect-archives"];
    };
    fleet-central = {
      configuration.imports = [agenix (import ./templates/fleet/central.nix fleet)];
      units = ["peer-observer-metrics" "peer-observer-detector" "peer-observer-archiver" "prometheus" "grafana" "nginx"];
    };
    fleet-node = {
      configuration = {config, ...}: {
        imports = [agenix (import ./templates/fleet/node.nix fleet "alpha")];
        assertions = [
          {
            assertion = lib.naturalSort config.services.peer-observer.unitsWithCertificates == ["peer-observer-archive-server" "peer-observer-archiver" "peer-observer-extractor-alpha" "peer-observer-rpc-extractor-alpha"];
            message = "others have certificates: ${toString config.services.peer-observer.unitsWithCertificates}";
          }
          {
            assertion = config.systemd.services.peer-observer-extractor-alpha.reloadTriggers != [];
            message = "a renewed certificate does not reload";
          }
          {
            assertion = config.systemd.services.bitcoind-alpha.serviceConfig.TimeoutStopSec == "10min";
            message = "the node has less time to write its cache";
          }
        ];
      };
      units = ["bitcoind-alpha" "peer-observer-extractor-alpha" "peer-observer-rpc-extractor-alpha"];
    };
    announced-version = {
      configuration = {config, ...}: {
        services.peer-observer.honeynodes.alpha.announcedVersion = "30.2.0";
        # Another one, with the patches that fit it.
        services.peer-observer.honeynodes.beta = {
          chain = "signet";
          package = pkgs.peer-observer.bitcoind.override {
            bitcoind = pkgs.bitcoind.overrideAttrs {
              version = "30.2";
              __intentionallyOverridingVersion = true;
            };
          };
        };
        assertions = [
          {
            assertion = lib.hasInfix "announce-version 30.2.0 ." config.services.peer-observer.honeynodes.alpha.package.postPatch;
            message = "the version is not changed";
          }
          {
            assertion = map baseNameOf config.services.peer-observer.honeynodes.beta.package.patches == ["0001-addrman.patch" "0002-orphan.patch"];
            message = "v30 has other patches";
          }
        ];
      };
      units = ["bitcoind-alpha" "bitcoind-beta"];
    };
    privileges = privileges "6.10" ["CAP_BPF" "CAP_PERFMON" "CAP_SYS_PTRACE"];
    privileges-on-old-kernel = privileges "6.9.12" ["CAP_BPF" "CAP_PERFMON" "CAP_SYS_ADMIN" "CAP_SYS_PTRACE"];
    networks-and-log = {
      configuration.services.cjdns.UDPInterface.bind = "0.0.0.0:43211";
      configuration.services.peer-observer.honeynodes.alpha = {
        i2p.enable = true;
        cjdns.enable = true;
        prune = 4000;
        debugLog.keepDays = 14;
        banList = pkgs.writeText "bans" "192.0.2.0/24";
      };
      units = ["bitcoind-alpha" "i2pd" "cjdns" "logrotate"];
      runs.peer-observer-bans-alpha = "\"-datadir=/var/lib/bitcoind-alpha\" \"-rpcport=8332\" \"-rpcwait\"";
    };
    node-of-a-vpn = {
      configuration.services.peer-observer = {
        uplink = {
          enable = true;
          address = "10.93.0.2";
          privateKeyFile = "/var/lib/secrets/wireguard.key";
          central.endpoint = "central.example.org:51820";
          central.publicKey = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=";
        };
        honeynodes.alpha.listen = "tcp://10.93.0.2:9331";
        honeynodes.alpha.tools = ["archiver"];
        archive-server.enable = true;
        archive-server.listenAddress = "10.93.0.2";
      };
      units = ["peer-observer-extractor-alpha" "wireguard-peer-observer" "peer-observer-archive-server"];
    };
  }
  // lib.optionalAttrs (builtins.elem "clickhouse" tools) {
    central-with-sql = {
      configuration = {config, ...}: {
        services.peer-observer.central = {
          enable = true;
          nodes.alpha.address = "alpha.example.org";
          tools = ["metrics" "clickhouse"];
          tls.caFile = "/var/lib/secrets/ca.pem";
          tls.certKeyFile = "/var/lib/secrets/central.pem";
          grafanaSecretKeyFile = "/var/lib/secrets/grafana-secret-key";
        };
        services.peer-observer.clickhouse.database = "observed";
        assertions = let
          inherit (config.services.grafana.provision) dashboards datasources;
          of = kind: builtins.filter (source: source.type == kind) datasources.settings.datasources;
          reader = (lib.head (of "grafana-clickhouse-datasource")).jsonData.username;
          sql = lib.head (builtins.filter (provider: provider.name == "peer-observer-sql") dashboards.settings.providers);
        in [
          {
            assertion = config.services.clickhouse.usersConfig.users.${reader}.grants.query == ["GRANT SELECT ON observed.*"];
            message = "those who see a dashboard can change tables";
          }
          {
            assertion = lib.hasInfix "FROM observed.message " sql.options.path.text && !lib.hasInfix "peer_observer." sql.options.path.text;
            message = "the dashboard asks another database";
          }
        ];
      };
      units = ["peer-observer-clickhouse" "clickhouse" "grafana"];
    };
  }
