"""The rpc-extractor while its node starts, restarts, is gone, and forbids."""

import base64
import contextlib
import hashlib
import hmac
import os
import pathlib
import re
import subprocess

import pytest

import harness
from node import Node, find_bitcoind, require_bitcoind
from rpc_node import METHODS, RpcExtractor

HOW_TO = pathlib.Path(__file__).parents[2] / "docs/how-to/let-the-rpc-extractor-in.md"
PASSWORD = "correct horse"


@pytest.fixture(autouse=True)
def bitcoind():
    return require_bitcoind()


def wait_for_all(events, methods=METHODS):
    mark = events.mark()
    for method in methods:
        events.wait_for("rpc." + method, after=mark)


def test_queries_restarted_node_with_new_cookie(directory):
    with Node(directory / "node", find_bitcoind()) as node:
        cookie = node.directory / "regtest" / ".cookie"
        with RpcExtractor(node, directory) as extractor, harness.Events(extractor.url) as events:
            wait_for_all(events)
            first = cookie.read_text()
            for _ in range(2):
                node.stop()
                harness.wait_until(lambda: {cause for cause, _ in extractor.errors()} & {"credentials", "unreachable"}, "the node is missed")
                node.start()
                assert cookie.read_text() != first
                wait_for_all(events)
            assert sum(" warning node: " in line for line in extractor.log) <= 4, "a line a cause and minute"
            assert {cause for cause, _ in extractor.errors()} <= {"credentials", "unreachable", "disconnected", "shutting_down", "warming_up", "unauthorized"}


def test_waits_for_node_that_warms_up(directory):
    node = Node(directory / "node", find_bitcoind())
    estimates = node.directory / "regtest" / "fee_estimates.dat"
    estimates.parent.mkdir()
    os.mkfifo(estimates)  # which the node reads before it is warm: it waits for us
    with contextlib.ExitStack() as stack, RpcExtractor(node, directory) as extractor, harness.Events(extractor.url) as events:
        node.launch()
        stack.callback(node.program.end)
        harness.wait_until(lambda: {method for cause, method in extractor.errors() if cause == "warming_up"} == set(METHODS),
                           "every method is told that the node warms up")
        assert events.list == []
        assert sum("warming_up" in line for line in extractor.log) == 1
        with open(estimates, "wb"):
            pass
        harness.wait_until(node.answers, "the node is warm")
        estimates.unlink()  # which the node writes when it ends
        wait_for_all(events)
        extractor.wait_for_log("the node responds")


def rpcauth(user):
    """The value of -rpcauth, as Core's share/rpcauth/rpcauth.py makes it."""
    salt = "00112233445566778899aabbccddeeff"
    return f"{user}:{salt}${hmac.new(salt.encode(), PASSWORD.encode(), hashlib.sha256).hexdigest()}"


def observer(directory):
    (directory / "password").write_text(PASSWORD + "\n")
    return "--rpc-user", "observer", "--rpc-password-file", directory / "password"


def documented_whitelist():
    return re.search(r"^rpcwhitelist=(observer:\S+)$", HOW_TO.read_text(), re.MULTILINE)[1]


def test_needs_only_documented_rights(directory):
    listed = subprocess.run([harness.program("peer-observer-rpc-extractor"), "--list-methods"], check=True, capture_output=True, text=True)
    assert f"rpcwhitelist={documented_whitelist().replace('observer', 'USER')}\n" in listed.stdout
    rights = (f"-rpcauth={rpcauth('observer')}", f"-rpcwhitelist={documented_whitelist()}", "-rpcwhitelistdefault=0")
    with Node(directory / "node", find_bitcoind(), *rights) as node, \
            RpcExtractor(node, directory, credentials=observer(directory)) as extractor, \
            harness.Events(extractor.url) as events:
        wait_for_all(events)
        assert extractor.errors() == set()


def test_skips_forbidden_method_until_node_restarts(directory):
    short = documented_whitelist().replace(",getrawaddrman", "")
    with Node(directory / "node", find_bitcoind(), f"-rpcauth={rpcauth('observer')}", "-rpcwhitelistdefault=0") as node:
        node.stop()
        node.start(f"-rpcwhitelist={short}")
        with RpcExtractor(node, directory, credentials=observer(directory)) as extractor, harness.Events(extractor.url) as events:
            extractor.wait_for_log("getrawaddrman: forbidden")
            wait_for_all(events, METHODS[:-1])
            wait_for_all(events, METHODS[:-1])
            assert extractor.errors() == {("forbidden", "getrawaddrman")}
            assert 'errors_total{cause="forbidden",method="getrawaddrman"} 1\n' in extractor.page()
            assert events.find("rpc.getrawaddrman") == []
            node.stop()
            node.start(f"-rpcwhitelist={documented_whitelist()}")
            wait_for_all(events)
            assert sum("forbidden" in line for line in extractor.log) == 1


def test_names_wrong_password(directory):
    with Node(directory / "node", find_bitcoind()) as node:
        (directory / "cookie").write_text("__cookie__:" + base64.b64encode(os.urandom(8)).decode())
        with RpcExtractor(node, directory, credentials=("--cookie-file", directory / "cookie")) as extractor:
            extractor.wait_for_log("node: unauthorized")


def test_queries_node_over_unix_socket(directory):
    options = subprocess.run([find_bitcoind(), "-help"], check=True, capture_output=True, text=True).stdout
    if not re.search(r"-rpcbind=[^\n]*unix", options):
        pytest.skip("this bitcoind serves HTTP RPC over TCP only; hostile_server_test.py has a UNIX socket")
    path = directory / "rpc.sock"
    with Node(directory / "node", find_bitcoind(), f"-rpcbind=unix:{path}") as node, \
            RpcExtractor(node, directory, "--rpc-address", f"unix:{path}") as extractor, \
            harness.Events(extractor.url) as events:
        wait_for_all(events)


def test_warnings_as_one_text_are_none_or_one(directory):
    """-deprecatedrpc=warnings: a text in the place of a list (GetWarningsForRpc in Core's node/warnings.cpp)."""
    with Node(directory / "node", find_bitcoind(), "-deprecatedrpc=warnings") as node, \
            RpcExtractor(node, directory) as extractor, harness.Events(extractor.url) as events:
        for method in ("getnetworkinfo", "getblockchaininfo"):
            text = getattr(node.rpc, method)()["warnings"]
            assert isinstance(text, str), "the node has the option"
            event = events.wait_for("rpc." + method)
            assert event.get("warnings", []) == ([text] if text else [])
        wait_for_all(events)
        assert extractor.errors() == set()
        assert "unknown_fields_total{" not in extractor.page()


def test_connections_that_the_node_closes_while_they_are_idle_are_no_error(directory):
    """One call at a time, about when the node's -rpcservertimeout is over: it counts in whole seconds, and more than one must be."""
    others = [word for method in METHODS if method != "uptime" for word in ("--disable", method)]
    with Node(directory / "node", find_bitcoind(), "-rpcservertimeout=1", "-debug=http") as node, \
            RpcExtractor(node, directory, *others, interval=2) as extractor, harness.Events(extractor.url) as events:
        log = node.directory / "regtest" / "debug.log"
        harness.wait_until(lambda: log.read_text().count("HTTP client idle timeout") >= 4, "connections that the node closes", 60)
        events.wait_for("rpc.uptime", after=events.mark())
        assert extractor.errors() == set()
