"""A real Prometheus scrapes the service while events come in, and answers every query of the dashboards and rules."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import urllib.parse
import urllib.request

import harness
import promql_files
import pytest
import yaml

from autonomous_systems import asmap_file

ROOT = pathlib.Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / "bitcoind"), str(ROOT / "tests" / "pipeline"), str(ROOT / "services" / "rpc-extractor")]
from node import Node, copy_binary, find_bitcoind  # noqa: E402
from rpc_extractor import METHODS, VICTIM, RpcExtractor  # noqa: E402
from rpc_server import Server, corpus  # noqa: E402
from sim_node import play  # noqa: E402

PROMETHEUS = shutil.which("prometheus")
PROMTOOL = shutil.which("promtool")
pytestmark = pytest.mark.skipif(
    PROMETHEUS is None or PROMTOOL is None,
    reason="prometheus or promtool is missing: install Debian's package prometheus",
)
TIMEOUT = 120
WINDOW = "30s"
LISTS = ("banlist_gmax", "banlist_monero", "linkinglion", "tor_exit")


def get(url):
    with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
        return answer.read().decode()


def query(url, expression):
    """The samples that an expression has now."""
    answer = json.loads(get(f"{url}/api/v1/query?" + urllib.parse.urlencode({"query": expression})))
    assert answer["status"] == "success", answer
    return answer["data"]["result"]


@pytest.fixture(scope="module")
def directory():
    with harness.temporary_directory() as path:
        yield path


def metrics_address(running):
    return re.search(r"http://([^/]+)", running.wait_for_log("metrics on"))[1]


def extractor(binary, name):
    """A running extractor for a program, and its URL."""
    url = f"tcp://127.0.0.1:{harness.free_port()}"
    command = [harness.program("peer-observer-extractor"), "--bitcoind", binary, "--listen", url, "--node", name, "--metrics-address", "127.0.0.1:0"]
    return harness.Program(*command), url


@pytest.fixture(scope="module")
def core(directory):
    """A traced bitcoind with a wallet and its peer; nothing where that cannot be. Its extractor's URL is `url`."""
    if os.geteuid() != 0 or not find_bitcoind():
        yield None
        return
    running, url = extractor(copy_binary(directory), "core")
    with running:
        running.wait_for_log("tracepoints to")
        permissions = "-whitelist=noban@127.0.0.1"  # it hears of transactions at once
        with Node(directory / "core", directory / "bitcoind", permissions) as node, \
                Node(directory / "peer", find_bitcoind(), permissions) as peer:
            node.url = url
            node.peer = peer
            yield node


@pytest.fixture(scope="module")
def targets():
    """What Prometheus scrapes: {service: address}."""
    return {}


@pytest.fixture(scope="module")
def sources(directory, core, targets):
    """(name of the node, URL of its publisher): made-up events and, for root, traced nodes: sim_node and bitcoind."""
    with contextlib.ExitStack() as stack:
        feed = harness.Program(harness.program("metrics_feed"), "tcp://127.0.0.1:0", "alpha", stdout=subprocess.PIPE)
        stack.enter_context(feed)
        found = {"alpha": feed.process.stdout.readline().decode().strip()}
        if os.geteuid() == 0:
            sim_node = shutil.copy2(harness.program("sim_node"), directory / "sim_node")
            running, found["sim"] = extractor(sim_node, "sim")
            stack.enter_context(running)
            targets["extractor"] = metrics_address(running)
            stack.enter_context(harness.Program(sim_node, "--rate", "2000"))
        if core:
            found["core"] = core.url
        yield found


@pytest.fixture(scope="module")
def service(directory, sources):
    """The running service and the URL of its page."""
    ip_list = directory / "list.txt"
    ip_list.write_text("198.51.100.0/24\n192.0.2.0/24\nno address\n")
    options = [f"--source={url}" for url in sources.values()] + [f"--ip-list={name}={ip_list}" for name in LISTS]
    asmap = directory / "asmap.dat"
    asmap.write_bytes(asmap_file.encode({"0.0.0.0/0": 64500}))
    options.append(f"--asmap={asmap}")
    with harness.Program(harness.program("peer-observer-metrics"), "--metrics-address=127.0.0.1:0", *options) as running:
        url = re.search(r"http://\S+", running.wait_for_log("metrics on"))[0]
        for source in sources.keys() - {"core"}:
            series = f'peerobserver_validation_block_connected_latest_height{{host="{source}"}}'
            harness.wait_until(lambda: series in get(url), f"a block of {source}", TIMEOUT)
        yield running, url


