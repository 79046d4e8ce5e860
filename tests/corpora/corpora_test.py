"""Bitcoin Core's benign functional tests raise no anomaly: a few of them, and with PEER_OBSERVER_LONG_TESTS=1 all of core_tests.py.

Needs root, and in BITCOIN_SOURCE a source tree of Bitcoin Core with a build.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import harness

HERE = Path(__file__).parent
sys.path[1:1] = [str(HERE), str(HERE.parent / "core_suite")]

import core_tests
from core_tree import CoreTree, NoTree

# Reorganisations, transactions that are replaced, blocks that the operator invalidates, peers that come and go.
FEW = ("mempool_reorg.py", "rpc_preciousblock.py", "wallet_txn_doublespend.py", "p2p_disconnect_ban.py")


def replay(*directories):
    return subprocess.run([sys.executable, "-B", HERE / "replay", *directories], capture_output=True, text=True)


@pytest.fixture(scope="module")
def corpus():
    harness.require_root()
    try:
        CoreTree.of_environment()
    except NoTree as error:
        pytest.skip(str(error))
    with harness.temporary_directory() as folder:
        counts = core_tests.record(folder, core_tests.TESTS if os.environ.get("PEER_OBSERVER_LONG_TESTS") else FEW)
        assert counts["status"] == 0, (folder / "report.txt").read_text()
        (folder / "counts.json").write_text(json.dumps({"corpus": "core", **counts}))
        yield folder


@pytest.mark.parametrize("option", [(), ("--spread",)])
def test_finds_nothing_in_functional_tests(corpus, option):
    done = replay(*option, corpus)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(next(line for line in done.stdout.splitlines() if line.startswith('{"corpus"')))
    assert result["events"] > 1000 and result["anomalies"] == 0


def test_fails_where_something_is_found(corpus):
    """With a threshold that every node is above which asks for headers."""
    done = replay("--option=--request_repeat.unneeded=0.5", corpus)
    assert done.returncode == 1 and "request_repeat" in done.stdout, done.stdout + done.stderr
