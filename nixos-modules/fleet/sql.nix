# The central host's tool `clickhouse`: a server for it on this host, unless it is told another one, and what Grafana needs to ask it.
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
  # Whoever sees a dashboard can send any query through its data source. This user of the server reads our tables and nothing else.
  reader = "peer_observer_grafana";
  longest = 60; # seconds of a query
  dashboards = pkgs.writeTextDir "questions.json" (
    lib.replaceStrings ["peer_observer."] ["${writer.database}."] (builtins.readFile ../../services/clickhouse/dashboard.json)
  );
in {
  config = lib.mkIf isWanted {
    services.clickhouse = lib.mkIf here {
      enable = true;
      usersConfig = {
        profiles.${reader} = {
          readonly = 1;
          max_memory_usage = 4000000000; # bytes
          max_execution_time = longest;
          # Grafana sets its own, within ours.
          constraints.max_execution_time = {
            max = longest;
            changeable_in_readonly = "";
          };
        };
        users.${reader} = {
          password = "";
          networks.ip = ["127.0.0.1" "::1"];
          profile = reader;
          quota = "default";
          grants.query = ["GRANT SELECT ON ${writer.database}.*"];
        };
      };
    };
    systemd.services.peer-observer-clickhouse.after = lib.mkIf here ["clickhouse.service"];
    services.grafana = lib.mkIf here {
      declarativePlugins = [pkgs.grafanaPlugins.grafana-clickhouse-datasource];
      provision = {
        enable = true;
        datasources.settings.datasources = [
          {
            name = "ClickHouse";
            type = "grafana-clickhouse-datasource";
            jsonData = {
              host = "127.0.0.1";
              port = lib.toInt (lib.head (builtins.match "http://[^:]+:([0-9]+).*" writer.url));
              protocol = "http";
              username = reader;
              defaultDatabase = writer.database;
            };
          }
        ];
        dashboards.settings.providers = [
          {
            name = "peer-observer-sql";
            folder = "peer-observer";
            options.path = dashboards;
          }
        ];
      };
    };
  };
}
