"""The dashboards: what Grafana demands of them, and what we do."""

import os
import re
import subprocess
from pathlib import Path

import pytest

import promql_files

DASHBOARDS = promql_files.load_dashboards()
PROGRAM = Path(os.environ["PEER_OBSERVER_BUILD"]) / "bin" / "peer-observer-metrics"


def every(key):
    return [dashboard[key] for dashboard in DASHBOARDS.values()]


def test_gives_unique_uids_and_titles():
    for key in ("uid", "title"):
        assert len(set(every(key))) == len(DASHBOARDS)
    for uid in every("uid"):
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,40}", uid)


@pytest.mark.parametrize("name", DASHBOARDS)
def test_provisions_dashboard(name):
    dashboard = DASHBOARDS[name]
    assert "id" not in dashboard, "a numeric id belongs to one Grafana"
    assert dashboard["schemaVersion"] >= 36
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    assert variables["datasource"]["query"] == "prometheus"
    of, = variables.keys() - {"datasource"}
    assert of in ("host", "instance")
    assert variables[of]["includeAll"] and variables[of]["multi"]
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            assert set(re.findall(r"\$(\w+)", target["expr"])) <= {of, "__rate_interval"}
    assert "://" not in promql_files.FOLDER.joinpath("dashboards", name).read_text(), "names an absolute host"


@pytest.mark.parametrize("name", DASHBOARDS)
def test_completes_every_panel(name):
    panels = DASHBOARDS[name]["panels"]
    ids = [panel["id"] for panel in panels]
    assert len(set(ids)) == len(ids)
    assert len({panel["title"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["description"].endswith("."), panel["title"]
        assert panel["type"] in ("timeseries", "stat", "heatmap", "bargauge")
        assert panel["targets"]
        references = [target["refId"] for target in panel["targets"]]
        assert len(set(references)) == len(references)
        for part in [panel, *panel["targets"]]:
            assert part["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


@pytest.mark.parametrize("name", DASHBOARDS)
def test_places_panels_without_overlap(name):
    taken = set()
    for panel in DASHBOARDS[name]["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells


def known_metrics():
    table = subprocess.run([PROGRAM, "--list-metrics"], check=True, capture_output=True, text=True).stdout
    names = set()
    for name, kind in re.findall(r"^\| `(\w+)` \| (\w+) \|", table, re.MULTILINE):
        names |= {name + suffix for suffix in ("_bucket", "_sum", "_count")} if kind == "histogram" else {name}
    return names


def metrics_in(expressions):
    return {name for text in expressions for name in re.findall(r"\bpeerobserver_\w+", text)}


def test_queries_existing_metrics_only():
    used = metrics_in(query for _, _, query in promql_files.dashboard_queries())
    used |= metrics_in(rule["expr"] for rule in promql_files.load_rules())
    assert used <= known_metrics()


def test_shows_every_new_metric_on_a_dashboard():
    used = metrics_in(query for _, _, query in promql_files.dashboard_queries())
    missing = {re.sub(r"_(bucket|sum|count)$", "", name) for name in known_metrics() if name.endswith("_total")} - {
        re.sub(r"_(bucket|sum|count)$", "", name) for name in used
    }
    # These are of options that few use.
    assert missing <= {"peerobserver_ip_list_reloads_total", "peerobserver_known_peer_connections_total", "peerobserver_known_peer_messages_total"}


def test_records_series_of_dashboards():
    recorded = {rule["record"] for rule in promql_files.load_rules() if "record" in rule}
    used = {
        name for _, _, query in promql_files.dashboard_queries() for name in re.findall(r"\bpeerobserver:[\w:]+", query)
    }
    assert used <= recorded
