# peer-observer-getblocktxn-recorder: a line of CSV for each transaction that a compact block lacked.
{
  config,
  lib,
  pkgs,
  utils,
  peer-observer,
  ...
}: let
  service = import ./lib/service.nix {inherit config lib pkgs utils;};
  cfg = config.services.peer-observer.getblocktxn-recorder;
  where = "services.peer-observer.getblocktxn-recorder";
in {
  options.services.peer-observer.getblocktxn-recorder = {
    enable = lib.mkEnableOption "peer-observer-getblocktxn-recorder: records which transactions compact blocks lacked";
    package = lib.mkOption {
      type = lib.types.package;
      default = (peer-observer.packages pkgs).peer-observer-getblocktxn-recorder;
      defaultText = lib.literalMD "the flake's package";
      description = "The package to run.";
    };
    sources = lib.mkOption {
      type = lib.types.listOf (lib.types.strMatching "(tcp|ipc)://.+");
      default = [];
      example = ["tcp://127.0.0.1:9331"];
      description = "The publishers that it watches. It cannot use `tls+tcp://`: it runs on a honeynode.";
    };
    # What honeynodes set for every tool.
    tls = lib.mkOption {
      type = lib.types.attrs;
      default = {};
      internal = true;
    };
  };
  config = lib.mkIf cfg.enable (lib.mkMerge [
    service.group
    {
      assertions = [
        {
          assertion = cfg.sources != [];
          message = "${where} is enabled and has nothing to watch: name it in the tools of a honeynode, or set ${where}.sources.";
        }
      ];
      systemd.services.peer-observer-getblocktxn-recorder = {
        description = "records which transactions compact blocks lacked";
        wantedBy = ["multi-user.target"];
        startLimitIntervalSec = 0;
        serviceConfig =
          service.hardening "getblocktxn-recorder"
          // {
            ExecStart = utils.escapeSystemdExecArgs (
              [(lib.getExe cfg.package) "--output" "/var/lib/peer-observer-getblocktxn-recorder/asked.csv"]
              ++ lib.concatMap (source: ["--source" source]) cfg.sources
            );
            Restart = "always";
            RestartSec = 2;
            Group = "peer-observer";
            StateDirectory = "peer-observer-getblocktxn-recorder";
            StateDirectoryMode = "0700";
          };
      };
    }
  ]);
}
