# services.peer-observer.central: a host that watches honeynodes on other hosts, and shows what it sees.
{
  config,
  lib,
  pkgs,
  peerObserverFlake,
  ...
}: let
  inherit (lib) mkOption types;
  cfg = config.services.peer-observer.central;
  where = "services.peer-observer.central";
  prometheus = config.services.prometheus;
  grafana = config.services.grafana;
  nodes = builtins.attrValues cfg.nodes;
  # Where a node's publisher is heard, and that it may speak for this node only.
  source = node: port:
    if cfg.wireguard.enable
    then "tcp://${toString node.wireguard.address}:${toString port}=${node.name}"
    else "tls+tcp://${toString node.address}:${toString port}=${node.name}";
  heard = tool: let
    inherit (config.services.peer-observer.${tool}) hears;
    others = builtins.filter (other: other != tool && config.services.peer-observer.${other} ? listen) cfg.tools;
  in
    map (node: source node node.port) nodes
    ++ lib.concatMap (kind: map (node: source node node."${kind}Port") (builtins.filter (node: node."${kind}Port" != null) nodes))
    (lib.intersectLists ["rpc" "log" "p2p"] hears)
    ++ lib.optionals (builtins.elem "tools" hears) (map (other: config.services.peer-observer.${other}.listen) others);

  portOf = extractor: example:
    mkOption {
      type = types.nullOr types.port;
      default = null;
      inherit example;
      description = "Port of the honeynode's `${extractor}.listen`, if it has one.";
    };

  node = {name, ...}: {
    options = {
      name = mkOption {
        type = types.str;
        default = name;
        description = "The node's name, as its honeynode has it.";
      };
      address = mkOption {
        type = types.nullOr types.str;
        default = null;
        example = "alpha.example.org";
        description = "The name of its host, as in its certificate. Not needed with `wireguard`.";
      };
      port = mkOption {
        type = types.port;
        default = 9331;
        description = "Port of the honeynode's `listen`.";
      };
      rpcPort = portOf "rpcExtractor" 9333;
      logPort = portOf "logExtractor" 9337;
      p2pPort = portOf "p2pExtractor" 9338;
      wireguard = {
        address = mkOption {
          type = types.nullOr types.str;
          default = null;
          example = "10.93.0.2";
          description = "Its address in the VPN, as its `uplink.address`.";
        };
        publicKey = mkOption {
          type = types.nullOr types.str;
          default = null;
          description = "Its public key.";
        };
      };
    };
  };
