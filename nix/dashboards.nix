# Grafana's dashboards, for provisioning from a folder.
{
  runCommand,
  sources,
}:
runCommand "peer-observer-dashboards" {} ''
  cp -r ${sources.only ["services/metrics/dashboards"]}/services/metrics/dashboards $out
''
