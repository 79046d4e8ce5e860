"""Bitcoin Core's own functional tests under the extractor: the short list, and with PEER_OBSERVER_LONG_TESTS=1 the long one.

Needs root, and in BITCOIN_SOURCE a source tree of Bitcoin Core with a build.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import harness

HERE = Path(__file__).parent
sys.path.insert(1, str(HERE))

from core_tree import CoreTree, NoTree


def test_matches_events_with_logs_of_core_tests():
    harness.require_root()
    try:
        CoreTree.of_environment()
    except NoTree as error:
        pytest.skip(str(error))
    options = ["--all"] if os.environ.get("PEER_OBSERVER_LONG_TESTS") else []
    assert subprocess.run([sys.executable, "-B", HERE / "run", *options], stdin=subprocess.DEVNULL).returncode == 0
