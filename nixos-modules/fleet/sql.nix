# The central host's tool `clickhouse`: a server for it on this host, unless it is told another one, and a data source for Grafana.
{
  config,
  lib,
  pkgs,
  ...
}: let
  central = config.services.peer-observer.central;
  writer = config.services.peer-observer.clickhouse;
  isWanted = central.enable && builtins.elem "clickhouse" central.tools;
  here = lib.any (prefix: lib.hasPrefix prefix writer.url) ["http://127.0.0.1:" "http://localhost:"];
in {
  config = lib.mkIf isWanted {
    services.clickhouse.enable = lib.mkIf here true;
    systemd.services.peer-observer-clickhouse.after = lib.mkIf here ["clickhouse.service"];
    services.grafana = lib.mkIf here {
      declarativePlugins = [pkgs.grafanaPlugins.grafana-clickhouse-datasource];
      provision.datasources.settings.datasources = [
        {
          name = "ClickHouse";
          type = "grafana-clickhouse-datasource";
          jsonData = {
            host = "127.0.0.1";
            port = 8123;
            protocol = "http";
            defaultDatabase = writer.database;
          };
        }
      ];
    };
  };
}
