"""What outlives the process, and what happens where it cannot."""

import os
import subprocess

import pytest

import harness
from testing import servers
from testing.checking import ALLOW, Feed, check, checking


@pytest.fixture
def hosts():
    with servers.Servers() as running:
        yield running


@pytest.fixture
def folder():
    with harness.temporary_directory() as path:
        yield path


def test_keeps_results_and_limits_across_restarts(hosts, folder):
    ports = [hosts.listen(servers.good) for _ in range(2)]
    options = ("--cache-file", str(folder / "results.sqlite"), "--max-per-host", "1")
    with checking(*options) as (feed, checker, events):
        assert check(feed, events, "127.0.0.1", ports[0])["result"] == "OK"
        assert checker.stop() == 0
    with checking(*options) as (feed, checker, events):
        feed.announce(("127.0.0.1", ports[0]), ("127.0.0.1", ports[1]), peer_id=5)
        checker.wait_for_metrics(announcements_total=2, known_announcements_total=1, not_checked_total=1)
        feed.close_peer(5)
        share = events.wait_for("addr_connectivity.announcer_reachability", peer_id=5)
        assert (share["checked"], share["reachable"]) == (1, 1)
    assert hosts.connections() == 1


def test_loses_one_second_at_most_by_sigkill(hosts, folder):
    port = hosts.listen(servers.good)
    options = ("--cache-file", str(folder / "results.sqlite"))
    with checking(*options) as (feed, checker, events):
        check(feed, events, "127.0.0.1", port)
        wal = folder / "results.sqlite-wal"
        size = wal.stat().st_size
        harness.wait_until(lambda: wal.stat().st_size > size or b"127.0.0.1:%d" % port in wal.read_bytes(), "the write")
        checker.kill()
    with checking(*options) as (feed, checker, events):
        checker.wait_for_metrics(cached_results=1)


def test_continues_checks_on_full_disk(hosts, folder):
    harness.require_root()
    port = hosts.listen(servers.good, "0.0.0.0")
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], check=True)
    try:
        options = ("--cache-file", str(disk / "results.sqlite"), "--max-per-second", "1000", "--limit-seconds", "60",
                   "--max-per-host", "10")
        with checking(*options) as (feed, checker, events):
            with open(disk / "filler", "wb", buffering=0) as filler:
                try:
                    while filler.write(bytes(4096)):
                        pass
                except OSError:
                    pass
            for i in range(4):
                feed.announce(*((f"127.{i}.{n}.1", port) for n in range(1, 101)), peer_id=i, peer=f"127.200.0.{i}:5000")
            events.wait_for("addr_connectivity.address_checked", count=400)
            harness.wait_until(lambda: checker.metric("cache_write_errors_total") > 0, "an error")
            checker.wait_for_log("; retrying")
            (disk / "filler").unlink()
            checker.wait_for_log("can be written again")
            assert checker.stop() == 0
        with checking(*options) as (_, checker, __):
            checker.wait_for_metrics(cached_results=400)
    finally:
        subprocess.run(["umount", disk], check=True)


@pytest.mark.parametrize(
    ("options", "status", "says"),
    [
        (("--cache-file", "/dev/null/x"), 1, "/dev/null/x"),
        (("--max-in-flight", "100000"), 1, "file descriptors"),
        (("--proxy", "tor.example:9050"), 2, "--proxy"),
        (("--only-network", "onion"), 2, "--onion-proxy"),
        (("--only-network", "ipx"), 2, "ipx"),
        (("--allow-cidr", "127.0.0.0/40"), 2, "127.0.0.0/40"),
        (("--deny-port", "65536"), 2, "65536"),
        (("--chain", "dogecoin"), 2, "dogecoin"),
        (("--signet-challenge", "51"), 2, "--chain signet"),
        (("--dns-seed", "seed.example"), 2, "--dns-server"),
        (("--dns-server", "127.0.0.1:1", "--dns-seed", "x:0x"), 2, "x:0x"),
        (("--max-per-second", "10000", "--limit-seconds", "3600"), 2, "--limit-seconds"),
        (("--max-per-host", "0"), 2, "--max-per-host"),
        (("--user-agent", "x" * 257), 2, "--user-agent"),
        (("--listen", "udp://127.0.0.1:1"), 2, "udp://127.0.0.1:1"),
    ],
)
def test_refuses_what_cannot_work_at_start(options, status, says):
    binary = harness.program("peer-observer-addr-connectivity")
    url = f"tcp://127.0.0.1:{harness.free_port()}"
    if "--listen" not in options:
        options = (*options, "--listen", url)
    done = subprocess.run(["prlimit", "--nofile=1000:1000", binary, *options], capture_output=True, text=True, timeout=60)
    assert done.returncode == status
    assert says in done.stderr
    assert len(done.stderr.splitlines()) <= 3


def test_reports_missing_route(folder):
    """In a network namespace whose loopback interface is down, there is no way to anywhere: nothing is sent."""
    harness.require_root()
    feed_url, url = f"ipc://{folder}/feed", f"ipc://{folder}/results"
    command = ["unshare", "--net", harness.program("peer-observer-addr-connectivity"), "--source", feed_url, "--listen", url, *ALLOW]
    with Feed(folder / "feed") as feed, harness.Program(*command) as checker:
        checker.wait_for_log("connected")
        with harness.Events(url) as events:
            assert feed.connected.wait(harness.TIMEOUT)
            event = check(feed, events, "127.0.0.1", 18444)
    assert event["result"] == "UNREACHABLE"
    assert "unreachable" in event["reason"]


def test_leaves_foreign_files_unchanged(folder):
    """Another program's file is not touched."""
    path = folder / "text"
    path.write_text("x" * 10_000)
    done = subprocess.run([harness.program("peer-observer-addr-connectivity"), "--cache-file", path, "--listen",
                           f"tcp://127.0.0.1:{harness.free_port()}"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "not a database" in done.stderr
    assert path.read_text() == "x" * 10_000
    assert os.listdir(folder) == ["text"]
