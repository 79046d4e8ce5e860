"""Through SOCKS5 proxies: a real one, and ones of ours that fail at each step."""

import contextlib
import shutil
import socket
import struct
import subprocess

import pytest

import harness
from autonomous_systems import asmap_file
from testing import servers
from testing.checking import check, checking

ONION = "a" * 56 + ".onion"
I2P = "b" * 51 + "a.b32.i2p"  # the last digit has one bit
REGTEST = ("--chain", "regtest")


@pytest.fixture
def hosts():
    with servers.Servers() as running:
        yield running


class Proxy:
    """A SOCKS5 server. It notes what it is asked for, and connects to `target` whatever that is, or fails as it is told."""

    def __init__(self, hosts, target=None, reply=None, at=None):
        self.requests = []
        self.target, self.reply, self.at = target, reply, at
        self.address = f"127.0.0.1:{hosts.listen(self._serve)}"

    async def _fail(self, step, reader, writer):
        if self.at == f"hang at {step}":
            await servers.until_closed(reader)
            raise ConnectionError
        if self.at == f"close at {step}":
            raise ConnectionError
        if self.at == f"garbage at {step}":
            writer.write(b"HTTP/1.1 403 Forbidden\r\n\r\n")
            await servers.until_closed(reader)
            raise ConnectionError

    async def _serve(self, _, reader, writer):
        await self._fail("greeting", reader, writer)
        _, methods = await reader.readexactly(2)
        await reader.readexactly(methods)
        if self.at == "no method":
            writer.write(b"\x05\xff")
            return await servers.until_closed(reader)
        writer.write(b"\x05\x00")
        _, _, _, kind = await reader.readexactly(4)
        size = {1: 4, 4: 16}.get(kind) or (await reader.readexactly(1))[0]
        host = await reader.readexactly(size)
        (port,) = struct.unpack(">H", await reader.readexactly(2))
        self.requests.append((host.decode() if kind == 3 else socket.inet_ntop(socket.AF_INET if kind == 1 else socket.AF_INET6, host), port))
        await self._fail("request", reader, writer)
        if self.at == "half a reply":
            writer.write(b"\x05\x00\x00")
            return await servers.until_closed(reader)
        writer.write(bytes([5, self.reply or 0, 0, 1]) + bytes(6))
        if self.reply:
            return await servers.until_closed(reader)
        there, out = await servers.asyncio.open_connection("127.0.0.1", self.target)
        async def copy(source, sink):
            with contextlib.suppress(ConnectionError):
                while data := await source.read(4096):
                    sink.write(data)
                    await sink.drain()
            sink.close()
        await servers.asyncio.gather(copy(reader, out), copy(there, writer))


@pytest.mark.parametrize(
    ("option", "host", "port"),
    [("--onion-proxy", ONION, 8333), ("--i2p-proxy", I2P, 0), ("--proxy", "127.1.2.3", 18444), ("--proxy", "2001:db8::7", 8333)],
)
def test_gives_the_address_itself_to_the_proxy(hosts, option, host, port):
    proxy = Proxy(hosts, target=hosts.listen(servers.good))
    allow = (*REGTEST, "--allow-cidr", "127.0.0.0/8", "--allow-cidr", "2001:db8::/32", option, proxy.address)
    with checking(allow=allow) as (feed, _, events):
        event = check(feed, events, host, port)
    assert event["result"] == "OK"
    assert event["through_proxy"] is True
    assert event["version"]["user_agent"] == "/test:1.0/"
    assert proxy.requests == [(host, port)]


def test_limits_checks_of_autonomous_system_and_names_it(hosts, directory):
    """Each address is of another netgroup. Only the proxy hears of them."""
    proxy = Proxy(hosts, target=hosts.listen(servers.good))
    asmap = directory / "asmap.dat"
    asmap.write_bytes(asmap_file.encode({"11.0.0.0/8": 64500, "12.0.0.0/8": 64501}))
    options = ("--asmap", asmap, "--max-per-as", "3", "--max-per-second", "1000", "--limit-seconds", "60", "--report-seconds", "1")
    with checking(*options, allow=(*REGTEST, "--proxy", proxy.address)) as (feed, checker, events):
        feed.announce(*((f"11.{i}.0.1", 8333) for i in range(20)), peer_id=1, peer="12.200.0.1:5000")
        feed.announce(*((f"13.{i}.0.1", 8333) for i in range(5)), peer_id=2, peer="13.200.0.1:5000")
        checked = events.wait_for("addr_connectivity.address_checked", count=8)
        checker.wait_for_metrics(not_checked_total=17, in_flight=0)
        account = events.wait_for("addr_connectivity.announcer_reachability", where=lambda event: event["peer_id"] == 1)
    assert sorted(event.get("mapped_as", 0) for event in checked) == [0] * 5 + [64500] * 3
    assert account["mapped_as"] == 64501
    assert sum(host.startswith("11.") for host, _ in proxy.requests) == 3


