"""Connections that the server closes between two calls: the next call opens another one, and nothing is counted as an error."""

import socket
import struct

import harness
import pytest
from rpc_extractor import ERRORS, RpcExtractor
from rpc_server import Server

CALLS = 20


@pytest.fixture
def server(directory):
    with Server(directory) as server:
        yield server


def close_after_the_answer(request):
    """As btcd does, without saying so."""
    request.succeed()
    request.close()


def reset_after_the_answer(request):
    request.succeed()
    request.handler.wfile.flush()
    request.handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.close()


def close_at_the_second_request(request):
    """The connection was idle for too long just when the next request came: it is read, and not answered."""
    if getattr(request.handler, "has_answered", False):
        return request.close()
    request.handler.has_answered = True
    request.succeed()


def reset_at_the_second_request(request):
    if getattr(request.handler, "has_answered", False):
        request.handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    close_at_the_second_request(request)


@pytest.mark.parametrize("behaviour", [
    close_after_the_answer, reset_after_the_answer, close_at_the_second_request, reset_at_the_second_request])
def test_tolerates_server_that_closes_idle_connections(directory, server, behaviour):
    server.behaviour["uptime"] = behaviour
    with RpcExtractor(directory, server, methods=("uptime",)) as extractor, harness.Events(extractor.url) as events:
        events.wait_for("rpc.uptime", count=CALLS)
        assert ERRORS + "{" not in extractor.page()
        assert not any("warning" in line for line in extractor.log)
        assert len(server.requests("uptime")) >= CALLS


def test_stops_asking_server_that_closes_every_connection(directory, server):
    server.behaviour["uptime"] = lambda request: request.close()
    with RpcExtractor(directory, server, methods=("uptime",)) as extractor:
        extractor.wait_for_errors("disconnected", CALLS, method="uptime")
        assert len(server.requests("uptime")) <= 3 * (extractor.errors("disconnected", "uptime") + 1)
