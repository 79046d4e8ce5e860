"""The services of the fleet. Each can be ended at any moment and started again under the same addresses."""

import contextlib
import http.client
import os
import pathlib
import subprocess
import time

import harness
from ledger import Ledger

MOST_DESCRIPTORS = 2  # more than before
MOST_KIB = 48 * 1024 * harness.MEMORY_FACTOR  # by which a service may grow


def figures(address):
    """Each metric that is shown at HOST:PORT, summed over its labels. Nothing when nobody answers."""
    host, _, port = address.rpartition(":")
    try:
        with contextlib.closing(http.client.HTTPConnection(host, int(port), timeout=5)) as connection:
            connection.request("GET", "/metrics")
            answer = connection.getresponse()
            lines = answer.read().decode().splitlines()
    except (OSError, http.client.HTTPException):
        return None
    if answer.status != 200:  # it has just been started
        return None
    sums = {}
    for line in lines:
        if not line.startswith("#"):
            series, _, value = line.rpartition(" ")
            name = series.partition("{")[0]
            sums[name] = sums.get(name, 0) + float(value)
    return sums


def memory_kib(pid):
    with open(f"/proc/{pid}/status") as status:
        return int(next(line for line in status if line.startswith("VmRSS")).split()[1])


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def open_archive_files(pid):
    """An archiver has one a publisher, and keeps it for a minute after the publisher's last word."""
    def target(link):
        try:
            return os.readlink(link)
        except FileNotFoundError:
            return ""
    return sum(target(link).endswith(".poa.zst.open") for link in pathlib.Path(f"/proc/{pid}/fd").iterdir())


class Member:
    """`before` goes before the command: nsenter, for one that runs on the other host."""

    def __init__(self, name, program, *options, metrics, before=(), idle_connections=0):
        self.name = name
        self.metrics = metrics
        self.idle_connections = idle_connections  # how many it may keep for later, or close
        self.command = (*before, harness.program(program), *options, "--metrics-address", metrics)
        self.program = None
        self.least = {}  # figure: its least value at a settled moment, for what must not grow

    def __repr__(self):
        return self.name

    @property
    def pid(self):
        return self.program.pid

    def start(self, *before):
        self.program = harness.Program(*before, *self.command, stdout=self.stdout())
        self.program.name = self.name
        self.least = {}

    def stdout(self):
        return subprocess.DEVNULL

    def figure(self, name):
        """Nothing when the service does not answer or has no such figure."""
        return (figures(self.metrics) or {}).get(name)

    def runs(self):
        return self.program is not None and self.program.process.poll() is None

    def stop(self):
        assert self.program.stop(60) == 0, f"{self} ended with {self.program.process.returncode}"

    def kill(self):
        self.program.kill()

    def end(self):
        if self.program:
            self.program.end()

    def held(self):
        return descriptors(self.pid) - open_archive_files(self.pid)

    def check_what_it_holds(self):
        """At a settled moment: no more file descriptors and not much more memory than at the first of these moments."""
        assert self.runs(), f"{self} ended with {self.program.process.returncode}"
        first = self.least.setdefault("descriptors", self.held())
        most = first + MOST_DESCRIPTORS + self.idle_connections
        harness.wait_until(lambda: self.held() <= most, f"{self} closes its file descriptors, of which it held {first} before")
        self.least["descriptors"] = min(first, self.held())
        self.least.setdefault("kib", memory_kib(self.pid))
        assert memory_kib(self.pid) <= self.least["kib"] + MOST_KIB, f"{self} has grown by {memory_kib(self.pid) - self.least['kib']} KiB"
        children = pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        assert not children, f"{self} has children: {children}"


class Source(Member):
    """One that publishes."""

    def __init__(self, *words, url, **options):
        self.url = url
        super().__init__(*words, **options)

    def published(self):
        return self.figure("peer_observer_bus_published_events_total")


class Tool(Member):
    """One that subscribes. `base` is what its sources had published before its first event, once that is known: from then
    on received + missed = published - base, exactly, until it or a source is started again."""

    def __init__(self, name, program, *options, sources, **more):
        self.sources = sources
        self.base = None
        words = [word for source in sources for word in ("--source", source.url)]
        super().__init__(name, program, *words, *options, **more)

    def start(self, *before):
        super().start(*before)
        self.base = None

    def offered(self):
        counts = [source.published() for source in self.sources]
        return None if None in counts else sum(counts)

    def counts(self):
        """(received, missed, batches)"""
        page = figures(self.metrics) or {}
        counts = tuple(page.get(f"peer_observer_bus_{name}_total") for name in ("received_events", "missed_events", "received_batches"))
        return None if None in counts else counts

    def accounted_for(self):
        counts = self.counts()
        return None if counts is None else counts[0] + counts[1]

    def connected(self):
        return self.figure("peer_observer_bus_connected_sources") == len(self.sources)

    def settle(self):
        """While nothing is published: whether everything that was published has been received or is reported missed."""
        if self.base is None:
            self.base = self._find_base()
            return
        def balanced():
            published, accounted = self.offered(), self.accounted_for()
            return None not in (published, accounted) and published - self.base == accounted
        try:
            harness.wait_until(balanced, f"{self} accounts for everything")
        except AssertionError as error:
            raise AssertionError(f"{error}: published {self.offered()} from {self.base} on, (received, missed, batches) {self.counts()}") from None

    def _find_base(self):
        """When heartbeats come and nothing else, what was published has arrived."""
        last = None
        def quiet():
            nonlocal last
            now = (self.offered(), self.counts())
            if not self.connected() or now[0] is None or now[1] is None:
                last = None
            elif last is None or now[0] != last[0] or now[1][:2] != last[1][:2]:
                last = now
            elif now[1][2] >= last[1][2] + 2 * len(self.sources):
                return now
            time.sleep(0.05)
            return None
        published, (received, missed, _) = harness.wait_until(quiet, f"{self} is connected and hears heartbeats")
        return published - received - missed


class Logger(Tool):
    """Its output is read: the ledger knows which numbers came."""

    def stdout(self):
        return subprocess.PIPE

    def start(self, *before):
        super().start(*before)
        self.ledger = Ledger(self.program.process.stdout)

    def settle(self):
        super().settle()
        received, missed, _ = self.counts()
        harness.wait_until(lambda: self.ledger.error or self.ledger.received == received, "the logger has printed all")
        self.ledger.check()
        assert self.ledger.missing == missed, f"printed events lack {self.ledger.missing}, the logger counts {missed} missed"


class Relay(Tool, Source):
    """One that subscribes, and publishes what it makes of it."""
