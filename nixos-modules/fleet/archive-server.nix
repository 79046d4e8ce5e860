# services.peer-observer.archive-server: serves the files of this host's archiver to a central host. It is an nginx of its own, which can read these
# files and nothing else.
{
  config,
  lib,
  pkgs,
  utils,
  ...
}: let
  service = import ../lib/service.nix {inherit config lib pkgs utils;};
  inherit (lib) mkOption types;
  cfg = config.services.peer-observer.archive-server;
  archiver = config.services.peer-observer.archiver;
  where = "services.peer-observer.archive-server";
  unit = "peer-observer-archive-server";
  # Of the archiver, whose user it shares: systemd makes that up, too.
  source =
    if archiver.directory == "/var/lib/peer-observer-archiver"
    then "/var/lib/private/peer-observer-archiver"
    else archiver.directory;
  hasTls = cfg.tls.caFile != null && cfg.tls.certKeyFile != null;

  # What is in CREDENTIALS_DIRECTORY is for this unit only: its path is known.
  credentials = "/run/credentials/${unit}.service";
  configuration = pkgs.writeText "peer-observer-archive-server.conf" ''
    daemon off;
    pid /run/${unit}/pid;
    error_log stderr;
    events {}
    http {
      access_log off;
      default_type application/zstd;
      ${lib.concatMapStrings (kind: "${kind}_temp_path /run/${unit}/${kind};") ["client_body" "proxy" "fastcgi" "uwsgi" "scgi"]}
      server {
        listen ${cfg.listenAddress}:${toString cfg.port}${lib.optionalString hasTls " ssl"};
        ${lib.optionalString hasTls ''
      ssl_certificate ${credentials}/tls-cert-key-file;
      ssl_certificate_key ${credentials}/tls-cert-key-file;
      ssl_client_certificate ${credentials}/tls-ca-file;
      ssl_verify_client on;
    ''}
        root /srv/archive;
        autoindex on;
        autoindex_format json;
        ${lib.optionalString (cfg.rateLimit != null) "limit_rate ${cfg.rateLimit};"}
        location ~ (\.poa\.zst|/)$ { }
        # What is being written.
        location / { return 404; }
      }
    }
  '';
in {
  options.services.peer-observer.archive-server = {
    enable = lib.mkEnableOption "a server of the files of this host's archiver, for `central.archives` of another host";
    listenAddress = mkOption {
      type = types.str;
      default = "0.0.0.0";
      example = "10.93.0.2";
      description = "Address on which it listens.";
    };
    port = mkOption {
      type = types.port;
      default = 9350;
      description = "Port on which it listens.";
    };
    openFirewall = mkOption {
      type = types.bool;
      default = false;
      description = "Whether to open `port`.";
    };
    rateLimit = mkOption {
      type = types.nullOr (types.strMatching "[0-9]+[km]");
      default = null;
      example = "2m";
      description = "Bytes per second and connection, as nginx's `limit_rate`. `null`: no limit.";
    };
    inherit (service.options {package = pkgs.nginx;}) tls;
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = archiver.enable;
        message = "${where} serves the files of the archiver, which does not run here: name it in services.peer-observer.honeynodes.<name>.tools.";
      }
      {
        assertion = hasTls || builtins.elem cfg.listenAddress ["127.0.0.1" "::1"] || config.services.peer-observer.uplink.enable;
        message = ''
          ${where} listens on ${cfg.listenAddress} without certificates: everybody there could read the archive. Set ${where}.tls.caFile and
          ${where}.tls.certKeyFile, or let it listen in a VPN (services.peer-observer.uplink).
        '';
      }
    ];
    systemd.services.${unit} = {
      description = "serves archive files to the central host";
      wantedBy = ["multi-user.target"];
      after = ["network-online.target" "peer-observer-archiver.service"];
      wants = ["network-online.target"];
      path = [pkgs.util-linux];
      startLimitIntervalSec = 0;
      serviceConfig =
        service.hardening "archive-server"
        // {
          User = "peer-observer-archiver";
          Group = "peer-observer";
          ExecStart = "${pkgs.nginx}/bin/nginx -c ${configuration}";
          ExecReload =
            lib.optional hasTls "+${pkgs.runtimeShell} ${../../contrib/systemd/refresh-credentials} %n $MAINPID"
            ++ ["${pkgs.coreutils}/bin/kill -HUP $MAINPID"];
          Restart = "on-failure";
          RestartSec = 2;
          RuntimeDirectory = unit;
          TemporaryFileSystem = "/srv:ro";
          BindReadOnlyPaths = ["${source}:/srv/archive"];
          LoadCredential = lib.optionals hasTls ["tls-ca-file:${cfg.tls.caFile}" "tls-cert-key-file:${cfg.tls.certKeyFile}"];
        };
    };
    services.peer-observer.unitsWithCertificates = lib.optional hasTls unit;
    networking.firewall.allowedTCPPorts = lib.optional cfg.openFirewall cfg.port;
  };
}
