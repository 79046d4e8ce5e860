"""Every test of this folder runs in a network of its own, which no packet can leave."""

import pathlib
import sys

import pytest

import harness
import private_network

for folder in ("pipeline", "archive", "bitcoind"):  # sim_node.py, archiving.py, node.py and rpc_node.py
    sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / folder))


@pytest.fixture(scope="session", autouse=True)
def loopback_only():
    harness.require_root()
    private_network.enter()


@pytest.fixture(autouse=True)
def little_quarantine(monkeypatch):
    harness.measure_memory(monkeypatch)
