"""nixos-modules/lib/ban_list.py against a real node."""

import os
import shutil
import subprocess
import sys

import pytest

from bitcoind.node import Node, copy_binary, require_bitcoind
from recipes import ROOT


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    require_bitcoind()
    directory = tmp_path_factory.mktemp("bans")
    with Node(directory / "node", copy_binary(directory)) as node:
        yield node


@pytest.fixture
def ban(node, tmp_path):
    """Runs it with the lines of a file. Returns what subprocess.run() does."""
    cli = shutil.which("bitcoin-cli", path=f"{os.path.dirname(require_bitcoind())}:{os.environ['PATH']}")

    def run(*lines):
        (tmp_path / "list").write_text("\n".join(lines))
        return subprocess.run([sys.executable, ROOT / "nixos-modules/lib/ban_list.py", tmp_path / "list", cli, "-regtest",
                               f"-datadir={node.directory}", f"-rpcport={node.rpc_port}"],
                              env={"STATE_DIRECTORY": str(tmp_path)}, capture_output=True, text=True, timeout=60)
    yield run
    node.rpc.clearbanned()


def banned(node):
    return {entry["address"] for entry in node.rpc.listbanned()}


def test_bans_networks_and_lifts_own_bans_only(node, ban):
    node.rpc.setban("198.51.100.7", "add")
    node.rpc.setban("203.0.113.0/24", "add")
    assert ban("# of an operator", "192.0.2.7 # one address", "2001:db8::/32", "203.0.113.0/24", "").returncode == 0
    assert banned(node) == {"192.0.2.7/32", "2001:db8::/32", "198.51.100.7/32", "203.0.113.0/24"}
    assert ban("2001:db8::/32").returncode == 0
    assert banned(node) == {"2001:db8::/32", "198.51.100.7/32", "203.0.113.0/24"}, "the others' bans stay"
    node.rpc.clearbanned()
    assert ban("2001:db8::/32").returncode == 0
    assert banned(node) == {"2001:db8::/32"}
    node.rpc.clearbanned()
    assert ban().returncode == 0, "it was lifted by somebody else"


def test_names_bad_line_and_changes_nothing(node, ban):
    done = ban("192.0.2.0/24", "example.org")
    assert done.returncode == 1 and ":2: " in done.stderr
    assert banned(node) == set()


def test_fails_where_node_does_not_answer(node, ban):
    node.rpc_port, right = 1, node.rpc_port
    try:
        assert ban("192.0.2.0/24").returncode == 1
    finally:
        node.rpc_port = right
    assert ban("192.0.2.0/24").returncode == 0
    assert banned(node) == {"192.0.2.0/24"}
