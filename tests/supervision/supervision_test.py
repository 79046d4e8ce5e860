"""What each service reports to systemd: ready, alive, status, stopping. There is no bitcoind and no publisher: a service that waits
for them has not failed."""

import contextlib
import re
import socket
import subprocess
import time

import pytest

import harness
from built_services import SERVICES, command
from pipeline.sim_node import copy_sim_node, play
from supervised import WATCHDOG_SECONDS, Supervised, stuck


class Life(Supervised):
    """From start to end: idle, stuck for a while, continuing, stopped."""

    def __init__(self, service, directory):
        super().__init__(directory, *command(service, directory))
        self.marks = {}
        self.exit_status = None

    def mark(self, name):
        self.marks[name] = self.count_told()

    def told_while_stuck(self):
        return self.told[self.marks["stuck"]:self.marks["released"]]


def live(lives):
    for life in lives:
        life.wait_told("READY=1")
        life.wait_told("STATUS=")
        life.wait_fed(2, after=0)
    with contextlib.ExitStack() as held:
        for life in lives:
            held.enter_context(stuck(life))
            life.mark("stuck")
        time.sleep(WATCHDOG_SECONDS)  # what must not come has no other sign; a late machine makes it no less true
        for life in lives:
            life.mark("released")
    for life in lives:
        life.wait_fed(2, after=life.marks["released"])
    for life in lives:
        life.mark("asked to stop")
        life.exit_status = life.stop()
        life.listen(0)


@pytest.fixture(scope="module")
def lives():
    """All live at the same time: most of a life is waiting."""
    harness.require_root()
    with harness.temporary_directory() as directory, contextlib.ExitStack() as running:
        of_all = {service: running.enter_context(Life(service, directory)) for service in SERVICES}
        live(of_all.values())
        yield of_all


@pytest.mark.parametrize("service", SERVICES)
def test_reports_ready_once_without_node_or_publisher(lives, service):
    assert lives[service].told.count("READY=1") == 1


@pytest.mark.parametrize("service", SERVICES)
def test_shows_status_line_of_figures(lives, service):
    statuses = [text for text in lives[service].told if text.startswith("STATUS=")]
    assert all(re.fullmatch(r"STATUS=\d+ [a-z][^\n]*\d+ [a-z][^\n]*", text) for text in statuses), statuses


@pytest.mark.parametrize("service", SERVICES)
def test_starves_watchdog_when_main_loop_hangs(lives, service):
    assert lives[service].told_while_stuck() == []


@pytest.mark.parametrize("service", SERVICES)
def test_reports_stopping_and_exits_with_0(lives, service):
    life = lives[service]
    assert life.told[life.marks["asked to stop"]:].count("STOPPING=1") == 1
    assert "STOPPING=1" not in life.told[:life.marks["asked to stop"]]
    assert life.exit_status == 0, life.log


def test_reports_ready_when_probes_are_attached(directory):
    harness.require_root()
    metrics = f"127.0.0.1:{harness.free_port()}"
    with Supervised(directory, harness.program("peer-observer-extractor"), "--bitcoind", copy_sim_node(directory),
                    "--listen", f"ipc://{directory}/bus", "--metrics-address", metrics) as extractor:
        extractor.wait_told("READY=1")
        attached = harness.metric(metrics, "peer_observer_extractor_tracepoint_attached")
        assert attached > 0
        assert f"attached {attached:.0f} of {attached:.0f} tracepoints" in extractor.wait_for_log("tracepoints to")


@pytest.fixture
def taken(directory):
    """A port that somebody listens on, a socket that another publisher has, an archive that another archiver writes."""
    with socket.create_server(("127.0.0.1", 0)) as server, \
            Supervised(directory, *command("detector", directory)) as detector, \
            Supervised(directory, *command("archiver", directory)) as archiver:
        detector.wait_told("READY=1")
        archiver.wait_told("READY=1")
        yield {"port": f"127.0.0.1:{server.getsockname()[1]}", "url": f"ipc://{directory}/detector", "archive": directory / "peer-observer-archiver"}


@pytest.mark.parametrize(("service", "option", "what"), [
    ("logger", "metrics_address", "port"),
    ("metrics", "metrics_address", "port"),
    ("rpc-extractor", "metrics_address", "port"),
    ("log-extractor", "listen", "url"),
    ("detector", "listen", "url"),
    ("addr-connectivity", "listen", "url"),
    ("archiver", "directory", "archive"),
])
def test_never_reports_ready_without_port_socket_or_folder(taken, directory, service, option, what):
    with Supervised(directory, *command(service, directory, **{option: taken[what]})) as program:
        assert program.wait() == 1
        program.listen(0)
        assert program.told == []
        assert " critical " in program.wait_for_log(" critical ")


def test_never_reports_recorder_with_failing_logger_ready(directory):
    with Supervised(directory, *command("getblocktxn-recorder", directory), "--logger", "false") as program:
        assert program.wait() == 1
        program.listen(0)
        assert "READY=1" not in program.told


def test_feeds_watchdog_of_logger_without_reader(directory):
    harness.require_root()
    path = copy_sim_node(directory)
    with harness.Extractor(path, directory) as extractor, \
            Supervised(directory, harness.program("peer-observer-logger"), "--source", extractor.url, stdout=subprocess.PIPE) as logger:
        extractor.wait_for_log("tracepoints to")
        logger.wait_for_log("connected")
        play(path, "--flood", "ping", "--count", 20_000)
        harness.wait_until(lambda: logger.listen(0.1) or any("waiting for the reader" in text for text in logger.told), "the pipe is full")
        logger.wait_fed(2, after=logger.count_told())
        assert logger.stop() == 0
        logger.listen(0)
        assert "STOPPING=1" in logger.told
        assert "were not printed" in logger.wait_for_log("stdout was not read")
