# Recording and alerting rules, for Prometheus's ruleFiles. Their runbook links lead to the page in the store.
{
  runCommand,
  sources,
}:
runCommand "peer-observer-rules" {} ''
  mkdir $out
  cp --no-preserve=mode ${sources.only ["services/metrics/rules/recording.yml" "services/metrics/rules/alerts.yml"]}/services/metrics/rules/* $out/
  sed -i 's#/usr/local/share/doc/peer-observer#${sources.only ["docs/alerts.md"]}/docs#' $out/alerts.yml
''
