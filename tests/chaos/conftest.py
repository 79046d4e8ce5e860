"""Every test of this folder runs in a network of its own, which no packet can leave."""

import pathlib
import sys

import pytest

import harness
import network

for folder in ("pipeline", "archive", "bitcoind"):  # sim_node.py, archiving.py, node.py and rpc_node.py
    sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / folder))


@pytest.fixture(scope="session", autouse=True)
def private_network():
    harness.require_root()
    network.enter_private_network()


@pytest.fixture(autouse=True)
def little_quarantine(monkeypatch):
    harness.measure_memory(monkeypatch)
