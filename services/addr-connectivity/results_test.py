"""One address behind which each kind of host is, and what is said of it."""

import time

import pytest

import harness
from testing import servers
from testing.checking import check, checking

QUICK = ("--connect-timeout", "0.5", "--handshake-timeout", "0.5")


@pytest.fixture(scope="module")
def hosts():
    with servers.Servers() as running:
        yield running


@pytest.mark.parametrize(
    ("behaviour", "result", "reason"),
    [
        (servers.good, "OK", "a version message came"),
        (servers.byte_by_byte, "OK", "a version message came"),
        (servers.silent, "TIMEOUT", "no version message in time"),
        (servers.hangs_within_version, "TIMEOUT", "no version message in time"),
        (servers.closes, "CLOSED", ""),
        (servers.closes_after_greeting, "CLOSED", "the other end closed the connection"),
        (servers.closes_within_version, "CLOSED", ""),
        (servers.web, "NOT_BITCOIN", "no Bitcoin message"),
        (servers.says_little, "NOT_BITCOIN", "no Bitcoin message"),
        (servers.megabytes, "NOT_BITCOIN", "no Bitcoin message"),
        (servers.echo, "NOT_BITCOIN", "our own version message came back"),
        (servers.odd_type, "NOT_BITCOIN", "a message type with bytes behind its NUL"),
        (servers.huge_version, "NOT_BITCOIN", "a version message of 4000000 bytes"),
        (servers.main_network, "WRONG_NETWORK", "a message of the network main"),
        (servers.unknown_network, "WRONG_NETWORK", "a version message of an unknown network"),
    ],
)
def test_reports_host_that_accepts_connection(hosts, behaviour, result, reason):
    # The hosts that end in time have all the time they may need, also on a busy machine.
    options = QUICK if result == "TIMEOUT" or behaviour is servers.says_little else ()
    with checking(*options) as (feed, _, events):
        event = check(feed, events, "127.0.0.1", hosts.listen(behaviour))
    assert event["result"] == result
    assert reason in event["reason"]
    assert event["connect_duration_ns"] > 0
    assert (event.get("version_duration_ns", 0) > 0) == (result == "OK")
    assert event["duration_ns"] >= event["connect_duration_ns"]
    assert bool(event["first_bytes"]) == (result in ("NOT_BITCOIN", "WRONG_NETWORK"))
    assert event["through_proxy"] is False
    assert hosts.bytes_sent < 100 << 20


def test_reports_closed_port():
    with checking() as (feed, _, events):
        event = check(feed, events, "127.0.0.1", harness.free_port())
    assert event["result"] == "REFUSED"
    assert "refused" in event["reason"]
    assert "connect_duration_ns" not in event.fields


def test_reports_host_that_answers_no_syn(hosts):
    with checking(*QUICK) as (feed, _, events):
        event = check(feed, events, "127.0.0.1", hosts.deaf())
    assert event["result"] == "TIMEOUT"
    assert event["duration_ns"] >= 500_000_000
    assert "connect_duration_ns" not in event.fields


def test_reports_version_of_host_and_announcer(hosts):
    port = hosts.listen(servers.good)
    before = time.time()
    with checking() as (feed, _, events):
        event = check(feed, events, "127.0.0.1", port, peer_id=77, peer="127.200.0.9:1234")
    version = event["version"]
    assert version["user_agent"] == "/test:1.0/"
    assert version["version"] == 70016
    assert version["services"] == 1033
    assert version["start_height"] == 7
    assert "receiver" not in version, "the checker's own address"
    assert abs(event["time_offset_s"]) <= 2
    assert event["address"]["services"] == 9
    assert before <= event["started_ns"] / 1e9 <= event.time <= time.time()
    (announcement,) = event["announcements"]
    assert announcement == {"kind": "RELAY", "timestamp_ns": 1000, "node": "alpha", "peer_id": 77,
                            "peer_address": "127.200.0.9:1234", "connection_type": "inbound", "dns_seed": ""}
    assert event["announcement_count"] == 1


def test_sends_version_and_nothing_more(hosts):
    hosts.greetings.clear()
    hosts.afterwards.clear()
    port = hosts.listen(servers.good)
    with checking("--user-agent", "/anything/") as (feed, _, events):
        check(feed, events, "127.0.0.1", port)
        harness.wait_until(lambda: hosts.afterwards, "the end of the connection")
    (greeting,) = hosts.greetings
    assert hosts.afterwards == [b""]
    assert greeting[:16] == servers.MAGIC["regtest"] + b"version\0\0\0\0\0"
    assert greeting[24 + 20:24 + 72] == bytes(52)  # both addresses, with services and ports
    assert b"/anything/" in greeting


def test_checks_address_once_until_result_is_stale(hosts):
    port = hosts.listen(servers.good)
    with checking() as (feed, checker, events):
        check(feed, events, "127.0.0.1", port)
        for peer_id in range(5):
            feed.announce(("127.0.0.1", port), peer_id=peer_id)
        checker.wait_for_metrics(known_announcements_total=5)
        assert hosts.targets["127.0.0.1", port] == 1
        checker.wait_for_metrics(checks_total=1)


def test_reports_share_of_reachable_addresses_of_peer(hosts):
    port = hosts.listen(servers.good)
    with checking("--max-per-host", "100") as (feed, _, events):
        feed.announce(("127.0.0.1", port), ("127.0.0.1", harness.free_port()), ("127.0.0.1", 22), ("10.0.0.1", 8333), peer_id=5)
        events.wait_for("addr_connectivity.address_checked", count=2)
        feed.close_peer(5)
        share = events.wait_for("addr_connectivity.announcer_reachability", peer_id=5)
    assert share["last"] is True
    assert share["node"] == "alpha"
    assert (share["announcements"], share["addresses"], share["checked"], share["reachable"]) == (4, 4, 2, 1)
    assert sorted((entry["reason"], entry["count"]) for entry in share["not_checked"]) == [("NOT_ROUTABLE", 1), ("PORT_DENIED", 1)]


@pytest.mark.parametrize("chain", ["main", "test", "testnet4", "signet"])
def test_checks_each_chain(hosts, chain):
    async def of_chain(_, reader, writer):
        greeting = await servers.greet(reader)
        writer.write(servers.version(magic=greeting[:4]))
        await servers.until_closed(reader)
    allow = ("--chain", chain, "--allow-cidr", "127.0.0.0/8")
    with checking(allow=allow) as (feed, _, events):
        assert check(feed, events, "127.0.0.1", hosts.listen(of_chain))["result"] == "OK"


def test_checks_custom_signet(hosts):
    magic = servers.hashlib.sha256(servers.hashlib.sha256(b"\x01\x51").digest()).digest()[:4]
    async def custom(_, reader, writer):
        assert (await servers.greet(reader))[:4] == magic
        writer.write(servers.version(magic=magic))
        await servers.until_closed(reader)
    allow = ("--chain", "signet", "--signet-challenge", "51", "--allow-cidr", "127.0.0.0/8")
    with checking(allow=allow) as (feed, _, events):
        assert check(feed, events, "127.0.0.1", hosts.listen(custom))["result"] == "OK"
