"""Starts programs for tests, waits for what they say, and ends them by their process ids whatever happens."""

import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import pytest

TIMEOUT = 30  # seconds; a deadline for things that take milliseconds on an idle machine

# Seconds by which events reach the tests too late: what does not wait for them fails at once, not once in a hundred runs.
EVENT_LAG = float(os.environ.get("EVENT_LAG", 0))

# How many bytes a program may take where it needs one: the thread sanitizer, for which ./test sets the variable, keeps several
# for each.
MEMORY_FACTOR = 10 if "TSAN_OPTIONS" in os.environ else 1


def measure_memory(monkeypatch):
    """For what a test starts: the address sanitizer keeps freed memory for a while, which is not what is measured."""
    monkeypatch.setenv("ASAN_OPTIONS", "quarantine_size_mb=1:thread_local_quarantine_size_kb=64")


def program(name):
    return pathlib.Path(os.environ["PEER_OBSERVER_BUILD"]) / "bin" / name


def libraries_of(*programs):
    """{name that the linker looks for: file}."""
    found = {}
    for path in programs:
        listing = subprocess.run(["ldd", path], capture_output=True, text=True).stdout
        found.update(re.findall(r"^\s*(\S+) => (/\S+)", listing, re.MULTILINE))
    return found


def copy_libraries(program, root):
    """Copies what a program loads, and the loader, to the same places below `root`."""
    listing = subprocess.run(["ldd", program], check=True, stdout=subprocess.PIPE, text=True).stdout
    for path in re.findall(r"(/\S+)", listing):
        copy = root / path[1:]
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)


def require_root():
    """Tracing needs root. A person without it gets a skipped test, CI a failed one."""
    if os.geteuid() == 0:
        return
    if os.environ.get("CI") == "true":
        pytest.fail("needs root")
    pytest.skip("needs root")


def free_port():
    """A port of 127.0.0.1 below those that the kernel gives to outgoing connections, so that none takes it meanwhile."""
    while True:
        port = random.SystemRandom().randrange(10000, 32000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_until(condition, what, timeout=TIMEOUT):
    """Calls `condition` until it returns something true, which is returned."""
    deadline = time.monotonic() + timeout
    while not (result := condition()):
        assert time.monotonic() < deadline, f"not within {timeout} s: {what}"
        time.sleep(0.02)
    return result


@contextlib.contextmanager
def temporary_directory():
    path = pathlib.Path(tempfile.mkdtemp(prefix="peer-observer-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


class Program:
    """A running program. Its stderr is kept for wait_for_log() and for the report of a failed test."""

    def __init__(self, *command, stdout=subprocess.DEVNULL):
        self.name = pathlib.Path(command[0]).name
        self.log = []
        self._new_line = threading.Condition()
        # The kernel ends it should this process die before it could.
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "--", *map(str, command)],
                                        stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE)
        self._log_reader = threading.Thread(target=self._read_log, daemon=True)
        self._log_reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    @property
    def pid(self):
        return self.process.pid

    def _read_log(self):
        for line in self.process.stderr:
            text = line.decode(errors="replace").rstrip("\n")
            print(f"[{self.name} {self.pid}] {text}", file=sys.stderr, flush=True)
            with self._new_line:
                self.log.append(text)
                self._new_line.notify_all()

    def wait_for_log(self, text, timeout=TIMEOUT, after=0):
        """The first line from line number `after` on that contains `text`."""
        def found():
            return next((line for line in self.log[after:] if text in line), None)
        with self._new_line:
            assert self._new_line.wait_for(lambda: found() or self.process.poll() is not None, timeout), \
                f"{self.name} did not log '{text}' within {timeout} s"
        if not found():
            self._log_reader.join(TIMEOUT)
        assert found(), f"{self.name} ended with status {self.process.poll()} and did not log '{text}'"
        return found()

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=TIMEOUT):
        """The exit status. The log is complete then."""
        status = self.process.wait(timeout)
        self._log_reader.join(timeout)
        return status

    def kill(self):
        self.signal(signal.SIGKILL)
        self.wait()

    def stop(self, timeout=TIMEOUT):
        """Ends it as an operator does, and returns the exit status."""
        self.signal(signal.SIGTERM)
        return self.wait(timeout)

    def end(self):
        if self.process.poll() is None:
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGTERM)
            try:
                self.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
        self._log_reader.join(TIMEOUT)


class Event:
    """One line of `peer-observer-logger --format json`. The fields of the event itself are items: event["txid"]."""

    def __init__(self, line):
        self.all = json.loads(line)
        self.kind = self.all["kind"]
        self.fields = self.all["event"]

    def __getitem__(self, name):
        return self.fields[name]

    def get(self, name, default=None):
        return self.fields.get(name, default)

    def __repr__(self):
        text = f"{self.kind} {self.fields}"
        return text if len(text) < 400 else text[:400] + "…"

    @property
    def pid(self):
        return self.all["pid"]

    @property
    def sequence(self):
        return self.all["sequence"]

    @property
    def time(self):
        return self.all["timestamp_ns"] / 1e9


