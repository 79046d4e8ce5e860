"""The Debian packages on a fresh Debian 12 with a systemd of its own: installed as the documentation says, observing a real node on regtest,
broken and upgraded beside it, purged.

Needs PEER_OBSERVER_LONG_TESTS=1, since it downloads Debian, and the libraries that the packages depend on, from Debian's archive. The
container itself has no network.
"""

import contextlib
import hashlib
import hmac
import os
import re
import shutil

import pytest

import container
import debian
import harness
import recipes
from bitcoind.node import SAFETY_OPTIONS, find_bitcoind, require_bitcoind
from built_services import NODE, SERVICES, UNITS

pytestmark = pytest.mark.skipif(not os.environ.get("PEER_OBSERVER_LONG_TESTS"), reason="PEER_OBSERVER_LONG_TESTS is not set")

INSTANCES = [UNITS[service].name.replace("@", f"@{NODE}") for service in SERVICES]
CLI = "bitcoin-cli -regtest -datadir=/var/lib/{} -rpcport={} -rpcwait"
NODE_CLI, PEER_CLI = CLI.format("bitcoind", 8332), CLI.format("peer", 18543)
PASSWORD = "secret"


def recipe():
    """The lines of docs/deployment.md: those that install and start."""
    return recipes.run_by(__file__, "docs/deployment.md")[0].text.splitlines()


def folder_of_logs():
    """Those that make the folder of the node's log."""
    [_, block] = recipes.run_by(__file__, "docs/deployment.md")
    return block.text


@pytest.fixture(scope="module")
def host(folder):
    container.require("debootstrap", "systemd-nspawn")
    root = debian.root()
    debian.download_dependencies(root, folder)
    with container.Container(root, folder) as machine:
        # What a person would answer.
        machine.run("""echo 'APT::Get::Assume-Yes "true";' > /etc/apt/apt.conf.d/yes""")
        yield machine


@pytest.fixture(scope="module")
def installed(host):
    host.run(recipe()[0])
    return host


def start_node(host, name, *options):
    host.run(f"mkdir /var/lib/{name}")
    host.run(f"systemd-run --unit={name} --property=Restart=always /usr/local/bin/{name} -datadir=/var/lib/{name} {' '.join([*SAFETY_OPTIONS, *options])}")


@pytest.fixture(scope="module")
def observed(installed, folder):
    """With a node, a peer of it, and what the documentation starts."""
    program = require_bitcoind()
    shutil.copy2(program, folder / "bitcoind")
    shutil.copy2(shutil.which("bitcoin-cli", path=f"{os.path.dirname(program)}:{os.environ['PATH']}"), folder / "bitcoin-cli")
    # The peer's is another file: probes of one fire in all processes that run it.
    installed.run("cp bitcoind bitcoin-cli /usr/local/bin; cp bitcoind /usr/local/bin/peer")
    for name, library in harness.libraries_of(program).items():
        if installed.try_run(f"ldconfig -p | grep -F '\t{name} '").returncode:
            shutil.copy2(library, folder / name)
            installed.run(f"cp {name} /usr/local/lib")
    installed.run("ldconfig")
    digest = hmac.new(b"00", PASSWORD.encode(), hashlib.sha256).hexdigest()
    start_node(installed, "bitcoind", "-rpcport=8332", "-bind=127.0.0.1:18444", f"'-rpcauth=observer:00$${digest}'")
    start_node(installed, "peer", "-rpcport=18543", "-bind=127.0.0.1:18544")
    for line in recipe()[1:]:
        installed.wait_until(line)
    return installed


@pytest.fixture(scope="module")
def crowded(observed):
    """With every service."""
    observed.run(f"umask 077; echo {PASSWORD} > /etc/peer-observer/rpc-extractor-{NODE}.password")
    for instance in INSTANCES:
        observed.run(f"systemctl start {instance}")
    return observed


def generate(host):
    return host.run(f"{NODE_CLI} generatetodescriptor 1 'raw(51)#8lvh9jxk'")


class TheNode:
    """Is the same process all the time, and at work."""

    def __init__(self, host):
        self._host = host
        self._process = self._seen()

    def _seen(self):
        return self._host.run("systemctl show -P MainPID -P NRestarts -P ExecMainStartTimestampMonotonic bitcoind")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            generate(self._host)
            assert self._seen() == self._process


def test_starts_nothing_when_installed(installed):
    assert installed.run("systemctl list-units --all --plain --no-legend 'peer-observer-*'") == ""
    assert installed.run("getent group peer-observer")


def test_runs_every_program(installed):
    for program in installed.run("ls /usr/bin/peer-observer-*").split():
        assert re.match(rf"{os.path.basename(program)} \d+\.\d+", installed.run(f"{program} --version"))
        assert "sage: " in installed.run(f"{program} --help")


def test_passes_systemd_check_of_units(installed):
    assert installed.run(f"systemd-analyze verify {' '.join(INSTANCES)}") == ""


def test_imports_python_package(installed):
    installed.run("python3 -c 'import peer_observer.proto.event_pb2, peer_observer.archive'")


