"""DNS seeds and names, from a real DNS server with answers of every kind."""

import shutil
import socket
import threading

import pytest

import harness
from testing import servers
from testing.checking import ALLOW, check, checking

CHECKED = "addr_connectivity.address_checked"


@pytest.fixture
def hosts():
    with servers.Servers() as running:
        yield running


@pytest.fixture
def dns():
    """Knows what it is told here, and asks nobody else."""
    binary = shutil.which("dnsmasq", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if not binary:
        pytest.skip("no dnsmasq")
    port = harness.free_port()
    many = [f"--host-record=many.example,127.9.{i // 256}.{i % 256}" for i in range(1000)]
    options = ["--keep-in-foreground", "--no-resolv", "--no-hosts", "--no-poll", "--local=/#/", "--listen-address=127.0.0.1",
               "--bind-interfaces", f"--port={port}", "--conf-file=/dev/null", "--pid-file=", "--log-facility=-", "--user=root",
               "--host-record=good.example,127.3.0.1", "--host-record=good.example,127.3.0.2",
               "--host-record=lying.example,10.0.0.1", "--host-record=lying.example,192.168.1.1",
               "--host-record=lying.example,169.254.169.254", "--host-record=lying.example,::1",
               "--host-record=lying.example,fe80::1", "--host-record=lying.example,0.0.0.0", "--cname=alias.example,good.example",
               "--ptr-record=1.0.3.127.in-addr.arpa,node-1.example", *many]
    with harness.Program(binary, *options) as program:
        program.wait_for_log("started")
        yield port


class Relay:
    """Passes questions and answers on after `delay` seconds; nothing at all where that is None."""

    def __init__(self, server, delay):
        self.server, self.delay = server, delay
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.questions = 0
        threading.Thread(target=self._run, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _run(self):
        while True:
            try:
                question, asker = self.socket.recvfrom(65536)
            except OSError:
                return
            self.questions += 1
            if self.delay is not None:
                threading.Timer(self.delay, self._pass_on, (question, asker)).start()

    def _pass_on(self, question, asker):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there:
            there.settimeout(harness.TIMEOUT)
            there.sendto(question, ("127.0.0.1", self.server))
            self.socket.sendto(there.recv(65536), asker)


def seed(name, dns_port, port, *more):
    return ("--dns-server", f"127.0.0.1:{dns_port}", "--dns-seed", f"{name}:{port}", *more)


@pytest.mark.parametrize("name", ["good.example", "alias.example"])
def test_checks_addresses_of_seed(hosts, dns, name):
    port = hosts.listen(servers.good, "0.0.0.0")
    with checking(*seed(name, dns, port)) as (_, checker, events):
        checker.wait_for_metrics(checks_total=2, dns_seed_lookups_total=1, dns_seed_failures_total=0)
        checker.stop()
        share = events.wait_for("addr_connectivity.announcer_reachability", dns_seed=name)
    assert (share["checked"], share["reachable"], share["node"]) == (2, 2, "")
    assert hosts.targets == {("127.3.0.1", port): 1, ("127.3.0.2", port): 1}


def test_queries_seed_again(hosts, dns):
    port = hosts.listen(servers.good, "0.0.0.0")
    with checking(*seed("good.example", dns, port, "--dns-seed-seconds", "0.2")) as (_, checker, __):
        harness.wait_until(lambda: checker.metric("dns_seed_lookups_total") >= 3, "three answers")
        checker.wait_for_metrics(checks_total=2)
    assert hosts.connections() == 2


def test_ignores_lying_seed(hosts, dns):
    port = hosts.listen(servers.good, "0.0.0.0")
    allow = ("--chain", "regtest", "--allow-cidr", "127.0.0.0/8")
    with checking(*seed("lying.example", dns, port), allow=allow) as (_, checker, __):
        checker.wait_for_metrics(not_checked_total=6, checks_total=0, queued=0)
    assert hosts.connections() == 0


def test_truncates_answer_of_a_thousand_addresses(hosts, dns):
    port = hosts.listen(servers.closes, "0.0.0.0")
    with checking(*seed("many.example", dns, port), "--max-per-second", "1000", "--limit-seconds", "60") as (_, checker, __):
        harness.wait_until(lambda: checker.metric("announcements_total") > 0, "the answer")
        checker.wait_for_metrics(announcements_total=512)
        harness.wait_until(lambda: checker.metric("queued") + checker.metric("in_flight") == 0, "the checks")
    assert hosts.connections() <= 256  # the limit of a netgroup


@pytest.mark.parametrize("name", ["missing.example", "not a name", "x" * 300])
def test_reports_seed_without_answer(hosts, dns, name):
    with checking(*seed(name, dns, 18444)) as (feed, checker, events):
        checker.wait_for_log("DNS seed")
        checker.wait_for_metrics(dns_seed_failures_total=1)
        assert check(feed, events, "127.0.0.1", hosts.listen(servers.good))["result"] == "OK"


def test_accepts_slow_answer(hosts, dns):
    port = hosts.listen(servers.good, "0.0.0.0")
    with Relay(dns, 1) as relay, checking(*seed("good.example", relay.port, port)) as (_, checker, __):
        checker.wait_for_metrics(checks_total=2)


def test_continues_without_answer_of_server(hosts, dns):
    with Relay(dns, None) as relay, \
            checking(*seed("good.example", relay.port, 18444), "--ptr-names", "--max-per-host", "9") as (feed, checker, events):
        harness.wait_until(lambda: relay.questions > 0, "the question")
        event = check(feed, events, "127.0.0.1", hosts.listen(servers.good))
        assert (event["result"], event["ptr_name"]) == ("OK", "")
        # What waits for a name when the end comes is told without one.
        mark = events.mark()
        asked = relay.questions
        feed.announce(("127.3.0.1", hosts.listen(servers.good, "0.0.0.0")))
        harness.wait_until(lambda: relay.questions > asked, "the question")
        assert checker.stop() == 0
        assert events.wait_for(CHECKED, after=mark)["ptr_name"] == ""


def test_looks_up_names_of_hosts(hosts, dns):
    port = hosts.listen(servers.good, "0.0.0.0")
    options = ("--dns-server", f"127.0.0.1:{dns}", "--ptr-names")
    with checking(*options) as (feed, _, events):
        assert check(feed, events, "127.3.0.1", port)["ptr_name"] == "node-1.example"
        assert check(feed, events, "127.3.0.9", port)["ptr_name"] == ""
        refused = check(feed, events, "127.3.0.1", harness.free_port())
        assert (refused["result"], refused["ptr_name"]) == ("REFUSED", "")


def test_queries_no_other_server(hosts, dns):
    """Not the system's: all questions come here, whatever /etc/resolv.conf says."""
    with Relay(dns, 0) as relay, checking(*seed("good.example", relay.port, 18444), allow=ALLOW) as (_, checker, __):
        checker.wait_for_metrics(dns_seed_lookups_total=1)
    assert relay.questions == 2  # A and AAAA
