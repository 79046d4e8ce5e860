"""What a real Prometheus and Alertmanager send to a webhook: a day of alerts for a real node that is restarted, upgraded, starved
and stopped, and anomalies that are routed and silenced by their subject. Time is compressed: durations of the rules, and the
ages in them, are divided by SCALE; the 15 seconds after which peer-observer-metrics takes a publisher for dead are not."""

import contextlib
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import sys
import threading
import time
import urllib.request

import harness
import promql_files
import pytest
import yaml

ROOT = pathlib.Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("bitcoind", "pipeline")]
from node import Node, copy_binary, find_bitcoind, require_bitcoind  # noqa: E402
from sim_node import copy_sim_node, play  # noqa: E402

PROMETHEUS = shutil.which("prometheus")
ALERTMANAGER = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
pytestmark = pytest.mark.skipif(
    PROMETHEUS is None or ALERTMANAGER is None,
    reason="prometheus or alertmanager is missing: install Debian's packages prometheus and prometheus-alertmanager")
SCALE = 15
HEALTHY_S = 30
TIMEOUT = 180
DOCS = "https://wiki.example/peer-observer"
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
# A minute of the rules in seconds, where they compare ages.
AGES = {r"> 300\b": f"> {300 / SCALE}", r"< 3600\b": f"< {3600 / SCALE}", r"< 60\b": f"< {60 / SCALE}"}


