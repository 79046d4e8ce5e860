"""Each attack once on a real node, which must show that it worked. With HOSTILE_PEERS_RESULTS=FILE, what it cost goes there as JSON lines."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

import harness
from bitcoind.node import Node, require_bitcoind

from .attack import Clock, cost
from .catalog import ATTACKS, CLASSES
from .peer import Peer

LONG = os.environ.get("PEER_OBSERVER_LONG_TESTS") == "1"


@pytest.fixture(autouse=True)
def bitcoind():
    return require_bitcoind()


def played(bitcoind, attack, before=lambda: None, **strength):
    with harness.temporary_directory() as directory, Node(directory / "node", bitcoind, *attack.options) as node:
        attack.prepare(node)
        before()
        with cost(node) as spent:
            figures = attack.play(node, **strength)
        harness.wait_until(lambda: node.rpc.getnetworkinfo()["connections"] == 0, "the node has let all peers go")
        node.stop()
    path = os.environ.get("HOSTILE_PEERS_RESULTS")
    if path:
        with pathlib.Path(path).open("a") as file:
            file.write(json.dumps({"name": attack.name, "class": attack.of_class, "figures": figures, "cost": spent}) + "\n")
    return figures, spent


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_causes_expected_events_of_node(bitcoind, name):
    figures, _ = played(bitcoind, ATTACKS[name])
    assert figures and all(figures.values())


@pytest.mark.parametrize("name", sorted(name for name, attack in ATTACKS.items() if "duration" in attack.parameters))
@pytest.mark.skipif(not LONG, reason="PEER_OBSERVER_LONG_TESTS is not 1")
def test_attacks_for_requested_time(bitcoind, name):
    _, spent = played(bitcoind, ATTACKS[name], duration=10)
    assert spent["seconds"] > 9


# What these do is to be connected, or to send what a handshake has.
SILENT = {"silent_connections", "silent_after_handshake", "handshakes_never_finished", "few_hosts_many_connections", "quiet_block_relay_peer",
          "repeated_handshakes", "pings_by_many", "v2_keys_and_gone", "handshakes_just_in_time"}
HANDSHAKE = {"version", "wtxidrelay", "sendaddrv2", "verack", "ping", "pong"}


@pytest.mark.parametrize("name", sorted(ATTACKS.keys() - SILENT))
@pytest.mark.skipif(not LONG, reason="PEER_OBSERVER_LONG_TESTS is not 1")
def test_fails_check_of_peers_that_only_shake_hands(bitcoind, monkeypatch, name):
    def mute():
        send, wait_until, until = Peer.send, harness.wait_until, Clock.until
        wait_for, wait_count = Peer.wait_for, Peer.wait_count
        monkeypatch.setattr(Peer, "send", lambda peer, kind, payload=b"": send(peer, kind, payload) if kind in HANDSHAKE else None)
        monkeypatch.setattr(Peer, "send_raw", lambda peer, data: None)
        monkeypatch.setattr(Peer, "wait_closed", lambda peer: wait_until(peer.closed.is_set, "closed", 1))
        monkeypatch.setattr(Peer, "wait_for", lambda peer, kind: wait_for(peer, kind, 30 if kind in HANDSHAKE else 1))
        monkeypatch.setattr(Peer, "wait_count", lambda peer, kind, count, timeout=0: wait_count(peer, kind, count, 30 if kind == "pong" else 1))
        monkeypatch.setattr(harness, "wait_until", lambda condition, what, timeout=0: wait_until(condition, what, 1))
        monkeypatch.setattr(Clock, "until", lambda clock, condition, what, step=1, most=0: until(clock, condition, what, step, 5 * step))
    with pytest.raises(AssertionError) as failure:
        played(bitcoind, ATTACKS[name], before=mute)
    assert f"/hostile_peers/{ATTACKS[name].of_class}" in "".join(str(entry.path) for entry in failure.traceback)


def test_evicts_newcomers_without_merits(bitcoind):
    with pytest.raises(AssertionError, match=r"\(\d, \d\)"):
        played(bitcoind, ATTACKS["protected_from_eviction"], merits=False)


def test_plays_attack_on_given_node(bitcoind):
    def run(*words):
        return subprocess.run([sys.executable, "-B", "-m", "hostile_peers", *words], capture_output=True, text=True)
    with harness.temporary_directory() as directory, Node(directory / "node", bitcoind) as node:
        where = ("--datadir", node.directory, "--port", str(node.port), "--rpc-port", str(node.rpc_port))
        answer = run("play", "unconnecting_headers", "duration=0.5", "rate=20", "--prepare", *where)
        assert answer.returncode == 0, answer.stderr
        assert json.loads(answer.stdout)["figures"]["headers"] == 10
        without_filters = run("play", "bloom_rescans", "--prepare", *where)
        assert without_filters.returncode == 1 and "-peerbloomfilters=1" in without_filters.stderr
        wrong = run("play", "unconnecting_headers", "speed=9", *where)
        assert wrong.returncode == 2 and "no parameter 'speed'" in wrong.stderr


def test_lists_every_attack():
    listing = subprocess.run([sys.executable, "-B", "-m", "hostile_peers", "list"], capture_output=True, text=True, check=True).stdout
    assert sorted(line.split()[1] for line in listing.splitlines()) == sorted(ATTACKS)


def test_has_three_attacks_per_class():
    of_class = {each: [attack for attack in ATTACKS.values() if attack.of_class == each] for each in CLASSES}
    assert min(map(len, of_class.values())) >= 3


def test_documents_every_attack():
    rows = [line.split("|")[2].strip(" `") for line in (pathlib.Path(__file__).parent / "README.md").read_text().splitlines()
            if line.startswith("| ") and line.count("|") >= 6 and "`" in line.split("|")[2]]
    assert sorted(rows) == sorted(ATTACKS)
