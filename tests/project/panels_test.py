"""Every panel of every dashboard against the metrics that the running services show: names, types, units."""

import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import built_services
import harness

ROOT = Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / folder) for folder in ("services/metrics", "services/rpc-extractor", "tests/supervision")]
import promql_files  # noqa: E402
from rpc_extractor import VICTIM, RpcExtractor  # noqa: E402
from rpc_server import Server  # noqa: E402
from supervised import Supervised  # noqa: E402

PANELS = [(name, panel) for name, dashboard in promql_files.load_dashboards().items() for panel in dashboard["panels"]]
METRIC = re.compile(r"\b(?:peerobserver_|peer_observer_|peerobserver:|process_)[\w:]+")
COUNTER_FUNCTIONS = {"rate", "increase"}
PER_SECOND = {"cps", "eps", "mps", "Bps"}


def types_on(page):
    return dict(re.findall(r"^# TYPE (\S+) (\S+)$", page, re.MULTILINE))


def types_of_metrics():
    """Most series of peer-observer-metrics are there when a node was heard: it lists them instead."""
    listing = [*built_services.invocation("metrics"), "--list-metrics"]
    table = subprocess.run(listing, check=True, stdout=subprocess.PIPE, text=True).stdout
    return dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", table, re.MULTILINE))


@contextlib.contextmanager
def rpc_extractor(directory):
    """With an answer of which a field is left out, and a call that fails: counters that have no sample before."""
    with Server(directory) as server:
        server.behaviour[VICTIM] = lambda request: request.send(request.answer({"novel": 1}))
        server.behaviour["uptime"] = lambda request: request.close()
        with RpcExtractor(directory, server) as program:
            program.wait_for_errors("disconnected", method="uptime")
            harness.wait_until(lambda: "unknown_fields_total{" in program.page(), "a field that is not known")
            yield types_on(program.page())


@pytest.fixture(scope="module")
def types():
    """{metric: type}, of all services."""
    found = types_of_metrics()
    with harness.temporary_directory() as directory:
        for service in built_services.SERVICES:
            if service == "extractor" and os.geteuid() != 0 or service == "rpc-extractor":
                continue
            values = {"webhook": "http://127.0.0.1:9/"} if service == "detector" else {}
            with Supervised(directory, *built_services.command(service, directory, **values)) as program:
                address = re.search(r"http://(\S+)/metrics", program.wait_for_log("metrics on"))[1]
                program.wait_told("READY=1")  # it has added all of them
                found |= types_on(harness.metrics_text(address))
        with rpc_extractor(directory) as of_rpc_extractor:
            found |= of_rpc_extractor
    return found


def type_of(name, types):
    if name.startswith("peerobserver:"):
        return "counter" if name.endswith(":total") else "gauge"
    histogram = re.sub(r"_(bucket|sum|count)$", "", name)
    return "counter" if types.get(histogram) == "histogram" else types.get(name)


def selectors(expression):
    """(function directly around it, metric, whether it is a range) of each metric in an expression."""
    for match in METRIC.finditer(expression):
        function = re.search(r"(\w+) ?\($", expression[:match.start()])
        rest = re.sub(r"^\{[^}]*\}", "", expression[match.end():])
        yield function[1] if function else "", match[0], rest.startswith("[")


def faults_of(expression, types):
    for function, name, is_range in selectors(expression):
        kind = type_of(name, types)
        if kind is None:
            if name.startswith("peer_observer_extractor_") and os.geteuid() != 0:
                continue  # the extractor did not run
            yield f"{name}: no service has it"
        elif kind == "counter" and function not in COUNTER_FUNCTIONS:
            yield f"{name}: a counter without rate() or increase()"
        elif kind == "gauge" and is_range and function in COUNTER_FUNCTIONS:
            yield f"{name}: {function}() of a gauge"


def unit_of(panel):
    return panel["options"]["yAxis"].get("unit") if panel["type"] == "heatmap" else panel["fieldConfig"]["defaults"].get("unit")


def is_per_second(unit):
    return unit in PER_SECOND or unit.endswith("/s")


