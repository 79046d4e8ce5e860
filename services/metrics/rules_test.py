"""The rules for Prometheus: promtool's checks, and that each alert is tested and explained."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

import promql_files

PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is missing: install Debian's package prometheus")
ALERTS = {rule["alert"]: rule for rule in promql_files.load_rules() if "alert" in rule}
EXPLANATIONS = Path(__file__).parents[2] / "docs" / "alerts.md"


def promtool(*arguments):
    done = subprocess.run([PROMTOOL, *arguments], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs_promtool
def test_promtool_finds_nothing_wrong():
    assert "SUCCESS" in promtool("check", "rules", *map(str, promql_files.RULES))


@needs_promtool
def test_alerts_fire_when_they_should_and_only_then():
    assert "SUCCESS" in promtool("test", "rules", str(promql_files.RULE_TESTS))


def test_each_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not():
    cases = {name: set() for name in ALERTS}
    for test in yaml.safe_load(promql_files.RULE_TESTS.read_text())["tests"]:
        for case in test["alert_rule_test"]:
            cases[case["alertname"]].add(bool(case["exp_alerts"]))
    assert cases == {name: {True, False} for name in ALERTS}


@pytest.mark.parametrize("name", ALERTS)
def test_alert_is_explained(name):
    rule = ALERTS[name]
    assert rule["labels"]["severity"] in ("info", "warning", "critical")
    annotations = rule["annotations"]
    assert annotations["summary"] and annotations["description"].endswith(".")
    assert annotations["runbook_url"] == f"docs/alerts.md#{name.lower()}"
    assert re.search(rf"^## {name}$", EXPLANATIONS.read_text(), re.MULTILINE)


def test_no_explanation_without_an_alert():
    assert set(re.findall(r"^## (\w+)$", EXPLANATIONS.read_text(), re.MULTILINE)) == set(ALERTS)
