# Recording and alerting rules, for Prometheus's ruleFiles. Their runbook links lead to the page in the store.
{
  lib,
  linkFarm,
  sources,
  writeText,
}: let
  rules = ../services/metrics/rules;
  files = {
    "recording.yml" = rules + "/recording.yml";
    "alerts.yml" = writeText "peer-observer-alerts.yml" (
      lib.replaceStrings ["/usr/local/share/doc/peer-observer"] ["${sources.only ["docs/alerts.md"]}/docs"] (builtins.readFile (rules + "/alerts.yml"))
    );
  };
in
  (linkFarm "peer-observer-rules" files).overrideAttrs (old: {passthru = old.passthru or {} // {files = builtins.attrValues files;};})
