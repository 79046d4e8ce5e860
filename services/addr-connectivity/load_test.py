"""Many addresses at once: 20,000 of which each result is known, a flood of 1,000,000, and the end in the midst of it."""

import collections
import contextlib
import re
import sqlite3
import threading
import time

import pytest

import harness
from testing import servers
from testing.checking import ALLOW, Checker, Feed, checking

ADDRESSES = 20_000
IN_FLIGHT = 2_000
SUBNETS = 250
KINDS = ("OK", "REFUSED", "CLOSED", "NOT_BITCOIN", "WRONG_NETWORK", "TIMEOUT", "HELD")
FAST = ("--max-in-flight", str(IN_FLIGHT), "--max-per-second", "10000", "--limit-seconds", "60")


@pytest.fixture
def hosts():
    with servers.Servers() as running:
        yield running


def resident_kib(pid, figure="VmHWM"):
    with open(f"/proc/{pid}/status") as file:
        return int(re.search(rf"{figure}:\s+(\d+) kB", file.read()).group(1))


class Results:
    """The events of a checker, counted as they come."""

    def __init__(self):
        self.by_address = {}
        self.announcements = collections.Counter()
        self.peers = collections.Counter()
        self.last_accounts = {}

    def __call__(self, _, event):
        from proto import addr_connectivity_pb2

        if event.addr_connectivity.HasField("address_checked"):
            checked = event.addr_connectivity.address_checked
            key = (checked.address.address, checked.address.port)
            assert key not in self.by_address, f"{key} was checked twice"
            self.by_address[key] = addr_connectivity_pb2.AddressChecked.Result.Name(checked.result)
            self.peers[checked.announcements[0].peer_id] += 1
        elif event.addr_connectivity.HasField("announcer_reachability"):
            account = event.addr_connectivity.announcer_reachability
            if account.last:
                self.last_accounts[account.peer_id] = account


@contextlib.contextmanager
def checking_many(*options, allow=ALLOW, before=()):
    results = Results()
    with Feed() as feed, Checker(feed.url, *FAST, *options, allow=allow, before=before) as checker, \
            harness.Batches(checker.url, results) as batches:
        assert feed.connected.wait(harness.TIMEOUT)
        yield feed, checker, batches, results


def test_checks_twenty_thousand_addresses(hosts):
    release = []

    async def held(*_):
        """Until the test has seen that as many checks are in progress as are allowed."""
        if not release:
            release.append(servers.asyncio.Event())
        await release[0].wait()

    ports = {"OK": hosts.listen(servers.good, "0.0.0.0"), "REFUSED": harness.free_port(),
             "CLOSED": hosts.listen(servers.closes_after_greeting, "0.0.0.0"),
             "NOT_BITCOIN": hosts.listen(servers.web, "0.0.0.0"),
             "WRONG_NETWORK": hosts.listen(servers.main_network, "0.0.0.0"),
             "TIMEOUT": hosts.listen(servers.silent, "0.0.0.0", group="kept"),
             "HELD": hosts.listen(held, "0.0.0.0", group="kept")}
    expected = {}
    for i in range(ADDRESSES):
        # One in a hundred never answers, and no two of them in a netgroup; of the rest, one in five is held.
        turn = i // SUBNETS
        kind = "TIMEOUT" if turn == 1 and i % SUBNETS < 200 else "HELD" if turn % 5 == 0 else KINDS[turn % 5]
        expected[f"127.{i % SUBNETS}.{turn}.1", ports[kind]] = "CLOSED" if kind == "HELD" else kind
    addresses = list(expected)

    options = ("--handshake-timeout", "90", "--connect-timeout", "90")
    limit = IN_FLIGHT + 100
    with checking_many(*options, before=("prlimit", f"--nofile={limit}:{limit}")) as (feed, checker, batches, results):
        before = resident_kib(checker.pid)
        start = time.monotonic()
        for i in range(0, ADDRESSES, 1000):
            feed.announce(*addresses[i:i + 1000], peer_id=i, peer=f"127.200.0.{1 + i // 1000}:5000")
        # Those that end of themselves have ended when nothing but held and silent ones is in progress.
        harness.wait_until(lambda: hosts.open["kept"] == IN_FLIGHT, "2,000 checks at a time", 80)
        checker.wait_for_metrics(in_flight=IN_FLIGHT)
        assert len(list(_descriptors(checker.pid))) <= limit
        hosts.loop.call_soon_threadsafe(release[0].set)
        batches.wait_until(lambda: len(results.by_address) == ADDRESSES, "all results", 300)
        seconds = time.monotonic() - start
        after = resident_kib(checker.pid)
        threads = len(list(_threads_of_checks(checker.pid)))
        assert checker.stop() == 0

    assert hosts.most_open["kept"] == IN_FLIGHT
    wrong = {address: (result, expected[address]) for address, result in results.by_address.items() if result != expected[address]}
    assert wrong == {}
    reached = {address: count for address, count in hosts.targets.items()}
    assert reached == {address: 1 for address, result in expected.items() if result != "REFUSED"}
    print(f"{seconds:.1f} s; memory {before} KiB at first, {after} KiB at most; threads besides nng's {threads}")
    assert after - before < 200_000