def compress(text):
    def shorter(match):
        milliseconds = max(1000 * int(match[1]) * SECONDS[match[2]] // SCALE, 4000 if match[0].startswith("[") else 0)
        return match[0].replace(match[1] + match[2], f"{milliseconds}ms")
    text = re.sub(r"\[(\d+)([smhd])\]", shorter, text)
    for age, compressed in AGES.items():
        text = re.sub(age, compressed, text)
    return text


def compressed_rules():
    rules = promql_files.load_rules()
    for rule in rules:
        rule["expr"] = compress(rule["expr"])
        if "for" in rule:
            number, unit = re.fullmatch(r"(\d+)([smhd])", rule["for"]).groups()
            rule["for"] = f"{1000 * int(number) * SECONDS[unit] // SCALE}ms"
    return {"groups": [{"name": "all", "interval": "1s", "rules": rules}]}


@contextlib.contextmanager
def webhook():
    """The URL of a receiver, and the alerts that it got: (status, labels, annotations, path)."""
    received = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            for alert in json.loads(self.rfile.read(int(self.headers["Content-Length"])))["alerts"]:
                received.append((alert["status"], alert["labels"], alert["annotations"], self.path))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", received
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def traffic(node):
    """The node pings its peer twice a second, if it answers."""
    stop = threading.Event()

    def ping():
        while not stop.wait(0.5):
            with contextlib.suppress(Exception):
                node.rpc.ping()

    thread = threading.Thread(target=ping)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def documented_route():
    """That of docs/alerts.md."""
    return yaml.safe_load(re.search(r"^```yaml\n(route:\n.*?)^```", (ROOT / "docs/alerts.md").read_text(), re.MULTILINE | re.DOTALL)[1])["route"]


@contextlib.contextmanager
def monitoring(directory, job, address, webhook_url):
    """The address of an Alertmanager with the documented route: each receiver is a path of the webhook."""
    alertmanager, prometheus = (f"127.0.0.1:{harness.free_port()}" for _ in range(2))
    (directory / "rules.yml").write_text(yaml.safe_dump(compressed_rules()))
    (directory / "alertmanager.yml").write_text(yaml.safe_dump({
        "route": documented_route() | {"group_wait": "1s", "group_interval": "1s"},
        "receivers": [{"name": name, "webhook_configs": [{"url": f"{webhook_url}/{name}"}]} for name in ("page", "nobody")],
    }))
    (directory / "prometheus.yml").write_text(yaml.safe_dump({
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s", "external_labels": {"peer_observer_docs": DOCS}},
        "rule_files": [str(directory / "rules.yml")],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
        "scrape_configs": [{"job_name": job, "static_configs": [{"targets": [address]}]}],
    }))
    with harness.Program(ALERTMANAGER, f"--config.file={directory}/alertmanager.yml", f"--storage.path={directory}/alerts",
                         f"--web.listen-address={alertmanager}", "--cluster.listen-address="), \
            harness.Program(PROMETHEUS, f"--config.file={directory}/prometheus.yml", f"--storage.tsdb.path={directory}/data",
                            f"--web.listen-address={prometheus}") as running:
        running.wait_for_log("Server is ready", TIMEOUT)
        yield f"http://{alertmanager}/api/v2"


def post(url, value):
    request = urllib.request.Request(url, json.dumps(value).encode(), {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=TIMEOUT).close()


def get(url):
    with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
        return json.load(answer)


def test_routes_a_day_of_alerts():
    harness.require_root()
    require_bitcoind()
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(harness.temporary_directory())
        binary = copy_binary(directory)
        url = f"tcp://127.0.0.1:{harness.free_port()}"
        extractor = stack.enter_context(harness.Program(
            harness.program("peer-observer-extractor"), "--bitcoind", binary, "--listen", url, "--node", "core"))
        extractor.wait_for_log("tracepoints to")
        node = stack.enter_context(Node(directory / "core", binary))
        peer = stack.enter_context(Node(directory / "peer", find_bitcoind()))
        node.connect(peer)
        stack.enter_context(traffic(node))
        metrics = stack.enter_context(harness.Program(harness.program("peer-observer-metrics"), "--source", url, "--metrics-address=127.0.0.1:0"))
        address = re.search(r"http://([^/]+)", metrics.wait_for_log("metrics on"))[1]
        hook, received = stack.enter_context(webhook())
        stack.enter_context(monitoring(directory, "peer-observer-metrics", address, hook))

        def arrived(name, status):
            return next((alert for alert in received if alert[0] == status and alert[1]["alertname"] == name), None)

        def expect(name, status, **labels):
            _, got, annotations, path = harness.wait_until(lambda: arrived(name, status), f"{name} {status}; got {received}", TIMEOUT)
            assert got.items() >= {"host": "core", **labels}.items()
            assert annotations["runbook_url"] == f"{DOCS}/alerts.md#{name.lower()}"
            assert "core" in annotations["summary"] and path == "/page"

        def restart():
            node.stop()
            node.start()
            node.connect(peer)

        time.sleep(HEALTHY_S)  # no condition: that nothing comes is the point
        assert received == [], "a healthy node"
        restart()
        time.sleep(HEALTHY_S)
        assert received == [], "a restart"
        node.stop()
        shutil.copy2(find_bitcoind(), f"{binary}.new")
        os.replace(f"{binary}.new", binary)
        node.start()
        node.connect(peer)
        time.sleep(HEALTHY_S)
        assert received == [], "an upgrade"

        os.kill(node.pid, signal.SIGSTOP)  # starved: it gets no processor
        expect("PeerObserverNoEvents", "firing", severity="warning", publisher="tracepoints")
        os.kill(node.pid, signal.SIGCONT)
        expect("PeerObserverNoEvents", "resolved")

        extractor.end()
        expect("PeerObserverExtractorDown", "firing", severity="critical", publisher="tracepoints")
        assert {alert[1]["alertname"] for alert in received} <= {"PeerObserverNoEvents", "PeerObserverExtractorDown", "PeerObserverSourceDown"}


ATTACKER, SUBNET = "203.0.113.66", "203.0.113.0/24"  # of sim_node's attacks


def test_routes_and_silences_anomaly_by_its_subject():
    harness.require_root()
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(harness.temporary_directory())
        path = copy_sim_node(directory)
        (directory / "known-peers").write_text(f"mark {ATTACKER} KIT\n")
        extractor = stack.enter_context(harness.Extractor(path, directory))
        extractor.wait_for_log("tracepoints to")
        detector = stack.enter_context(harness.Program(
            harness.program("peer-observer-detector"), "--source", extractor.url, "--listen", f"ipc://{directory}/detector",
            "--known-peers", directory / "known-peers", "--metrics-address=127.0.0.1:0"))
        address = re.search(r"http://([^/]+)", detector.wait_for_log("metrics on"))[1]
        detector.wait_for_log("connected")
        hook, received = stack.enter_context(webhook())
        alertmanager = stack.enter_context(monitoring(directory, "peer-observer-detector", address, hook))

        def of(kind):
            return [alert for alert in received if alert[0] == "firing" and alert[1].get("kind") == kind]

        def expect(kind, path, **labels):
            _, got, annotations, arrived_at = harness.wait_until(lambda: of(kind), f"{kind}; got {received}", TIMEOUT)[0]
            assert got.items() >= {"host": "test", **labels}.items()
            assert annotations["summary"].endswith(f"{kind} at test: {labels['subject']}") and arrived_at == path

        play(path, "--attack", "ping_flood")
        expect("ping_flood", "/nobody", subject=ATTACKER, known_as="KIT")
        play(path, "--attack", "sybil")
        expect("sybil", "/page", subject=SUBNET)

        post(f"{alertmanager}/silences", {
            "matchers": [{"name": "subject", "value": SUBNET, "isRegex": False, "isEqual": True}],
            "startsAt": "2020-01-01T00:00:00Z", "endsAt": "2100-01-01T00:00:00Z", "createdBy": "operator", "comment": "customers of one host"})
        play(path, "--attack", "connection_churn")

        def suppressed():
            return [alert for alert in get(f"{alertmanager}/alerts") if alert["labels"].get("kind") == "connection_churn" and alert["status"]["state"] == "suppressed"]

        harness.wait_until(suppressed, "the alert is silenced", TIMEOUT)
        play(path, "--attack", "time_skew")
        expect("time_skew", "/page", subject="node test")
        assert of("connection_churn") == []
