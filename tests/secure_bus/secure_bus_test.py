"""The commands of docs/how-to/secure-the-bus.md, as they stand there, on a host of their own: /etc/hosts, /usr/local/bin and
the network are this test's."""

import re
import shutil
import signal
import subprocess

import pytest

import harness
import recipes

PAGE = "docs/how-to/secure-the-bus.md"
CERTIFICATES = recipes.ROOT / "contrib/certificates"


def blocks():
    return [block.text for block in recipes.run_by(__file__, PAGE)]


def script():
    """Each block writes to a file of its number; what serves until the end runs in the background."""
    lines = [f"cp {CERTIFICATES} .\n"]
    for number, block in enumerate(blocks()):
        if "peer-observer-extractor" in block:
            lines.append(f"{{\n{block}}} > ../out.{number} 2> ../log.{number} &\nextractor=$!\n"
                         "bitcoind --flood ping --rate 200 > /dev/null &\n"
                         f"until grep -q 'attached .* tracepoints' ../log.{number}; do kill -0 $extractor; sleep 0.1; done\n")
        else:
            lines.append(f"{{\n{block}}} > ../out.{number} 2> ../log.{number}\n")
    return "".join(lines)


@pytest.fixture(scope="module")
def run():
    """What each block printed and logged, by a word that is in it."""
    harness.require_root()
    with harness.temporary_directory() as directory:
        done = recipes.run_on_a_host_of_its_own(script(), directory, harness.program("sim_node"))
        logs = {path.name: path.read_text() for path in sorted(directory.glob("[ol][uo]*.*"))}
        assert done.returncode == 0, done.stdout + done.stderr + str(logs)

        def of(word):
            number = next(number for number, block in enumerate(blocks()) if word in block)
            return logs[f"out.{number}"], logs[f"log.{number}"]
        yield of


def test_serves_tool_with_certificate(run):
    events, log = run("--count 10")
    assert len(events.splitlines()) == 10
    assert "source tls+tcp://alpha.example.org:9331 connected" in log
    assert "warning" not in log


def test_refuses_stranger_and_logs_on_both_ends(run):
    events, log = run("stranger")
    assert events == ""
    assert "warning source tls+tcp://alpha.example.org:9331: TLS handshake" in log
    assert re.search(r"warning refused connection from 127\.0\.0\.1:\d+: TLS handshake failed", run("peer-observer-extractor")[1])


def test_passes_openssl_check_of_both_ends(run):
    _, log = run("s_client")
    assert "Verification: OK" in log
    assert "alert" not in log


def test_renews_certificate_of_running_publisher(run):
    listed, _ = run("certificates renew")
    assert re.findall(r"^notAfter=.* (\S+)$", listed, re.MULTILINE) == ["alpha.example.org.pem", "ca.pem", "central.example.org.pem"]
    assert "the TLS files have changed: new connections use them" in run("peer-observer-extractor")[1]


def make_certificates(directory, publisher="alpha.example.org"):
    """Runs the page's commands for a publisher of that name. Returns a function: name of a certificate -> options."""
    shutil.copy2(CERTIFICATES, directory)
    for block in blocks()[:2]:
        subprocess.run(["bash", "-ec", block.replace("alpha.example.org", publisher)], cwd=directory, check=True, capture_output=True, timeout=60)
    return lambda name: ("--tls-ca-file", directory / "ca.pem", "--tls-cert-key-file", directory / f"{name}.pem")


@pytest.mark.parametrize("service", ["detector", "addr-connectivity"])
def test_runs_service_with_tls_on_one_side(service):
    with harness.temporary_directory() as directory:
        files = make_certificates(directory)("alpha.example.org")
        nobody = f"127.0.0.1:{harness.free_port()}"
        for source, listen in ((f"tls+tcp://{nobody}", f"ipc://{directory}/bus"), (f"tcp://{nobody}", "tls+tcp://127.0.0.1:0")):
            with harness.Program(harness.program(f"peer-observer-{service}"), "--source", source, "--listen", listen, *files) as program:
                program.wait_for_log(f"publishing on {listen.rstrip('0')}")
                program.wait_for_log(f"cannot connect to source {source}")
                assert program.stop() == 0


def test_redials_silent_publisher_on_another_host():
    """In capitals the bus takes the name for another host."""
    address = f"127.0.0.1:{harness.free_port()}"
    source = f"tls+tcp://{address.replace('127.0.0.1', 'LOCALHOST')}"
    with harness.temporary_directory() as directory:
        files = make_certificates(directory, "LOCALHOST")
        with harness.Program(harness.program("peer-observer-rpc-extractor"), "--node", "alpha", "--rpc-address", "127.0.0.1:9",
                             "--cookie-file", "/dev/null", "--listen", f"tls+tcp://{address}", *files("LOCALHOST")) as publisher, \
                harness.Program(harness.program("peer-observer-logger"), "--source", source, *files("central.example.org")) as logger:
            logger.wait_for_log(f"source {source} connected")
            publisher.signal(signal.SIGSTOP)
            logger.wait_for_log(f"source {source} lost, retrying")
            told = len(logger.log)
            publisher.signal(signal.SIGCONT)
            logger.wait_for_log(f"source {source} connected", after=told)
            assert publisher.stop() == 0
            assert logger.stop() == 0
