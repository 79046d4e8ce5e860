# services.peer-observer.web.nginx: peer-observer-web behind this host's nginx, with a view for those who hold a password and one for everybody.
{
  config,
  lib,
  pkgs,
  utils,
  ...
}: let
  inherit (lib) mkOption types;
  service = import ./service.nix {inherit config lib pkgs utils;};
  web = config.services.peer-observer.web;
  cfg = web.nginx;
  where = "services.peer-observer.web.nginx";
  # The public view is a process of its own: what it does not have, it cannot show.
  publicUnit = "peer-observer-web-public";
  publicAddress = "127.0.0.1:9381";
  publicMetricsAddress = "127.0.0.1:9369";
  full = config.systemd.services.peer-observer-web;
  argument = option: value: ''"--${option}" "${value}"'';
  hasPublic = web.enable && cfg.publicDomain != null;
  domains = builtins.filter (domain: domain != null) [cfg.domain cfg.publicDomain];
  name = description: example:
    mkOption {
      type = types.nullOr types.str;
      default = null;
      inherit example description;
    };
  proxy = domain: address: more:
    lib.nameValuePair domain {
      enableACME = cfg.acme;
      forceSSL = cfg.acme;
      locations."/" =
        {
          proxyPass = "http://${address}";
          recommendedProxySettings = true;
          # The feed.
          extraConfig = "proxy_buffering off;";
        }
        // more;
    };
in {
  options.services.peer-observer.web.nginx = {
    domain = name "The name under which nginx shows all pages to those who hold a password. `null`: not at all." "observer.example.org";
    publicDomain = name "The name under which everybody sees what a peer cannot use: a second process with `--access public`. `null`: not at all." "public.example.org";
    passwordFile = name "Passwords for `domain`, as htpasswd writes them. The user nginx must be able to read it. Without it, `domain` needs `passwordFile` of the service." "/var/lib/secrets/htpasswd";
    acme = mkOption {
      type = types.bool;
      default = true;
      description = "Whether to get certificates by ACME and to serve HTTPS only. Without, passwords are sent in the clear: for hosts that have TLS elsewhere.";
    };
  };

  config = lib.mkIf (domains != []) {
    assertions = [
      {
        assertion = web.enable;
        message = "${where} shows what the tool web has, which does not run here: add \"web\" to services.peer-observer.honeynodes.<name>.tools.";
      }
      {
        assertion = cfg.domain != null -> cfg.passwordFile != null || web.passwordFile != null;
        message = "${where}.domain needs ${where}.passwordFile, or services.peer-observer.web.passwordFile.";
      }
      {
        assertion = cfg.domain != null -> web.access == "full";
        message = "${where}.domain shows everything: services.peer-observer.web.access must be \"full\". For everybody there is publicDomain.";
      }
    ];
    services.peer-observer.web.hosts = domains;
    systemd.services.${publicUnit} = lib.mkIf hasPublic {
      description = "${full.description}, for everybody";
      inherit (full) wantedBy wants after path startLimitIntervalSec;
      serviceConfig =
        full.serviceConfig
        // {
          ExecStart = lib.replaceStrings [
            (argument "access" web.access)
            (argument "http-address" web.httpAddress)
            (argument "metrics-address" web.metricsAddress)
            " --password-file %d/password-file"
          ] [
            (argument "access" "public")
            (argument "http-address" publicAddress)
            (argument "metrics-address" publicMetricsAddress)
            ""
          ]
          full.serviceConfig.ExecStart;
        };
    };
    services.peer-observer.unitsWithCertificates = lib.mkIf hasPublic (service.withCertificates web.sources publicUnit);
    networking.firewall.allowedTCPPorts = [80] ++ lib.optional cfg.acme 443;
    services.nginx = {
      enable = true;
      recommendedTlsSettings = true;
      virtualHosts = builtins.listToAttrs (
        lib.optional (cfg.domain != null) (proxy cfg.domain web.httpAddress (lib.optionalAttrs (cfg.passwordFile != null) {basicAuthFile = cfg.passwordFile;}))
        ++ lib.optional (cfg.publicDomain != null) (proxy cfg.publicDomain publicAddress {})
      );
    };
  };
}
