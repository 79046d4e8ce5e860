# services.peer-observer.central.pages: peer-observer-web behind the central host's nginx, with a view for those who hold a password and one for everybody.
{
  config,
  lib,
  ...
}: let
  inherit (lib) mkOption types;
  central = config.services.peer-observer.central;
  cfg = central.pages;
  where = "services.peer-observer.central";
  web = config.services.peer-observer.web;
  # The public view is a process of its own: what it does not have, it cannot show.
  publicAddress = "127.0.0.1:9381";
  publicMetricsAddress = "127.0.0.1:9369";
  full = config.systemd.services.peer-observer-web;
  argument = option: value: ''"--${option}" "${value}"'';
  name = description: example:
    mkOption {
      type = types.nullOr types.str;
      default = null;
      inherit example description;
    };
  domains = builtins.filter (domain: domain != null) [cfg.domain cfg.publicDomain];
  proxy = domain: address: more:
    lib.nameValuePair domain {
      enableACME = central.web.acme;
      forceSSL = central.web.acme;
      locations."/" =
        {
          proxyPass = "http://${address}";
          # The feed.
          extraConfig = "proxy_buffering off;";
        }
        // more;
    };
in {
  options.services.peer-observer.central.pages = {
    domain = name "The name under which nginx shows the pages of peer-observer-web to those who hold a password (`web.passwordFile`). `null`: not at all. The tool `web` must be in `tools`." "observer.example.org";
    publicDomain = name "The name under which everybody sees what a peer cannot use (`--access public`). `null`: not at all." "public.example.org";
  };

  config = lib.mkIf (central.enable && domains != []) {
    assertions = [
      {
        assertion = builtins.elem "web" central.tools;
        message = "${where}.pages shows what the tool web has, which does not run here: add \"web\" to ${where}.tools.";
      }
      {
        assertion = cfg.domain != null -> central.web.passwordFile != null;
        message = "${where}.pages.domain needs ${where}.web.passwordFile.";
      }
    ];
    services.peer-observer.web = {
      access = "full";
      hosts = domains;
    };
    systemd.services.peer-observer-web-public = lib.mkIf (cfg.publicDomain != null && builtins.elem "web" central.tools) {
      description = "${full.description}, for everybody";
      inherit (full) wantedBy wants after path startLimitIntervalSec;
      serviceConfig =
        full.serviceConfig
        // {
          ExecStart = lib.replaceStrings [
            (argument "access" "full")
            (argument "http-address" web.httpAddress)
            (argument "metrics-address" web.metricsAddress)
          ] [
            (argument "access" "public")
            (argument "http-address" publicAddress)
            (argument "metrics-address" publicMetricsAddress)
          ]
          full.serviceConfig.ExecStart;
        };
    };
    services.peer-observer.unitsWithCertificates = lib.optional (cfg.publicDomain != null && !central.wireguard.enable) "peer-observer-web-public";
    networking.firewall.allowedTCPPorts = [80] ++ lib.optional central.web.acme 443;
    services.nginx = {
      enable = true;
      recommendedProxySettings = true;
      recommendedTlsSettings = true;
      virtualHosts = builtins.listToAttrs (
        lib.optional (cfg.domain != null) (proxy cfg.domain web.httpAddress {basicAuthFile = central.web.passwordFile;})
        ++ lib.optional (cfg.publicDomain != null) (proxy cfg.publicDomain publicAddress {})
      );
    };
  };
}