def test_ignores_proxy_of_the_environment(hosts, monkeypatch):
    """NO_PROXY would else lead around the proxy, and tell the host who asks."""
    target = hosts.listen(servers.good, "0.0.0.0")
    proxy = Proxy(hosts, target=target)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "*")
    with checking("--proxy", proxy.address) as (feed, _, events):
        assert check(feed, events, "127.1.2.3", target)["result"] == "OK"
    assert proxy.requests == [("127.1.2.3", target)]
    assert ("127.1.2.3", target) not in hosts.targets

    for name in ("http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"socks5h://{proxy.address}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name)
    with checking() as (feed, _, events):
        assert check(feed, events, "127.1.2.3", target)["result"] == "OK"
    assert len(proxy.requests) == 1


@pytest.mark.parametrize(
    ("failure", "result"),
    [
        ({"at": "hang at greeting"}, "TIMEOUT"),
        ({"at": "hang at request"}, "TIMEOUT"),
        ({"at": "half a reply"}, "TIMEOUT"),
        ({"at": "close at greeting"}, "PROXY_ERROR"),
        ({"at": "close at request"}, "PROXY_ERROR"),
        ({"at": "garbage at greeting"}, "PROXY_ERROR"),
        ({"at": "garbage at request"}, "PROXY_ERROR"),
        ({"at": "no method"}, "PROXY_ERROR"),
        ({"reply": 1}, "PROXY_ERROR"),  # general failure
        ({"reply": 2}, "PROXY_ERROR"),  # not allowed
        ({"reply": 3}, "UNREACHABLE"),  # network
        ({"reply": 4}, "UNREACHABLE"),  # host
        ({"reply": 5}, "REFUSED"),
        ({"reply": 6}, "UNREACHABLE"),  # TTL expired
        ({"reply": 7}, "PROXY_ERROR"),  # command not supported
        ({"reply": 8}, "PROXY_ERROR"),  # kind of address not supported
        ({"reply": 99}, "PROXY_ERROR"),
        ({"reply": 0xEF}, "PROXY_ERROR"),
        ({"reply": 0xF8}, "PROXY_ERROR"),
    ],
)
def test_reports_failing_proxy(hosts, failure, result):
    proxy = Proxy(hosts, **failure)
    timeout = "1" if result == "TIMEOUT" else "30"
    with checking("--connect-timeout", timeout, allow=(*REGTEST, "--onion-proxy", proxy.address)) as (feed, _, events):
        event = check(feed, events, ONION, 8333)
    assert event["result"] == result, event["reason"]
    assert event["through_proxy"] is True
    assert "connect_duration_ns" not in event.fields


# Of Tor's SOCKS port with ExtendedErrors, and of Arti's; the words are Bitcoin Core's (netbase.cpp).
@pytest.mark.parametrize(
    ("reply", "result", "words"),
    [
        (0xF0, "UNREACHABLE", "onion service descriptor can not be found"),
        (0xF1, "UNREACHABLE", "onion service descriptor is invalid"),
        (0xF2, "UNREACHABLE", "onion service introduction failed"),
        (0xF3, "UNREACHABLE", "onion service rendezvous failed"),
        (0xF4, "UNREACHABLE", "onion service missing client authorization"),
        (0xF5, "UNREACHABLE", "onion service wrong client authorization"),
        (0xF6, "UNREACHABLE", "onion service invalid address"),
        (0xF7, "TIMEOUT", "onion service introduction timed out"),
    ],
)
def test_distinguishes_errors_of_onion_services(hosts, reply, result, words):
    with checking(allow=(*REGTEST, "--onion-proxy", Proxy(hosts, reply=reply).address)) as (feed, _, events):
        event = check(feed, events, ONION, 8333)
    assert (event["result"], event["reason"]) == (result, f"the proxy says: {words}")


def test_reports_that_no_proxy_listens(hosts):
    with checking(allow=(*REGTEST, "--onion-proxy", f"127.0.0.1:{harness.free_port()}")) as (feed, _, events):
        assert check(feed, events, ONION, 8333)["result"] == "PROXY_ERROR"


def test_checks_hosts_behind_proxy(hosts):
    with checking("--proxy", Proxy(hosts, target=hosts.listen(servers.web)).address) as (feed, _, events):
        assert check(feed, events, "127.1.2.3", 18444)["result"] == "NOT_BITCOIN"
    with checking("--proxy", Proxy(hosts, target=hosts.listen(servers.closes)).address) as (feed, _, events):
        assert check(feed, events, "127.1.2.3", 18444)["result"] == "CLOSED"


def test_checks_through_microsocks(hosts):
    binary = shutil.which("microsocks")
    if not binary:
        pytest.skip("no microsocks")
    port = harness.free_port()
    with harness.Program(binary, "-i", "127.0.0.1", "-p", str(port)):
        harness.wait_until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, "microsocks listens")
        with checking("--proxy", f"127.0.0.1:{port}", "--max-per-host", "10") as (feed, _, events):
            event = check(feed, events, "127.0.0.1", hosts.listen(servers.good))
            assert event["result"] == "OK"
            assert event["through_proxy"] is True
            assert check(feed, events, "127.0.0.1", hosts.listen(servers.web))["result"] == "NOT_BITCOIN"
            assert check(feed, events, "127.0.0.1", harness.free_port())["result"] == "REFUSED"


def test_reports_invalid_onion_address_named_by_real_tor(tmp_path):
    """In a network namespace that has nothing but its own loopback interface."""
    harness.require_root()
    binary = shutil.which("tor")
    if not binary:
        pytest.skip("no tor")
    port = harness.free_port()
    (tmp_path / "torrc").write_text("")
    script = f"""
        ip link set lo up
        {binary} --DataDirectory {tmp_path}/data --SocksPort '127.0.0.1:{port} ExtendedErrors' --defaults-torrc {tmp_path}/torrc -f {tmp_path}/torrc > {tmp_path}/log &
        trap "kill $!" EXIT
        until (echo > /dev/tcp/127.0.0.1/{port}) 2> /dev/null; do kill -0 $! || exit 3; done
        {harness.program("peer-observer-addr-connectivity")} --onion-proxy 127.0.0.1:{port} --probe {ONION}:8333"""
    done = subprocess.run(["unshare", "-n", "bash", "-c", script], capture_output=True, text=True, timeout=harness.TIMEOUT)
    assert done.returncode == 1, (tmp_path / "log").read_text()
    assert done.stdout.splitlines()[-1].endswith("UNREACHABLE: the proxy says: onion service invalid address")