in {
  options.services.peer-observer.central = {
    enable = lib.mkEnableOption "a central host: tools that watch honeynodes on other hosts, Prometheus and Grafana";
    nodes = mkOption {
      type = types.attrsOf (types.submodule node);
      default = {};
      example = lib.literalExpression ''{alpha.address = "alpha.example.org";}'';
      description = "The honeynodes, by name.";
    };
    tools = mkOption {
      type = types.listOf (types.enum peerObserverFlake.tools);
      default = ["metrics" "detector" "archiver"];
      description = "Tools that watch them here. Their options are in `services.peer-observer.<tool>`.";
    };
    tls = {
      caFile = mkOption {
        type = types.nullOr types.path;
        default = null;
        description = "As `services.peer-observer.metrics.tls.caFile`, for all of the tools.";
      };
      certKeyFile = mkOption {
        type = types.nullOr types.str;
        default = null;
        description = "As `services.peer-observer.metrics.tls.certKeyFile`, for all of the tools.";
      };
    };
    wireguard = {
      enable = lib.mkEnableOption ''
        a VPN between this host and the nodes in place of TLS. Nodes connect to this host (`uplink`), so that no port is open at a node'';
      address = mkOption {
        type = types.str;
        default = "10.93.0.1";
        description = "This host's address in the VPN.";
      };
      port = mkOption {
        type = types.port;
        default = 51820;
        description = "Port for the nodes. It is opened in the firewall.";
      };
      privateKeyFile = mkOption {
        type = types.nullOr types.str;
        default = null;
        example = "/var/lib/secrets/wireguard.key";
        description = "This host's private key.";
      };
    };
    retention = mkOption {
      type = types.str;
      default = "1y";
      description = "How long Prometheus keeps metrics.";
    };
    alertReceiver = mkOption {
      type = types.nullOr (types.attrsOf types.anything);
      default = null;
      example = lib.literalExpression ''{webhook_configs = [{url = "http://127.0.0.1:8000/";}];}'';
      description = "Where Alertmanager sends alerts: a receiver of its configuration without `name`. `null`: no Alertmanager.";
    };
    grafanaSecretKeyFile = mkOption {
      type = types.str;
      example = "/var/lib/secrets/grafana-secret-key";
      description = "A file with the secret key that Grafana needs, which its user can read.";
    };
    web = {
      domain = mkOption {
        type = types.nullOr types.str;
        default = null;
        example = "central.example.org";
        description = "The name under which nginx shows the dashboards. `null`: no nginx.";
      };
      acme = mkOption {
        type = types.bool;
        default = true;
        description = "Whether to get a certificate for it (`security.acme`) and to redirect HTTP to HTTPS.";
      };
      public = mkOption {
        type = types.bool;
        default = false;
        description = "Whether everybody may look at the dashboards. Those who hold a password always may.";
      };
      passwordFile = mkOption {
        type = types.nullOr types.path;
        default = null;
        example = "/var/lib/secrets/htpasswd";
        description = "Users and passwords as `htpasswd` writes them, for Prometheus, Alertmanager, and the dashboards unless `public`. nginx must be able to read it.";
      };
    };
  };

  config = lib.mkIf cfg.enable {
    assertions =
      [
        {
          assertion = nodes != [];
          message = "${where} is enabled and has no nodes. Set ${where}.nodes.<name>.";
        }
        {
          assertion = cfg.wireguard.enable || (cfg.tls.caFile != null && cfg.tls.certKeyFile != null);
          message = ''
            ${where} needs certificates, ${where}.tls.caFile and ${where}.tls.certKeyFile (docs/how-to/secure-the-bus.md), or
            ${where}.wireguard.enable = true;
          '';
        }
        {
          assertion = cfg.wireguard.enable -> cfg.wireguard.privateKeyFile != null;
          message = "${where}.wireguard needs ${where}.wireguard.privateKeyFile.";
        }
        {
          assertion = cfg.web.domain != null -> cfg.web.passwordFile != null;
          message = "${where}.web needs ${where}.web.passwordFile: Prometheus and Alertmanager are for those who hold a password.";
        }
      ]
      ++ map (node: {
        assertion =
          if cfg.wireguard.enable
          then node.wireguard.address != null && node.wireguard.publicKey != null
          else node.address != null;
        message = ''
          ${where}.nodes.${node.name} needs ${
            if cfg.wireguard.enable
            then "wireguard.address and wireguard.publicKey"
            else "an address"
          }.
        '';
      })
      nodes;

    services.peer-observer = lib.genAttrs peerObserverFlake.tools (tool:
      lib.mkIf (builtins.elem tool cfg.tools) {
        enable = true;
        sources = heard tool;
        tls = lib.mkIf (!cfg.wireguard.enable) {inherit (cfg.tls) caFile certKeyFile;};
      });

    networking.wireguard.interfaces.peer-observer = lib.mkIf cfg.wireguard.enable {
      ips = ["${cfg.wireguard.address}/24"];
      listenPort = cfg.wireguard.port;
      inherit (cfg.wireguard) privateKeyFile;
      peers =
        map (node: {
          inherit (node.wireguard) publicKey;
          allowedIPs = ["${node.wireguard.address}/32"];
        })
        nodes;
    };
    networking.firewall.allowedUDPPorts = lib.mkIf cfg.wireguard.enable [cfg.wireguard.port];
    networking.firewall.allowedTCPPorts = lib.mkIf (cfg.web.domain != null) ([80] ++ lib.optional cfg.web.acme 443);

    services.prometheus = {
      enable = true;
      listenAddress = "127.0.0.1";
      retentionTime = cfg.retention;
      webExternalUrl = lib.mkIf (cfg.web.domain != null) "https://${cfg.web.domain}/prometheus/";
      extraFlags = ["--web.route-prefix=/"];
      alertmanagers = lib.mkIf (cfg.alertReceiver != null) [{static_configs = [{targets = ["127.0.0.1:${toString prometheus.alertmanager.port}"];}];}];
      alertmanager = lib.mkIf (cfg.alertReceiver != null) {
        enable = true;
        listenAddress = "127.0.0.1";
        webExternalUrl = lib.mkIf (cfg.web.domain != null) "https://${cfg.web.domain}/alertmanager/";
        extraFlags = ["--web.route-prefix=/" "--cluster.listen-address="];
        # That of docs/alerts.md.
        configuration = {
          route = {
            receiver = "operator";
            group_by = ["host" "alertname"];
            routes =
              map (matcher: {
                matchers = [matcher];
                receiver = "nobody";
              })
              [''severity="info"'' ''known_as=~".+"''];
          };
          receivers = [(cfg.alertReceiver // {name = "operator";}) {name = "nobody";}];
        };
      };
    };

    services.grafana = {
      enable = true;
      settings = {
        server = {
          http_addr = "127.0.0.1";
          domain = lib.mkIf (cfg.web.domain != null) cfg.web.domain;
          root_url = lib.mkIf (cfg.web.domain != null) "https://${cfg.web.domain}/";
        };
        security.secret_key = "$__file{${cfg.grafanaSecretKeyFile}}";
        # nginx asks for the password.
        "auth.anonymous" = {
          enabled = cfg.web.domain != null;
          org_role = "Viewer";
        };
      };
    };

    services.nginx = lib.mkIf (cfg.web.domain != null) {
      enable = true;
      recommendedProxySettings = true;
      recommendedTlsSettings = true;
      virtualHosts.${cfg.web.domain} = let
        password = lib.optionalAttrs (cfg.web.passwordFile != null) {basicAuthFile = cfg.web.passwordFile;};
        to = port: {proxyPass = "http://127.0.0.1:${toString port}/";};
      in {
        enableACME = cfg.web.acme;
        forceSSL = cfg.web.acme;
        locations = {
          "/" = to grafana.settings.server.http_port // {proxyWebsockets = true;} // lib.optionalAttrs (!cfg.web.public) password;
          "/prometheus/" = to prometheus.port // password;
          "/alertmanager/" = lib.mkIf (cfg.alertReceiver != null) (to prometheus.alertmanager.port // password);
        };
      };
    };
  };
}
