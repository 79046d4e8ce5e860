"""Limits, as the servers that are checked see them."""

import time

import pytest

import harness
from testing import servers
from testing.checking import check, checking

CHECKED = "addr_connectivity.address_checked"


@pytest.fixture
def hosts():
    with servers.Servers() as running:
        yield running


class Held:
    """A host that says nothing until it is released, and hangs up then: so it never counts a connection as open that the
    visitor has closed."""

    def __init__(self, hosts):
        self.hosts = hosts
        self.event = None

    async def __call__(self, *_):
        if self.event is None:
            self.event = servers.asyncio.Event()
        await self.event.wait()

    def release(self):
        harness.wait_until(lambda: self.event, "a connection")
        self.hosts.loop.call_soon_threadsafe(self.event.set)


def test_limits_concurrent_checks(hosts):
    held = Held(hosts)
    port = hosts.listen(held, "0.0.0.0")
    with checking("--max-in-flight", "20", "--max-per-second", "1000", "--limit-seconds", "60") as (feed, checker, events):
        feed.announce(*((f"127.{i}.0.1", port) for i in range(1, 101)))
        harness.wait_until(lambda: hosts.open["all"] == 20, "20 connections")
        checker.wait_for_metrics(queued=80)
        held.release()
        events.wait_for(CHECKED, count=100)
    assert hosts.most_open["all"] == 20
    assert hosts.connections() == 100


def test_limits_concurrent_checks_of_netgroup(hosts):
    held = Held(hosts)
    port = hosts.listen(held, "0.0.0.0")
    with checking("--max-in-flight-per-netgroup", "3", "--max-per-second", "1000", "--limit-seconds", "60") as (feed, _, events):
        feed.announce(*((f"127.{i % 4}.0.{1 + i}", port) for i in range(4, 44)))
        harness.wait_until(lambda: hosts.open["all"] == 12, "3 connections to each of 4 netgroups")
        held.release()
        events.wait_for(CHECKED, count=40)
    assert {netgroup: hosts.most_open[netgroup] for netgroup in ("127.0", "127.1", "127.2", "127.3")} == \
        {"127.0": 3, "127.1": 3, "127.2": 3, "127.3": 3}


def test_limits_concurrent_checks_of_host_to_one(hosts):
    held = Held(hosts)
    ports = [hosts.listen(held) for _ in range(5)]
    with checking("--max-per-host", "5") as (feed, checker, events):
        feed.announce(*(("127.0.0.1", port) for port in ports))
        harness.wait_until(lambda: hosts.open["all"] == 1 and checker.metric("queued") == 4, "one connection")
        held.release()
        events.wait_for(CHECKED, count=5)
    assert hosts.most_open["127.0.0.1"] == 1


def test_limits_checks_of_host(hosts):
    """Somebody announces all ports of a victim, as many peers."""
    ports = [hosts.listen(servers.closes) for _ in range(30)]
    with checking() as (feed, checker, events):
        for i, port in enumerate(ports):
            feed.announce(("127.0.0.1", port), peer_id=i, peer=f"127.200.0.{i}:5000")
        checker.wait_for_metrics(not_checked_total=26)
        assert len(events.wait_for(CHECKED, count=4)) == 4
        checker.wait_for_metrics(queued=0, in_flight=0)
    assert hosts.connections() == 4


def test_limits_checks_of_netgroup(hosts):
    port = hosts.listen(servers.closes, "0.0.0.0")
    with checking("--max-per-netgroup", "10", "--max-per-second", "1000", "--limit-seconds", "60") as (feed, checker, events):
        for netgroup in (1, 2):
            feed.announce(*((f"127.{netgroup}.{i}.1", port) for i in range(200)), peer_id=netgroup)
        checker.wait_for_metrics(not_checked_total=380)
        events.wait_for(CHECKED, count=20)
    assert hosts.connections() == 20
    assert sum(count for (host, _), count in hosts.targets.items() if host.startswith("127.1.")) == 10


def test_limits_addresses_of_announcer(hosts):
    """Somebody comes back with a new connection for each message."""
    port = hosts.listen(servers.closes, "0.0.0.0")
    with checking("--max-per-announcer", "10", "--max-per-second", "1000", "--limit-seconds", "60") as (feed, checker, events):
        for i in range(1, 51):
            feed.announce((f"127.{i}.0.1", port), peer_id=i, peer=f"127.200.0.1:{5000 + i}")
        feed.announce(("127.100.0.1", port), peer_id=99, peer="127.200.0.2:5000")
        checker.wait_for_metrics(not_checked_total=40)
        events.wait_for(CHECKED, count=11)
    assert hosts.connections() == 11


def test_limits_checks_per_second(hosts):
    port = hosts.listen(servers.closes, "0.0.0.0")
    start = time.monotonic()
    with checking("--max-per-second", "25") as (feed, _, events):
        feed.announce(*((f"127.{i}.0.1", port) for i in range(1, 101)))
        events.wait_for(CHECKED, count=100)
    # In a time t, at most 25 * (t + 1): nothing here depends on how fast the machine is.
    for number, when in enumerate(hosts.times, 1):
        assert number <= 25 * (when - start + 1)
    assert hosts.times[99] - start >= 3


def test_never_checks_special_addresses_and_ports(hosts):
    """Private addresses, ports of other services, ranges and networks of the operator's."""
    port = hosts.listen(servers.good, "0.0.0.0")
    denied = hosts.listen(servers.good, "0.0.0.0")
    allow = ("--chain", "regtest", "--allow-cidr", "127.1.0.0/16", "--deny-cidr", "127.1.2.0/24", "--deny-port", str(denied),
             "--only-network", "ipv4")
    with checking(allow=allow) as (feed, checker, events):
        refused = [("127.0.0.1", port), ("127.1.2.3", port), ("10.0.0.1", port), ("192.168.0.1", port), ("169.254.169.254", port),
                   ("127.1.0.1", denied), ("127.1.0.1", 22), ("127.1.0.1", 25), ("127.1.0.1", 53), ("127.1.0.1", 0),
                   ("::1", port), ("fe80::1", port), ("fd00::1", port), ("fc00::1", port), ("a" * 56 + ".onion", port)]
        feed.announce(*refused)
        assert check(feed, events, "127.1.0.1", port)["result"] == "OK"
        checker.wait_for_metrics(not_checked_total=len(refused), checks_total=1)
    assert hosts.targets == {("127.1.0.1", port): 1}


def test_checks_no_local_address_by_default(hosts):
    port = hosts.listen(servers.good)
    with checking(allow=()) as (feed, checker, _):
        feed.announce(("127.0.0.1", port), ("127.0.0.1", 8333), ("::1", 8333))
        checker.wait_for_metrics(not_checked_total=3, checks_total=0, queued=0)
    assert hosts.connections() == 0