def _descriptors(pid):
    from pathlib import Path
    return Path(f"/proc/{pid}/fd").iterdir()


def _threads_of_checks(pid):
    """Threads that are not those of nng, of the metrics endpoint or of the log."""
    from pathlib import Path
    for task in Path(f"/proc/{pid}/task").iterdir():
        name = (task / "comm").read_text().strip()
        if not name.startswith(("nng:", "civetweb", "peer-obs-sig")):
            yield name


def test_survives_flood_of_a_million_addresses(hosts):
    port = hosts.listen(servers.good, "0.0.0.0")
    nobody = harness.free_port()
    flood = 1_000_000
    options = ("--max-in-flight", "10", "--max-per-second", "50", "--max-per-announcer", "1000000", "--max-per-netgroup", "1000000",
               "--queue-size", "10000", "--limit-seconds", "600", "--max-in-flight-per-netgroup", "10")
    results = Results()
    with Feed() as feed, Checker(feed.url, *options) as checker, harness.Batches(checker.url, results) as batches:
        assert feed.connected.wait(harness.TIMEOUT)
        for i in range(0, flood, 1000):
            feed.announce(*((f"127.{1 + n // 65536}.{n // 256 % 256}.{n % 256}", nobody) for n in range(i, i + 1000)), peer_id=1)
            if i % 100_000 == 0:  # quiet peers in the midst of it
                peer = 100 + i // 100_000
                feed.announce((f"127.100.0.{peer}", port), peer_id=peer, peer=f"127.200.1.{peer}:5000")
        # They do not wait behind the flood.
        batches.wait_until(lambda: sum(results.peers[peer] for peer in range(100, 110)) == 10, "the quiet peers' results", 120)
        harness.wait_until(lambda: checker.metric("announcements_total") == flood + 10, "all announcements", 120)
        assert checker.metric("queued") <= 10_000
        done = len(results.by_address)
        dropped = checker.metric("not_checked_total")
        known = checker.metric("queued") + checker.metric("in_flight") + checker.metric("checks_total")
        memory = resident_kib(checker.pid)
        # Checks continue meanwhile: what was counted first may have been counted twice.
        assert 0 <= known + dropped - (flood + 10) <= len(results.by_address) - done + 100
        assert checker.stop() == 0
    assert all(results.by_address[f"127.100.0.{peer}", port] == "OK" for peer in range(100, 110))
    assert results.last_accounts[1].announcements == flood
    print(f"dropped {dropped:.0f}, memory {memory} KiB at most")
    assert memory < 300_000


def test_stops_under_full_load(hosts):
    quick = hosts.listen(servers.good, "0.0.0.0")
    silent = hosts.listen(servers.silent, "0.0.0.0", group="silent")
    with harness.temporary_directory() as folder:
        cache = folder / "results.sqlite"
        with checking_many("--cache-file", cache) as (feed, checker, batches, results):
            stop = threading.Event()

            def announce():
                with contextlib.suppress(OSError):
                    for i in range(10_000):
                        if stop.is_set():
                            return
                        feed.announce(*((f"127.{(n + 37 * i) % 250}.{i % 250}.{1 + n // 250}", silent if n % 3 else quick)
                                        for n in range(500)), peer_id=i, peer=f"127.200.{i // 250}.{1 + i % 250}:5000")
            flooding = threading.Thread(target=announce)
            flooding.start()
            harness.wait_until(lambda: hosts.open["silent"] > 0.9 * IN_FLIGHT, "full load", 60)
            begun = time.monotonic()
            assert checker.stop(timeout=20) == 0
            seconds = time.monotonic() - begun
            stop.set()
            flooding.join()
            with contextlib.closing(sqlite3.connect(cache)) as database:
                rows = dict(database.execute("SELECT address, result FROM result"))
            # What was found out is in the file, and was told to those who listen.
            batches.wait_until(lambda: results.last_accounts, "the last accounts")
            batches.wait_until(lambda: len(results.by_address) >= len(rows), "the results")
    assert rows
    assert {f"{host}:{port}" for host, port in results.by_address} == set(rows)
    print(f"ended after {seconds:.2f} s with {len(rows)} results")