@pytest.fixture(scope="module")
def tools(directory, sources, targets):
    """The other services, with something to show."""
    words = [word for name in sources.keys() - {"core"} for word in ("--source", sources[name])]
    nobody = f"127.0.0.1:{harness.free_port()}"
    log = directory / "debug.log"
    log.touch()
    options = {
        "detector": (*words, "--listen", f"ipc://{directory}/detector", "--webhook", f"http://{nobody}/"),
        "archiver": (*words, "--directory", directory / "archive"),
        "addr-connectivity": (*words, "--listen", f"ipc://{directory}/checks", "--only-network", "onion", "--onion-proxy", nobody),
        "log-extractor": ("--debug-log", log, "--listen", f"ipc://{directory}/log"),
        "p2p-extractor": ("--connect", nobody, "--listen", f"ipc://{directory}/p2p"),
    }
    with contextlib.ExitStack() as stack:
        for name, own in options.items():
            running = stack.enter_context(harness.Program(
                harness.program(f"peer-observer-{name}"), *own, "--metrics-address", "127.0.0.1:0"))
            targets[name] = metrics_address(running)
        node = stack.enter_context(Server(directory))
        for method, answer in corpus().items():
            node.behaviour[method] = lambda request, answer=answer: request.send(request.answer(answer))
        node.behaviour["uptime"] = lambda request: request.close()  # an error
        node.behaviour[VICTIM] = lambda request: request.send(request.answer({"novel": 1}))
        targets["rpc-extractor"] = stack.enter_context(RpcExtractor(directory, node, methods=METHODS)).metrics
        if "sim" in sources:  # two anomalies
            for kind in ("ping_flood", "addr_flood"):
                play(directory / "sim_node", "--attack", kind)
        yield


@pytest.fixture(scope="module")
def prometheus(directory, service, tools, targets):
    """The URL of a Prometheus that has scraped the services for a while."""
    configuration = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(path) for path in promql_files.RULES],
        "scrape_configs": [
            {"job_name": name, "static_configs": [{"targets": [address]}]}
            for name, address in {"peer-observer": urllib.parse.urlparse(service[1]).netloc, **targets}.items()
        ],
    }
    (directory / "prometheus.yml").write_text(yaml.safe_dump(configuration))
    address = f"127.0.0.1:{harness.free_port()}"
    command = [PROMETHEUS, f"--config.file={directory}/prometheus.yml", f"--storage.tsdb.path={directory}/data"]
    with harness.Program(*command, f"--web.listen-address={address}") as running:
        running.wait_for_log("Server is ready", TIMEOUT)
        url = f"http://{address}"

        def scrapes():
            samples = query(url, "count_over_time(peerobserver_runtime_start_timestamp[5m])")
            return samples and float(samples[0]["value"][1])

        harness.wait_until(lambda: (scrapes() or 0) >= 10, "scrapes", TIMEOUT)
        yield url


# Their data come from an extractor and from an anomaly: without root there is neither.
NEED_ROOT = re.compile("peer_observer_extractor_|open_anomalies|unlisted_anomalies|anomaly_opened")


def test_gets_data_for_every_dashboard_query(prometheus):
    queries = [found for found in promql_files.dashboard_queries() if os.geteuid() == 0 or not NEED_ROOT.search(found[2])]
    missing = {}

    def all_have_data():
        missing.clear()
        for dashboard, panel, expression in queries:
            if not query(prometheus, promql_files.fill_in(expression, WINDOW)):
                missing[f"{dashboard}: {panel}"] = expression
        return not missing

    assert len(queries) > 200
    try:
        harness.wait_until(all_have_data, "data", TIMEOUT)
    except AssertionError:
        pass
    assert missing == {}


def test_evaluates_every_rule_without_error(prometheus):
    def rules():
        groups = json.loads(get(f"{prometheus}/api/v1/rules"))["data"]["groups"]
        found = [rule for group in groups for rule in group["rules"]]
        return found if all(rule["health"] != "unknown" for rule in found) else None

    found = harness.wait_until(rules, "the rules' first evaluation", TIMEOUT)
    assert len(found) == len(promql_files.load_rules())
    assert [rule for rule in found if rule["health"] != "ok"] == []


# It has some after a restart of the node, or with an rpc-extractor: rules_test.py.
WITHOUT_DATA_HERE = {"peerobserver:node_started:1h"}