def unit_fits(unit, expression):
    names = [name for _, name, _ in selectors(expression) if not name.endswith("build_info")]
    if "histogram_quantile(" in expression or "_bucket" in names[0]:
        return ("_seconds" in names[0]) == (unit == "s")
    if re.search(r"\) / (?!1e)", expression):
        return unit in ("s", "percentunit")
    if re.search(r"\b(rate|deriv)\(|:rate5m", expression):
        if re.search(r"(seconds|_time)(_total)?$", names[0]):
            return unit == "percentunit"
        if "vbytes" in names[0]:
            return unit == "suffix:vB/s"
        return (unit == "Bps") == ("bytes" in names[0]) and is_per_second(unit)
    if is_per_second(unit) or "increase(" in expression:
        return unit == "short"
    if names[0].endswith("_seconds"):
        return unit == "s"
    return (unit == "bytes") == bool(re.search(r"_bytes$|memory", names[0]))


def test_uses_existing_metrics_as_their_type_allows(types):
    assert len(PANELS) > 150
    assert [(name, panel["title"], fault) for name, panel in PANELS for target in panel["targets"] for fault in faults_of(target["expr"], types)] == []


def test_shows_metrics_of_every_service_on_dashboards(types):
    """Counters and gauges that are on no dashboard, of services that have one. Those of the bus and of the process are on most."""
    shown = {re.sub(r"_(bucket|sum|count)$", "", name) for _, panel in PANELS for target in panel["targets"] for _, name, _ in selectors(target["expr"])}
    of_services = {name for name in types if re.match(r"peer_observer_(detector|archiver|addr_connectivity|extractor|rpc_extractor|log_extractor|p2p_extractor)_", name)}
    assert len(of_services) > 40
    assert of_services - shown == {"peer_observer_extractor_tracepoint_attached"} & of_services  # as tracepoint_state


@pytest.mark.parametrize(("name", "panel"), PANELS, ids=[f"{name}-{panel['title']}" for name, panel in PANELS])
def test_requires_fitting_units_and_one_query_per_heatmap(name, panel):
    unit = unit_of(panel)
    assert unit
    if panel["type"] == "heatmap":
        assert len(panel["targets"]) == 1 and panel["targets"][0]["format"] == "heatmap", "Grafana shows one"
    assert [target["expr"] for target in panel["targets"] if not unit_fits(unit, target["expr"])] == []


@pytest.mark.parametrize(("expression", "fault"), [
    ("rate(a_gauge[5m])", "rate() of a gauge"),
    ("sum by (x) (increase(a_gauge{y=\"z\"}[1h]))", "increase() of a gauge"),
    ("a_total", "a counter without"),
    ("deriv(a_total[5m])", "a counter without"),
    ("rate(unheard_of_total[5m])", "no service has it"),
    ("h_bucket", "a counter without"),
])
def test_finds_wrong_expression(expression, fault):
    types = {"peer_observer_a_gauge": "gauge", "peer_observer_a_total": "counter", "peer_observer_h": "histogram"}
    expression = re.sub(r"\b(a_gauge|a_total|unheard_of_total|h_bucket)", r"peer_observer_\1", expression)
    assert [fault in found for found in faults_of(expression, types)] == [True]


@pytest.mark.parametrize(("unit", "expression", "fits"), [
    ("short", "rate(peer_observer_events_total[5m])", False),
    ("eps", "rate(peer_observer_events_total[5m])", True),
    ("eps", "increase(peer_observer_events_total[1h])", False),
    ("mps", "rate(peer_observer_x_bytes_total[5m])", False),
    ("s", "rate(peer_observer_x_seconds_total[5m])", False),
    ("percentunit", "rate(process_cpu_seconds_total[5m])", True),
    ("short", "process_resident_memory_bytes", False),
    ("s", "sum (rate(peer_observer_x_seconds_total[5m])) / sum (rate(peer_observer_x_total[5m]))", True),
])
def test_finds_unit_that_does_not_fit(unit, expression, fits):
    assert unit_fits(unit, expression) == fits