def test_observes_node(observed):
    observed.run(f"{NODE_CLI} addnode 127.0.0.1:18544 onetry")
    block = generate(observed).split('"')[1]
    observed.wait_until("peer-observer-archive cat --kind message --format json /var/lib/peer-observer-archiver | grep -c '\"verack\"'")
    observed.wait_until(f"peer-observer-archive cat --kind validation --format json /var/lib/peer-observer-archiver | grep {block}")
    observed.wait_until("curl -s 127.0.0.1:9332/metrics | grep 'publishers_up{.*tracepoints.* 1$'")


def test_starts_every_service_with_its_example(crowded):
    for instance in INSTANCES:
        crowded.wait_until(f"systemctl show -P StatusText {instance} | grep .")
        assert sorted(crowded.run(f"systemctl show -P ActiveState -P NRestarts {instance}").split()) == ["0", "active"], crowded.run(f"journalctl -u {instance}")
    crowded.wait_until("curl -s 127.0.0.1:9370/metrics | grep 'rpc_extractor_answer_bytes_total{.* [1-9]'")


def test_lets_log_extractor_read_log_of_node(installed):
    installed.run("useradd --system bitcoin")
    installed.run(folder_of_logs())
    installed.run("setpriv --reuid bitcoin --clear-groups bash -c 'umask 077; echo a line > /var/log/bitcoind/debug.log'")
    reads = "setpriv --reuid nobody --regid nogroup --groups {} cat /var/log/bitcoind/debug.log"
    assert installed.run(reads.format("peer-observer-log")) == "a line\n"
    assert installed.try_run(reads.format("peer-observer")).returncode != 0


def test_leaves_node_running_when_service_restarts(crowded):
    for instance in INSTANCES:
        with TheNode(crowded):
            crowded.run(f"systemctl restart {instance}")


def test_gives_new_credentials_to_service_that_is_reloaded(crowded):
    unit, file = f"peer-observer-rpc-extractor@{NODE}.service", f"/etc/peer-observer/rpc-extractor-{NODE}.password"
    pid = crowded.run(f"systemctl show -P MainPID {unit}").strip()
    crowded.run(f"cp {file} kept; echo another > {file}; systemctl reload {unit}")
    seen = f"/proc/{pid}/root/run/credentials/{unit}/password"
    assert crowded.run(f"nsenter --target {pid} --mount -- setpriv --reuid $(stat -c %u /proc/{pid}) --clear-groups cat {seen[seen.index('/run'):]}") == "another\n"
    crowded.run(f"cp kept {file}; systemctl reload {unit}")
    assert crowded.run(f"cat {seen}") == f"{PASSWORD}\n"
    assert crowded.run(f"systemctl show -P MainPID {unit}").strip() == pid


def test_leaves_node_running_when_service_is_killed(crowded):
    for instance in INSTANCES:
        with TheNode(crowded):
            crowded.run(f"systemctl kill --signal=KILL {instance}")
        crowded.wait_until(f"systemctl is-active {instance}")


def test_leaves_node_running_while_services_are_stopped(crowded):
    with TheNode(crowded):
        crowded.run(f"systemctl kill --signal=STOP {' '.join(INSTANCES)}")
        for _ in range(100):
            generate(crowded)
        crowded.run(f"systemctl kill --signal=CONT {' '.join(INSTANCES)}")


def test_leaves_node_running_with_wrong_configuration(crowded):
    for service, instance in zip(SERVICES, INSTANCES):
        file = crowded.run(f"ls /etc/peer-observer/{service}.conf /etc/peer-observer/{service}-{NODE}.conf 2>/dev/null || true").strip()
        with TheNode(crowded):
            crowded.run(f"cp {file} kept; echo 'no-such-option = 1' >> {file}")
            assert crowded.try_run(f"systemctl restart {instance}").returncode != 0
            assert crowded.run(f"systemctl show -P ExecMainStatus {instance}").strip() == "2"
            crowded.run(f"cp kept {file}; systemctl restart {instance}")


def test_restarts_services_but_not_node_on_upgrade(crowded):
    before = crowded.run(f"systemctl show -P MainPID {' '.join(INSTANCES)}").split()
    crowded.run("systemctl stop peer-observer-detector")
    with TheNode(crowded):
        crowded.run("apt install --reinstall ./peer-observer-*.deb")
    after = crowded.run(f"systemctl show -P MainPID {' '.join(INSTANCES)}").split()
    assert not set(before) & set(after)
    assert crowded.try_run("systemctl is-active peer-observer-detector").stdout == "inactive\n", "it did not run"


def test_keeps_recorded_data_when_purged(request):
    """The last one."""
    with_node = find_bitcoind() is not None
    host = request.getfixturevalue("crowded" if with_node else "installed")
    with TheNode(host) if with_node else contextlib.nullcontext():
        said = host.run("apt purge 'peer-observer-*'")
    assert host.run("dpkg-query --show 'peer-observer-*' 2>/dev/null || true") == ""
    assert host.run("systemctl list-units --all --plain --no-legend 'peer-observer-*'") == ""
    elsewhere = " ".join(f"-path {folder} -prune -o" for folder in ("/share", "/proc", "/packages", "/var/cache"))
    left = host.run(f"find / -xdev {elsewhere} -name '*peer?observer*' -print").split()
    assert all(path.startswith("/var/lib/") for path in left), left
    if with_node:
        assert "its data stays in /var/lib/peer-observer-archiver" in said
        assert host.run("ls /var/lib/peer-observer-archiver/alpha")