def test_gets_data_for_every_recorded_series(prometheus):
    for rule in promql_files.load_rules():
        if "record" in rule and rule["record"] not in WITHOUT_DATA_HERE:
            harness.wait_until(lambda: query(prometheus, rule["record"]), rule["record"], TIMEOUT)


def test_raises_alert_on_losses(prometheus):
    alert = 'ALERTS{alertname="PeerObserverEventsLost",host="alpha",cause="ring_full",alertstate="firing"}'
    harness.wait_until(lambda: query(prometheus, alert), "the alert", TIMEOUT)


def test_counts_traced_session_without_loss(service, sources):
    if "sim" not in sources:
        pytest.skip("tracing needs root")
    page = get(service[1])
    assert 'peerobserver_publishers_up{host="sim",publisher="tracepoints"} 1\n' in page
    assert re.search(r'peerobserver_p2p_message_count\{.*host="sim",message="inv"\} [1-9]', page)
    assert re.search(r'peerobserver_addrman_attempts_total\{host="sim",.*\} [1-9]', page)
    for cause in ("ring_full", "too_big", "event_too_large", "unknown", "sequence_gap"):
        assert f'peerobserver_events_lost_total{{cause="{cause}",host="sim"}} 0\n' in page
    assert 'peerobserver_unparsable_events_total{host="sim"} 0\n' in page
    assert 'peerobserver_unknown_events_total{host="sim"} 0\n' in page


def test_shows_session_of_real_node(core, prometheus):
    if not core:
        pytest.skip("needs root, and bitcoind on PATH or in BITCOIND")
    wallet = core.create_wallet(blocks=105)
    core.peer.connect(core)
    for _ in range(3):
        wallet.sendtoaddress(wallet.getnewaddress(), 1)
    block_hash, = core.rpc.generatetoaddress(1, wallet.getnewaddress())
    harness.wait_until(lambda: core.peer.rpc.getbestblockhash() == block_hash, "the block at the peer")
    peer, = core.rpc.getpeerinfo()
    expected = {
        'peerobserver_validation_block_connected_latest_height{host="core"}': core.rpc.getblockcount(),
        'peerobserver_validation_block_connected_latest_transactions{host="core"}': core.rpc.getblock(block_hash)["nTx"],
        'peerobserver_conn_inbound_current{host="core"}': 1,
        'sum(peerobserver_mempool_added{host="core"})': 3,
        'sum(peerobserver_p2p_message_count{host="core",direction="inbound",message="verack"})': 1,
        f'sum(peerobserver_p2p_version_useragent{{host="core",useragent="{peer["subver"]}"}})': 1,
    }
    for expression, value in expected.items():
        def shows():
            samples = query(prometheus, expression)
            return samples and float(samples[0]["value"][1]) == value
        harness.wait_until(shows, f"{expression} = {value}", TIMEOUT)


def test_passes_promtool_check_of_new_metric_names(service):
    checked = subprocess.run(
        [PROMTOOL, "check", "metrics"], input=get(service[1]), capture_output=True, text=True, timeout=TIMEOUT
    )
    complaints = (checked.stdout + checked.stderr).splitlines()
    listing = [harness.program("peer-observer-metrics"), "--list-metrics"]
    table = subprocess.run(listing, check=True, capture_output=True, text=True).stdout
    names = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    fixed = set(names[: names.index("peerobserver_conn_inbound_listed_total")])
    assert any(line.startswith("peerobserver_p2p_message_count ") for line in complaints), "the check checks something"
    # The library that serves the page has metrics of its own.
    ours = [line for line in complaints if line.split(" ")[0] not in fixed and not line.startswith("exposer_")]
    assert ours == []


def test_reloads_ip_lists_on_sighup(directory, service):
    running, url = service
    ip_list = directory / "list.txt"
    assert 'peerobserver_ip_list_bad_lines{list="tor_exit"} 1\n' in get(url)
    running.wait_for_log(f"IP list tor_exit: {ip_list}:3: 'no address' is neither an IP address nor a network")
    ip_list.write_text("198.51.100.0/24\n192.0.2.0/24\n")
    running.signal(signal.SIGHUP)
    good = 'peerobserver_ip_list_bad_lines{list="tor_exit"} 0\n'
    harness.wait_until(lambda: good in get(url), "the new list")
    harness.wait_until(lambda: 'peerobserver_ip_list_reloads_total{result="success"} 1\n' in get(url), "the count")


def test_stops_on_sigterm(service):
    assert service[0].stop() == 0
