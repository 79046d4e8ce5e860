"""The rules for Prometheus: promtool's checks, when each alert fires, and that it is silent on ordinary days."""

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
CASES = yaml.safe_load(promql_files.ALERT_CASES.read_text())
EXPLANATIONS = Path(__file__).parents[2] / "docs" / "alerts.md"
DEFAULT_DOCS = "file:///usr/local/share/doc/peer-observer"


def promtool(*arguments):
    done = subprocess.run([PROMTOOL, *arguments], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def check_rules(folder, tests):
    """Has promtool evaluate the rules over the series of `tests`."""
    # One group: promtool evaluates groups in an order of its own, so that alerts would see sums of this minute or of the last.
    rules = folder / "rules.yml"
    rules.write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": promql_files.load_rules()}]}))
    path = folder / "tests.yml"
    path.write_text(yaml.safe_dump({"rule_files": [str(rules)], "evaluation_interval": "1m", "tests": tests}))
    assert "SUCCESS" in promtool("test", "rules", str(path))


def input_series(series):
    return [{"series": name, "values": str(values)} for name, values in series.items()]


def render(text, labels):
    """A template as Prometheus expands it, as far as our descriptions use templates."""
    text = re.sub(r"\{\{ with \$labels\.(\w+) \}\}(.*?)\{\{ \. \}\}(.*?)\{\{ end \}\}",
                  lambda m: m[2] + labels[m[1]] + m[3] if m[1] in labels else "", text)
    return re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda m: labels.get(m[1], ""), text)


def firing(case, docs=DEFAULT_DOCS):
    labels = case["labels"]
    description = render(ALERTS[case["alert"]]["annotations"]["description"], labels)
    description = re.sub(r"\{\{ \$value.*?\}\}", lambda _: case["value"], description)
    return {
        "exp_labels": labels,
        "exp_annotations": {"summary": case["summary"], "description": description, "runbook_url": f"{docs}/alerts.md#{case['alert'].lower()}"},
    }


@needs_promtool
def test_accepts_rules_with_promtool():
    assert "SUCCESS" in promtool("check", "rules", *map(str, promql_files.RULES))


@needs_promtool
@pytest.mark.parametrize("case", CASES, ids=[f"{case['alert']}-{number}" for number, case in enumerate(CASES)])
def test_fires_alert_on_its_fault(tmp_path, case):
    check_rules(tmp_path, [{
        "interval": "1m", "input_series": input_series(case["series"]),
        "alert_rule_test": [{"eval_time": f"{case['minute']}m", "alertname": case["alert"], "exp_alerts": [firing(case)]}],
    }])


@needs_promtool
def test_starts_runbook_links_with_configured_base(tmp_path):
    case, base = CASES[0], "https://wiki.example/peer-observer"
    expected = firing(case, base)
    check_rules(tmp_path, [{
        "interval": "1m", "input_series": input_series(case["series"]), "external_labels": {"peer_observer_docs": base},
        "alert_rule_test": [{"eval_time": f"{case['minute']}m", "alertname": case["alert"], "exp_alerts": [expected]}],
    }])


TARGET = 'instance="a:1",job="peer-observer-metrics"'
DAY = 1440


