"""--probe: exactly these addresses, and what happens step by step."""

import re
import subprocess

import pytest

import harness
from testing import servers

ONION = "a" * 56 + ".onion:8333"


@pytest.fixture(scope="module")
def hosts():
    with servers.Servers() as running:
        yield running


def probe(*words):
    """Exit status, lines of stdout, stderr."""
    done = subprocess.run([harness.program("peer-observer-addr-connectivity"), "--chain", "regtest", *map(str, words)],
                          capture_output=True, text=True, timeout=harness.TIMEOUT)
    return done.returncode, done.stdout.splitlines(), done.stderr


def steps(lines):
    return [re.sub(r"^ +[0-9]+\.[0-9]{3} s  ", "", line) for line in lines]


def test_prints_steps_of_probing_a_node(hosts):
    address = f"127.0.0.1:{hosts.listen(servers.good)}"
    status, lines, _ = probe("--probe", address)
    assert status == 0
    assert lines[0] == address
    assert all(re.match(r" +[0-9]+\.[0-9]{3} s  ", line) for line in lines[1:])
    said = steps(lines[1:])
    assert said[:3] == ["connecting", "connected", "our version message is sent"]
    assert re.match(r"[0-9]+ bytes came", said[3])
    assert said[-1].startswith('OK: a version message came; user agent "/test:1.0/", protocol 7')


def test_probes_several_in_order_and_fails_if_one_fails(hosts):
    good, web, closed = (f"127.0.0.1:{port}" for port in (hosts.listen(servers.good), hosts.listen(servers.web), harness.free_port()))
    status, lines, errors = probe("--probe", web, good, closed)
    assert status == 1 and "2 of 3 addresses did not answer as a node of the network" in errors
    assert [line for line in lines if not line.startswith(" ")] == [web, good, closed]
    results = [step.split(":")[0] for step in steps(lines) if step.split(":")[0] in ("OK", "NOT_BITCOIN", "REFUSED")]
    assert results == ["NOT_BITCOIN", "OK", "REFUSED"]


def test_probes_private_address_and_denied_port_on_request(hosts):
    status, lines, _ = probe("--probe", f"localhost:{hosts.listen(servers.good)}", "--deny-cidr", "127.0.0.0/8")
    assert any("OK: " in line for line in lines) and status in (0, 1)  # ::1 may be one of its addresses


def test_names_the_proxy(hosts):
    port = harness.free_port()
    status, lines, _ = probe("--onion-proxy", f"127.0.0.1:{port}", "--probe", ONION)
    assert status == 1
    assert steps(lines)[1] == f"connecting through the proxy 127.0.0.1:{port}"
    assert steps(lines)[-1].startswith("PROXY_ERROR: ")


@pytest.mark.parametrize(("words", "reason"), [
    ((ONION,), "needs --onion-proxy"), (("127.0.0.1",), "is not HOST:PORT"), (("127.0.0.1:x",), "is not HOST:PORT"), ((":1",), "is not HOST:PORT"),
    (("localhost:1", "--proxy", "127.0.0.1:9"), "with --proxy, names are not looked up")])
def test_refuses_what_cannot_be_probed(words, reason):
    status, lines, errors = probe("--probe", *words)
    assert status == 2 and reason in errors and lines == []


def test_escapes_texts_of_the_other_end(hosts):
    async def escape(server, reader, writer):
        writer.write(servers.version(agent=b"/\x1b[2J\xff/"))
        await servers.until_closed(reader)

    _, lines, _ = probe("--probe", f"127.0.0.1:{hosts.listen(escape)}")
    assert "\x1b" not in "".join(lines)
    assert "/\\x1b[2J\\xff/" in lines[-1] or "/\\u{1b}[2J\\x{ff}/" in lines[-1]  # fmt 9 and later
