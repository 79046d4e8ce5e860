# What the modules of all services have in common: options, the unit, what assertions say.
{
  config,
  lib,
  pkgs,
  utils,
}: let
  inherit (lib) mkOption types;
  shared = lib.importJSON ./hardening.json;
  isTls = lib.hasPrefix "tls+tcp://";
  portOf = address: lib.toInt (lib.last (lib.splitString ":" address));
in rec {
  inherit isTls portOf;

  # The shared list, then the service's deviations: services/<name>/hardening.json, each with its reason.
  hardening = name: let
    deviations = ../../services + "/${name}/hardening.json";
  in
    shared // lib.optionalAttrs (builtins.pathExists deviations) (lib.mapAttrs (_: deviation: deviation.value) (lib.importJSON deviations));

  options = {
    package,
    metricsAddress ? null,
  }: {
    package = mkOption {
      type = types.package;
      default = package;
      defaultText = lib.literalMD "the flake's package";
      description = "The package to run.";
    };
    metricsAddress = mkOption {
      type = types.nullOr (types.strMatching ".+:[0-9]+");
      default = metricsAddress;
      example = "127.0.0.1:9340";
      description = "Address (`HOST:PORT`) on which it serves its own metrics for Prometheus; `null` to disable.";
    };
    logLevel = mkOption {
      type = types.enum ["trace" "debug" "info" "warning" "warn" "error" "critical"];
      default = "info";
      description = "Messages of this level and more severe ones are logged.";
    };
    tls = {
      caFile = mkOption {
        type = types.nullOr types.path;
        default = null;
        example = "/var/lib/secrets/peer-observer/ca.pem";
        description = "PEM certificates of the CAs that may sign the other end's certificate. Required for `tls+tcp://`.";
      };
      certKeyFile = mkOption {
        type = types.nullOr types.str;
        default = null;
        example = "/var/lib/secrets/peer-observer/alpha.pem";
        description = ''
          PEM certificate and private key of this end. Required for `tls+tcp://`. systemd passes it to the service: only root needs to be
          able to read the file. A string, so that the key is not copied to the store.
        '';
      };
    };
    extraArgs = mkOption {
      type = types.listOf types.str;
      default = [];
      description = "Additional command-line arguments, as listed by `--help`.";
    };
  };

  # An option's value, or nothing where it is null.
  arguments = lib.cli.toCommandLine (name: {
    option = "--${name}";
    sep = null;
    explicitBool = false;
  });

  # Of a publisher.
  url = types.strMatching "(tcp|ipc|tls\\+tcp)://.+";

  # The options of a honeynode for its extractor NAME-SORT beside the one for tracepoints. `listen`: the value of that option.
  publisherOptions = {
    name,
    sort,
    port,
    listen,
  }: {
    listen = mkOption {
      type = url;
      default = "ipc:///run/peer-observer/${name}-${sort}/bus";
      example = "tls+tcp://0.0.0.0:${toString port}";
      description = "As the honeynode's `listen`.";
    };
    source = mkOption {
      type = types.str;
      default = listen;
      defaultText = lib.literalMD "`${sort}Extractor.listen`";
      example = "tls+tcp://alpha.example.org:${toString port}";
      description = "As the honeynode's `source`.";
    };
  };

  # A unit of the systemd module. secrets: options that are files which only root need be able to read.
  unit = {
    name,
    cfg,
    urls,
    settings,
    description,
    secrets ? {},
    serviceConfig ? {},
    # Whether it has something to read again at SIGHUP.
    readsAgain ? false,
  }: let
    files =
      lib.optionalAttrs (lib.any isTls urls) {
        tls-ca-file = cfg.tls.caFile;
        tls-cert-key-file = cfg.tls.certKeyFile;
      }
      // secrets;
    words =
      [(lib.getExe cfg.package)]
      ++ arguments ({
          log-level = cfg.logLevel or null;
          metrics-address = cfg.metricsAddress or null;
        }
        // settings)
      ++ cfg.extraArgs;
  in {
    inherit description;
    wantedBy = ["multi-user.target"];
    wants = ["network-online.target"];
    after = ["network-online.target"];
    # For refresh-credentials.
    path = lib.optional (files != {}) pkgs.util-linux;
    # Never gives up: what it waits for may come tomorrow.
    startLimitIntervalSec = 0;
    serviceConfig =
      hardening name
      // {
        Type = "notify";
        WatchdogSec = 60;
        Restart = "on-failure";
        RestartSec = 2;
        # Wrong use: starting it again would not help.
        RestartPreventExitStatus = 2;
        Group = "peer-observer";
        ExecStart = utils.escapeSystemdExecArgs words + lib.concatMapStrings (option: " --${option} %d/${option}") (builtins.attrNames files);
        LoadCredential = lib.mapAttrsToList (option: file: "${option}:${file}") files;
        ExecReload =
          lib.optional (files != {}) "+${pkgs.runtimeShell} ${../../contrib/systemd/refresh-credentials} %n $MAINPID"
          ++ lib.optional readsAgain "${pkgs.coreutils}/bin/kill -HUP $MAINPID";
      }
      # What refresh-credentials does with an older systemd.
      // lib.optionalAttrs (files != {}) {RefreshOnReload = "credentials";}
      // serviceConfig;
  };

  withCertificates = urls: unit: lib.optional (lib.any isTls urls) unit;

  tlsAssertion = where: cfg: urls: {
    assertion = lib.any isTls urls -> cfg.tls.caFile != null && cfg.tls.certKeyFile != null;
    message = ''
      ${where}: ${lib.concatStringsSep ", " (builtins.filter isTls urls)} needs certificates. Set ${where}.tls.caFile and
      ${where}.tls.certKeyFile to files on the host (docs/deployment.md shows how to make them), or use ipc:// or tcp://.
    '';
  };

  scrape = name: cfg:
    lib.mkIf (config.services.prometheus.enable && cfg.metricsAddress or null != null) [
      {
        job_name = name;
        static_configs = [{targets = [cfg.metricsAddress];}];
      }
    ];

  # Who is in it may connect to the sockets of extractors.
  group.users.groups.peer-observer = {};
}
