"""Every test of this folder opens pages in a browser, in a network of its own, which no packet can leave."""

import pathlib
import sys

import pytest

import harness
import private_network

for folder in ("pipeline", "bitcoind", "archive"):  # sim_node.py, node.py, rpc_node.py and archiving.py
    sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / folder))

from browser import Browser, require_browser  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def loopback_only():
    require_browser()
    harness.require_root()
    private_network.enter()


@pytest.fixture(scope="module")
def browser(loopback_only):
    with harness.temporary_directory() as directory, Browser(directory) as browser:
        yield browser


@pytest.fixture(autouse=True)
def quiet_console(request):
    """No test may leave an error in the browser's console."""
    yield
    if "browser" in request.fixturenames:
        browser = request.getfixturevalue("browser")
        assert browser.take_errors() == []
        assert browser.foreign_requests() == []
