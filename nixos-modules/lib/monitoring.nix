# Rules for this host's Prometheus, dashboards for its Grafana.
{
  config,
  lib,
  pkgs,
  peerObserverFlake,
  ...
}: let
  cfg = config.services.peer-observer.metrics;
  inherit (config.services) grafana prometheus;
  packages = peerObserverFlake.packages pkgs;
in {
  assertions = lib.mkIf cfg.enable [
    {
      assertion = cfg.metricsAddress != null;
      message = "services.peer-observer.metrics.metricsAddress is null: it is where the metrics of the nodes are served.";
    }
  ];
  services.prometheus.ruleFiles = lib.mkIf (cfg.enable && cfg.provision && prometheus.enable) packages.rules.files;
  services.grafana.provision = lib.mkIf (cfg.enable && cfg.provision && grafana.enable) {
    enable = true;
    dashboards.settings.providers = [
      {
        name = "peer-observer";
        folder = "peer-observer";
        options.path = packages.dashboards;
      }
    ];
    datasources.settings.datasources = lib.mkIf prometheus.enable [
      {
        name = "Prometheus";
        type = "prometheus";
        url = "http://127.0.0.1:${toString prometheus.port}";
      }
    ];
  };
}
