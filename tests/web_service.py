"""peer-observer-web as tests run it: on a port of its own, asked as a browser asks."""

import contextlib
import dataclasses
import http.client
import json
import time

import harness


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict
    body: bytes


class Feed:
    """A stream of server-sent events."""

    def __init__(self, address, parameters):
        self.connection = http.client.HTTPConnection(*address, timeout=harness.TIMEOUT)
        self.connection.request("GET", f"/api/v1/feed?{parameters}")
        self.response = self.connection.getresponse()
        assert self.response.status == 200, self.response.read()

    def next(self, kind):
        """The data of the next event of this kind."""
        name = None
        deadline = time.monotonic() + harness.TIMEOUT  # samples come all the time
        while True:
            assert time.monotonic() < deadline, f"no {kind} within {harness.TIMEOUT} s"
            line = self.response.readline().decode()
            assert line, "the stream has ended"
            if line.startswith("event: "):
                name = line[len("event: "):].strip()
            if line.startswith("data: ") and name == kind:
                return json.loads(line[len("data: "):])


class Web(harness.Program):
    def __init__(self, *sources_and_options, wait=True):
        command = [harness.program("peer-observer-web")]
        for word in sources_and_options:
            command += ["--source", word] if str(word).startswith(("tcp://", "ipc://")) else [word]
        if "--http-address" not in command:
            command += ["--http-address", "127.0.0.1:0"]
        super().__init__(*command)
        self.address = None
        if wait:
            line = self.wait_for_log("serving on http://")
            host, port = line.rpartition("http://")[2].rstrip("/").split(":")
            self.address = (host, int(port))

    def request(self, target, method="GET", headers=None):
        connection = http.client.HTTPConnection(*self.address, timeout=harness.TIMEOUT)
        with contextlib.closing(connection):
            connection.putrequest(method, target, skip_host="Host" in (headers or {}))
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            connection.endheaders()
            response = connection.getresponse()
            return Answer(response.status, dict(response.headers), response.read())

    def get(self, path):
        answer = self.request(f"/api/v1/{path}")
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def get_now(self, path):
        """As get(), whose answer may be one that another request got up to a second before."""
        asked_ns = time.time_ns()
        return harness.wait_until(lambda: (answer := self.get(path))["time_ns"] >= asked_ns and answer, f"an answer of now to {path}")

    @contextlib.contextmanager
    def feed(self, parameters=""):
        feed = Feed(self.address, parameters)
        with contextlib.closing(feed.connection):
            yield feed
