# Recording and alerting rules, for Prometheus's ruleFiles.
{
  runCommand,
  sources,
}:
runCommand "peer-observer-rules" {} ''
  mkdir $out
  cp ${sources.only ["services/metrics/rules/recording.yml" "services/metrics/rules/alerts.yml"]}/services/metrics/rules/* $out/
''