class Events(Program):
    """A logger that prints JSON, and the events that it has printed so far."""

    def __init__(self, *urls, options=()):
        self.list = []
        self._new_event = threading.Condition()
        sources = [word for url in urls for word in ("--source", url)]
        super().__init__(program("peer-observer-logger"), "--format", "json", *sources, *options, stdout=subprocess.PIPE)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.wait_for_log("connected")

    def _read(self):
        for line in self.process.stdout:
            event = Event(line)
            time.sleep(min(EVENT_LAG, max(0, event.time + EVENT_LAG - time.time())))
            with self._new_event:
                self.list.append(event)
                self._new_event.notify_all()

    def mark(self):
        """A place in the stream: pass it as `after` to see only what comes later."""
        return len(self.list)

    def find(self, kind, after=0, where=None, **fields):
        """The events of a kind that have these values, among those that have come."""
        return [event for event in self.list[after:]
                if event.kind == kind and all(event.get(name) == value for name, value in fields.items())
                and (where is None or where(event))]

    def wait_for(self, kind, after=0, where=None, count=1, timeout=TIMEOUT, **fields):
        """The first such event; with `count`, the list of the first so many."""
        def enough():
            found = self.find(kind, after, where, **fields)
            return found[:count] if len(found) >= count else None
        with self._new_event:
            found = self._new_event.wait_for(enough, timeout)
        assert found, f"no {count} × {kind} {fields} within {timeout} s; of this kind: {self.find(kind, after)[-20:]}"
        return found if count > 1 else found[0]

    def end(self):
        super().end()
        self._reader.join(TIMEOUT)


class Batches(Program):
    """A logger that prints protobuf. Each event is handed to `on_event(sequence, event)` as it comes, and none is kept."""

    def __init__(self, url, on_event, options=()):
        self.error = None
        super().__init__(program("peer-observer-logger"), "--format", "protobuf", "--source", url, *options,
                         stdout=subprocess.PIPE)
        self._reader = threading.Thread(target=self._read, args=(on_event,), daemon=True)
        self._reader.start()
        self.wait_for_log("connected")

    def _read(self, on_event):
        from proto import event_pb2  # generated by the build
        try:
            while (size := self._read_varint()) is not None:
                batch = event_pb2.EventBatch.FromString(self.process.stdout.read(size))
                for index, event in enumerate(batch.events):
                    on_event(batch.first_sequence + index, event)
        except Exception as error:  # for the test, which runs in another thread
            self.error = error

    def _read_varint(self):
        value = shift = 0
        while byte := self.process.stdout.read(1):
            value |= (byte[0] & 0x7F) << shift
            if byte[0] < 0x80:
                return value
            shift += 7
        return None

    def wait_until(self, condition, what, timeout=120):
        wait_until(lambda: self.error or condition(), what, timeout)
        if self.error:
            raise self.error

    def end(self):
        super().end()
        self._reader.join(TIMEOUT)


def missing_events(events):
    """How many sequence numbers the streams leave out, one stream a publisher. Fails when one repeats or comes out of
    order, and when the logger's own lines about missed events say something else."""
    missing, told, last = 0, 0, {}
    for event in events:
        if event.kind == "missed":
            told += event["count"]
            continue
        publisher = event.all["publisher"]
        if publisher in last:
            assert event.sequence > last[publisher], f"{event} out of order"
            missing += event.sequence - last[publisher] - 1
        last[publisher] = event.sequence
    assert missing == told
    return missing


def metrics_text(address):
    """What a service's endpoint shows."""
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=TIMEOUT) as answer:
        return answer.read().decode()


def values_of_metric(text, name):
    """One for each combination of its labels."""
    return [float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith((name + " ", name + "{"))]


def metric(address, name):
    """The sum of a metric over its labels, as a service's endpoint shows it."""
    values = values_of_metric(metrics_text(address), name)
    assert values, f"no metric {name}"
    return sum(values)


def wait_for_metric(address, name, value):
    """A service may show a figure a moment after it has logged what the figure counts."""
    return wait_until(lambda: metric(address, name) == value, f"{name} is {value}")


class Extractor(Program):
    """The extractor for the program at `path`, publishing on a socket in `directory`."""

    def __init__(self, path, directory, *options, socket_name="bus"):
        require_root()
        self.url = f"ipc://{directory}/{socket_name}"
        super().__init__(program("peer-observer-extractor"), "--bitcoind", path, "--listen", self.url, "--node", "test", *options)