class Node:
    """The series of a healthy node, minute by minute: at(minute) -> {series: value}. A number a minute is a counter's rate."""

    COUNTERS = {  # a minute
        "peerobserver_conn_inbound": 2,
        'peerobserver_p2p_addr_addresses_sum{direction="inbound"}': 60,
        'peerobserver_p2p_addrv2_addresses_sum{direction="inbound"}': 300,
        'peerobserver_mempool_rejected{reason="other"}': 0,
        'peerobserver_mempool_rejected{reason="min relay fee not met"}': 20,
        'peerobserver_conn_misbehaving_reason{misbehavingmessage="other"}': 0,
        'peerobserver_conn_misbehaving_reason{misbehavingmessage="a"}': 0.01,
        'peerobserver_p2p_message_undecodable_total{message="other",direction="inbound"}': 0,
        'peerobserver_p2p_message_undecodable_total{message="addr",direction="inbound"}': 0.1,
        'peerobserver_p2p_message_processing_seconds_total{message="tx"}': 5,
        'peerobserver_addrman_attempts_total{table="new",result="inserted"}': 10,
        "peerobserver_orphans_added_total": 30,
        'peerobserver_events_lost_total{cause="ring_full"}': 0,
        'peerobserver_events_lost_total{cause="sequence_gap"}': 0,
        "peerobserver_unknown_events_total": 0,
        'peerobserver_label_values_folded_total{metric="m",label="l"}': 10,
        'peerobserver_event_latency_seconds_bucket{le="0.1"}': 5990,
        'peerobserver_event_latency_seconds_bucket{le="5"}': 6000,
        'peerobserver_event_latency_seconds_bucket{le="+Inf"}': 6000,
    }
    RPC = ("peerobserver_rpc_",)

    def __init__(self, minutes):
        self.minutes = minutes
        self.series = {}
        for name, rate in self.COUNTERS.items():
            self.put(name, [round(1000 * rate + rate * minute, 3) for minute in range(minutes)])
        self.put("peerobserver_node_restarts_total", [0] * minutes)
        self.put("peerobserver_conn_inbound_current", [100 + minute % 7 for minute in range(minutes)])
        self.put("peerobserver_conn_outbound_current", [10] * minutes)
        self.put('peerobserver_rpc_peer_info_connection_type_peers{connection_type="outbound-full-relay"}', [8] * minutes)
        self.put("peerobserver_rpc_peer_info_num_peers", [110] * minutes)
        self.put("peerobserver_rpc_uptime", [360000 + 60 * minute for minute in range(minutes)])
        self.put("peerobserver_rpc_blockchaininfo_blocks", [900000 + minute // 35 for minute in range(minutes)])
        self.put("peerobserver_validation_block_connected_latest_height", [900000 + minute // 35 for minute in range(minutes)])
        for publisher in ("tracepoints", "rpc"):
            self.put(f'peerobserver_publishers_up{{publisher="{publisher}"}}', [1] * minutes)
            self.put(f'peerobserver_last_event_age_seconds{{publisher="{publisher}"}}', [1] * minutes)
        self.put('peerobserver_publishers_up{publisher="unknown"}', [0] * minutes)
        for name, value in {
            "up": 1, 'peer_observer_build_info{service="metrics",version="1"}': 1, "peer_observer_bus_connected_sources": 2,
            "peer_observer_bus_configured_sources": 2, "peer_observer_bad_events_total": 0, "peer_observer_bus_bad_frames_total": 0,
            "peer_observer_bus_missed_events_total": 0, "peer_observer_archiver_failing_streams": 0,
            "peer_observer_bus_refused_connections_total": 0, 'peer_observer_rpc_extractor_errors_total{cause="refused"}': 0,
            'peer_observer_extractor_tracepoint_state{tracepoint="t",state="attached"}': 1,
            'peer_observer_extractor_tracepoint_state{tracepoint="t",state="failed"}': 0,
            "peer_observer_extractor_traced_processes": 1,
            'peer_observer_detector_open_anomalies{kind="fake_client",severity="info",node="alpha"}': 3,
            'peer_observer_detector_unlisted_anomalies{kind="sybil",severity="warning",node="alpha"}': 0,
            'peer_observer_detector_anomalies_total{kind="sybil",severity="critical"}': 7,
            "peer_observer_detector_refused_anomalies_total": 0,
        }.items():
            self.put(name, [value] * minutes)

    @staticmethod
    def full_name(name):
        labels = TARGET + (',host="alpha"' if name.startswith("peerobserver_") else "")
        return name[:-1] + f",{labels}}}" if name.endswith("}") else f"{name}{{{labels}}}"

    def put(self, name, values):
        self.series[self.full_name(name)] = values

    def change(self, name, begin, values):
        """From minute `begin` on; None is a scrape without this series."""
        self.series[self.full_name(name)][begin:begin + len(values)] = values

    def reset_counters(self, minute):
        """The process that counts was restarted."""
        for values in (self.series[self.full_name(name)] for name in self.COUNTERS):
            base = values[minute]
            values[minute:] = [round(value - base, 3) for value in values[minute:]]

    def stop_node(self, begin, minutes):
        """It stops, is away, and starts again: peers come back one by one."""
        for name in list(self.series):
            bare = name.split("{")[0]
            if bare.startswith("peerobserver_rpc_"):
                self.series[name][begin + 1:begin + minutes] = [None] * (minutes - 1)
        for name in self.COUNTERS:
            values = self.series[self.full_name(name)]
            paused = values[begin] - values[begin + minutes]
            values[begin:begin + minutes] = [values[begin]] * minutes
            values[begin + minutes:] = [round(value + paused, 3) for value in values[begin + minutes:]]
        self.change('peerobserver_last_event_age_seconds{publisher="tracepoints"}', begin, [60 * minute for minute in range(minutes)])
        self.change('peerobserver_last_event_age_seconds{publisher="rpc"}', begin, [60 * minute for minute in range(minutes)])
        self.change("peer_observer_extractor_traced_processes", begin, [0] * minutes)
        after = self.minutes - begin - minutes
        self.change("peerobserver_rpc_uptime", begin + minutes, [60 * minute for minute in range(after)])
        self.change("peerobserver_node_restarts_total", begin + minutes, [1] * after)
        self.change("peerobserver_conn_inbound_current", begin, [0] * minutes + [min(100, minute // 2) for minute in range(after)])
        self.change("peerobserver_conn_outbound_current", begin, [0] * minutes + [min(10, 3 * minute) for minute in range(after)])
        self.change('peerobserver_rpc_peer_info_connection_type_peers{connection_type="outbound-full-relay"}', begin + minutes,
                    [min(8, 3 * minute) or None for minute in range(after)])
        errors = [3 * minute for minute in range(minutes)]
        self.change('peer_observer_rpc_extractor_errors_total{cause="refused"}', begin, errors + [errors[-1]] * after)
        # A new process reads its old mempool and meets transactions without their parents.
        for name, burst in (("peerobserver_orphans_added_total", 1200), ('peerobserver_p2p_addrv2_addresses_sum{direction="inbound"}', 8000)):
            values = self.series[self.full_name(name)]
            extra = [burst * min(minute, 12) for minute in range(after)]
            values[begin + minutes:] = [value + more for value, more in zip(values[begin + minutes:], extra)]

    def input_series(self):
        return [{"series": name, "values": " ".join("_" if value is None else str(value) for value in values)} for name, values in self.series.items()]


def healthy_day():
    return Node(DAY)


def restart():
    node = Node(DAY)
    node.stop_node(600, 5)
    return node


def upgrade():
    """Node, extractors and peer-observer-metrics, one after the other."""
    node = Node(DAY)
    node.stop_node(600, 5)
    begin = 601
    node.change('peerobserver_publishers_up{publisher="tracepoints"}', begin, [0, 0, 0])
    node.change('peerobserver_publishers_up{publisher="unknown"}', begin, [1, 1, 1])
    node.change('peer_observer_build_info{service="metrics",version="1"}', 610, [None] * (DAY - 610))
    node.put('peer_observer_build_info{service="metrics",version="2"}', [None] * 612 + [1] * (DAY - 612))
    node.change("up", 610, [0, 0])
    for name in node.series:
        if name.startswith("peerobserver_"):
            node.series[name][610:612] = [None, None]
    node.change("peerobserver_validation_block_connected_latest_height", 610, [None] * 30)
    node.change("peerobserver_node_restarts_total", 612, [0] * (DAY - 612))
    node.reset_counters(612)
    return node


def first_scrape():
    """Prometheus begins to scrape a node that has long been counted."""
    node = Node(DAY)
    for name in node.series:
        node.series[name][:600] = [None] * 600
    node.put("other", [1] * DAY)
    return node


@needs_promtool
@pytest.mark.parametrize("day", [healthy_day, restart, upgrade, first_scrape])
def test_fires_no_alert_without_fault(tmp_path, day):
    # From hour 10 on: each minute in which something happens, later every twelve.
    minutes = [*range(599, 660), *range(660, DAY, 12)]
    if day is first_scrape:
        minutes = [minute for minute in minutes if minute >= 600]
    check_rules(tmp_path, [{
        "interval": "1m", "input_series": day().input_series(),
        "alert_rule_test": [{"eval_time": f"{minute}m", "alertname": alert, "exp_alerts": []} for minute in minutes for alert in ALERTS],
    }])


@needs_promtool
def test_raises_no_second_alert_for_critical_anomaly_that_ended(tmp_path):
    labels = f'kind="invalid_block",severity="critical",node="alpha",{TARGET}'
    series = {
        f'peer_observer_detector_anomaly_opened_timestamp_seconds{{{labels},subject="203.0.113.7"}}': "_x10 1760000000x5 stale",
        f"peer_observer_detector_open_anomalies{{{labels}}}": "_x10 1x5 stale",
        f'peer_observer_detector_anomalies_total{{kind="invalid_block",severity="critical",{TARGET}}}': "0x10 1x30",
    }
    check_rules(tmp_path, [{
        "interval": "1m", "input_series": input_series(series),
        "alert_rule_test": [{"eval_time": f"{minute}m", "alertname": "PeerObserverCriticalAnomaly", "exp_alerts": []} for minute in range(17, 30)],
    }])


def test_tests_every_alert():
    assert {case["alert"] for case in CASES} == set(ALERTS)


@pytest.mark.parametrize("name", ALERTS)
def test_explains_every_alert(name):
    rule = ALERTS[name]
    assert rule["labels"]["severity"] in ("info", "warning", "critical")
    annotations = rule["annotations"]
    assert annotations["summary"] and annotations["description"].endswith(".")
    assert annotations["runbook_url"].endswith(f"/alerts.md#{name.lower()}") and DEFAULT_DOCS in annotations["runbook_url"]
    assert re.search(rf"^## {name}$", EXPLANATIONS.read_text(), re.MULTILINE)


def test_explains_existing_alerts_only():
    assert set(re.findall(r"^## (\w+)$", EXPLANATIONS.read_text(), re.MULTILINE)) == set(ALERTS)
