"""The PromQL expressions of this service's dashboards and rules."""

import json
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent
DASHBOARDS = sorted((FOLDER / "dashboards").glob("*.json"))
RULES = [FOLDER / "rules" / "recording.yml", FOLDER / "rules" / "alerts.yml"]
ALERT_CASES = FOLDER / "rules" / "alert_cases.yml"


def load_dashboards():
    return {path.name: json.loads(path.read_text()) for path in DASHBOARDS}


def load_rules():
    """Every rule of every group."""
    return [rule for path in RULES for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]]


def dashboard_queries():
    """(dashboard, panel's title, expression) of each query."""
    return [
        (name, panel["title"], target["expr"])
        for name, dashboard in load_dashboards().items()
        for panel in dashboard["panels"]
        for target in panel["targets"]
    ]


def fill_in(expression, window):
    """The expression as Grafana sends it with all hosts or instances chosen."""
    return expression.replace("$__rate_interval", window).replace("$host", ".*").replace("$instance", ".*")
