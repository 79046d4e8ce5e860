"""Every field of every answer, and every metric made from them, against what bitcoin-cli prints at that moment."""

import re
import subprocess
import time
import urllib.request

import pytest

import harness
import rpc_expected
from rpc_node import ESTIMATES, METHODS, PARAMETERS, Cli, RpcExtractor, have_cli, rich_node

# What the message has beside the answer, where that is not an object with fields.
WRAPPED = {"uptime": "seconds", "getpeerinfo": "peers", "getorphantxs": "orphans", "getchaintips": "tips",
           "listbanned": "bans", "getaddrmaninfo": "networks"}


@pytest.fixture(scope="module")
def observed():
    """(bitcoin-cli, extractor, events)"""
    if not have_cli():
        pytest.skip("no bitcoind, or no bitcoin-cli")
    with rich_node() as (node, directory), RpcExtractor(node, directory) as extractor, harness.Events(extractor.url) as events:
        yield Cli(node), extractor, events


def leaves(value, path=()):
    """Every value that has no parts, by where it stands. An empty list or object counts as absent."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if parts is None:
        return {path: value}
    return {place: leaf for name, part in parts for place, leaf in leaves(part, (*path, name)).items()}


def check(event, before, after):
    """What stood still is equal; a number that moved is between. None when text moved: take new answers."""
    before, found, after = leaves(before), leaves(event), leaves(after)
    if before.keys() != after.keys():
        return None
    assert found.keys() == before.keys()
    for place, value in found.items():
        low, high = before[place], after[place]
        if isinstance(low, str) and low != high:
            return None
        assert type(value) is type(low) or {type(value), type(low)} == {int, float}, place
        assert value == low or low <= value <= high, (place, low, value, high)
    return len(found)


def compare(observed, method, parameters=(), **fields):
    """How many fields were compared."""
    cli, _, events = observed
    wrapped = WRAPPED.get(method)
    for _ in range(20):
        before = cli(method, *parameters)
        answered = time.time()
        # The first event from now on may be of a call before `before`.
        _, event = events.wait_for("rpc." + method, where=lambda event, since=answered: event.time >= since, count=2, **fields)
        after = cli(method, *parameters)
        found = {name: value for name, value in event.fields.items() if name not in fields}
        if wrapped:
            before, after = {wrapped: before}, {wrapped: after}
        if count := check(found, before, after):
            return count
    raise AssertionError(f"{method} never stood still")


@pytest.mark.parametrize("method", [method for method in METHODS if method != "estimatesmartfee"])
def test_publishes_answers_as_bitcoin_cli_prints_them(observed, method):
    least = {"getpeerinfo": 35, "getrawaddrman": 100 * 7, "getorphantxs": 2 * 7, "getchaintips": 8, "listbanned": 5, "uptime": 1}
    assert compare(observed, method, PARAMETERS.get(method, ())) >= least.get(method, 4)


@pytest.mark.parametrize(("target", "mode"), ESTIMATES)
def test_publishes_estimates_as_bitcoin_cli_prints_them(observed, target, mode):
    assert compare(observed, "estimatesmartfee", (target, mode), conf_target=target, estimate_mode=mode) >= 2


def test_knows_every_field_and_fails_no_call(observed):
    _, extractor, _ = observed
    assert extractor.errors() == set()
    assert "unknown_fields_total{" not in extractor.page()


# These follow the clock, which stands still for the node only.
MOVING = ("peerobserver_rpc_uptime", "peerobserver_rpc_getrawaddrman_entry_age_seconds")
# Of what this node does not have: an asmap, pruning, lists of addresses, inbound IPv4 peers from the internet, Core's cpu_load.
ABSENT = re.compile("_asn|prune_|list_peers_|connection_divserity|cpuload_")


def shown(address):
    """{(metric, labels without host): value} of every peerobserver_rpc_* series."""
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=harness.TIMEOUT) as answer:
        lines = answer.read().decode().splitlines()
    found = {}
    for line in lines:
        if match := re.fullmatch(r"(peerobserver_rpc_\w+){(.*)} (\S+)", line):
            pairs = dict(re.findall(r'(\w+)="([^"]*)"', match[2]))
            assert pairs.pop("host") == "test"
            found[match[1], tuple(sorted(pairs.items()))] = float(match[3])
    return found


def without_moving(series):
    return {place: value for place, value in series.items() if place[0] not in MOVING}


def known_metrics():
    program = harness.program("peer-observer-metrics")
    table = subprocess.run([program, "--list-metrics"], check=True, capture_output=True, text=True).stdout
    return set(re.findall(r"^\| `(peerobserver_rpc_\w+)`", table, re.MULTILINE))


def test_shows_metrics_as_bitcoin_cli_prints_them(observed):
    cli, extractor, _ = observed
    options = ("--source", extractor.url, "--metrics-address", "127.0.0.1:0")
    with harness.Program(harness.program("peer-observer-metrics"), *options) as metrics:
        address = re.search(r"http://([\d.:]+)/", metrics.wait_for_log("metrics on"))[1]
        def agree():
            expected = rpc_expected.series(cli, ESTIMATES)
            found = without_moving(shown(address))
            return found.keys() == expected.keys() and found == pytest.approx(expected, rel=1e-9, abs=1e-12)
        try:
            harness.wait_until(agree, "metrics are right")
        except AssertionError:
            assert without_moving(shown(address)) == pytest.approx(rpc_expected.series(cli, ESTIMATES), rel=1e-9, abs=1e-12)
            raise
        found = shown(address)
        uptime = ("peerobserver_rpc_uptime", ())
        assert found[uptime] <= cli("uptime")
        harness.wait_until(lambda: shown(address)[uptime] > found[uptime], "the node gets older")
        for table in rpc_expected.TABLES:
            ages = [found["peerobserver_rpc_getrawaddrman_entry_age_seconds", (("quantile", q), ("table", table))]
                    for q in ("0.1", "0.25", "0.5", "0.75", "0.9")]
            assert ages == sorted(ages) and 0 <= ages[0] and ages[-1] < 3600
        assert found["peerobserver_rpc_estimatesmartfee_feerate", (("mode", "economical"), ("target_block", "6"))] > 0
        names = {name for name, _ in found}
        assert {name for name in known_metrics() if not ABSENT.search(name)} == names
