"""What the tests of this folder begin with."""

import pytest

import clickhouse_server
import harness
from writing import rejections, write_archive


@pytest.fixture
def server(directory):
    with clickhouse_server.Server(directory / "server") as running:
        yield running


@pytest.fixture
def many(directory):
    events = 20_000
    write_archive(directory / "many.poa.zst", list(rejections(events)))
    return directory / "many.poa.zst", events


@pytest.fixture
def url():
    return f"tcp://127.0.0.1:{harness.free_port()}"
