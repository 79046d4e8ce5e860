"""--pid and --pid-file: the one process whose events are wanted, whatever it runs."""

import os
import shutil
import subprocess

import pytest

import harness
from sim_node import copy_sim_node, wait_until_it_runs

TRAFFIC = ("--rate", "2000")


class Extractor(harness.Program):
    """An extractor without --bitcoind."""

    def __init__(self, directory, *options):
        self.url = f"ipc://{directory}/bus"
        super().__init__(harness.program("peer-observer-extractor"), "--listen", self.url, "--node", "test", *options)


def wait_for_events_of(events, pid, after=0):
    return events.wait_for("message.inbound", after, where=lambda event: event.pid == pid)


def test_traces_one_process_by_pid(directory):
    path = copy_sim_node(directory)
    with harness.Program(path, *TRAFFIC) as one, harness.Program(path, *TRAFFIC) as other, \
            harness.Extractor(path, directory) as extractor, harness.Events(extractor.url) as events, \
            harness.Extractor(path, directory, "--pid", one.pid, socket_name="one") as filtered, \
            harness.Events(filtered.url) as events_of_one:
        extractor.wait_for_log("tracepoints to")
        filtered.wait_for_log("tracepoints to")
        for node in (one, other):
            wait_for_events_of(events, node.pid)
        mark = events.mark()
        wait_for_events_of(events, other.pid, mark)
        events_of_one.wait_for("message.inbound", count=100)
        assert {event.pid for event in events_of_one.list} == {one.pid}


def test_follows_pid_file(directory):
    path = copy_sim_node(directory)
    pid_file = directory / "pid"
    with harness.Extractor(path, directory, "--pid-file", pid_file) as extractor, harness.Events(extractor.url) as events:
        extractor.wait_for_log("tracepoints to")
        with harness.Program(path, *TRAFFIC) as one, harness.Program(path, *TRAFFIC) as other:
            for node in (one, other):
                pid_file.write_text(f"{node.pid}\n")
                extractor.wait_for_log(f"tracing process {node.pid}")
                wait_for_events_of(events, node.pid)
        pids = [event.pid for event in events.list]
        assert pids == [one.pid] * pids.count(one.pid) + [other.pid] * pids.count(other.pid)


def test_uses_pids_of_its_container(directory):
    path, url = copy_sim_node(directory), f"ipc://{directory}/bus"
    extractor = harness.program("peer-observer-extractor")
    inside = f"{path} {' '.join(TRAFFIC)} & exec {extractor} --bitcoind {path} --listen {url} --node test --pid $!"
    with harness.Program("unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "bash", "-c", inside) as container, \
            harness.Events(url) as events:
        container.wait_for_log("tracepoints to")
        events.wait_for("message.inbound", count=100)
        assert {event.pid for event in events.list} == {2}


def test_sends_no_event_before_pid_file_exists(directory):
    path, pid_file = copy_sim_node(directory), directory / "pid"
    with harness.Program(path, "--flood", "ping") as other, harness.Program(path, *TRAFFIC) as asked:
        pid_file.write_text(f"{asked.pid}\n")
        with harness.Extractor(path, directory, "--pid-file", pid_file) as extractor, harness.Events(extractor.url) as events:
            wait_for_events_of(events, asked.pid)
            first = min(event.sequence for event in events.list if event.kind != "missed")
            assert {event.pid for event in events.list if event.kind != "missed"} == {asked.pid}
            assert other.process.poll() is None and first >= 0


def test_traces_program_of_process(directory):
    path = copy_sim_node(directory)
    with harness.Program(path, *TRAFFIC) as node:
        wait_until_it_runs(node, path)
        os.remove(path)  # an upgrade, in the middle
        with Extractor(directory, "--pid", node.pid) as extractor, harness.Events(extractor.url) as events:
            extractor.wait_for_log(f"tracepoints to {path} (deleted)")
            wait_for_events_of(events, node.pid)


def test_warns_of_a_process_that_runs_another_file_and_traces_it(directory):
    path = copy_sim_node(directory)
    other = shutil.copy2(path, directory / "bitcoin-node")
    with harness.Program(other, *TRAFFIC) as node, harness.Extractor(path, directory, "--pid", node.pid) as extractor, \
            harness.Events(extractor.url) as events:
        assert "warning" in extractor.wait_for_log(f"process {node.pid} runs {other}, not {path}")
        wait_for_events_of(events, node.pid)


def test_warns_of_a_process_without_tracepoints(directory):
    with harness.Program("sleep", "1000") as other, Extractor(directory, "--pid", other.pid) as extractor:
        assert "warning" in extractor.wait_for_log(f"tracepoints to {os.path.realpath(shutil.which('sleep'))}")


def write_fifo(path):
    os.mkfifo(path)


def ended_process():
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


@pytest.mark.parametrize(("prepare", "reason"), [
    (lambda path: None, "No such file or directory"),
    (write_fifo, "not a regular file"),
    (lambda path: path.mkdir(), "Is a directory"),
    (lambda path: path.write_text("bitcoind\n"), "there is no process id in it"),
    (lambda path: path.write_text("12 34\n"), "there is no process id in it"),
    (lambda path: path.write_text("-1\n"), "there is no process id in it"),
    (lambda path: path.write_text(""), "there is no process id in it"),
    (lambda path: path.write_text("1" * 100), "File too large"),
    (lambda path: path.write_text(str(ended_process())), "there is no process"),
])
def test_warns_once_of_a_pid_file_without_process_and_retries(directory, prepare, reason):
    path, pid_file = copy_sim_node(directory), directory / "pid"
    prepare(pid_file)
    with harness.Program(path, *TRAFFIC) as node, harness.Extractor(path, directory, "--pid-file", pid_file) as extractor, \
            harness.Events(extractor.url) as events:
        line = extractor.wait_for_log(f"no process to trace: {pid_file}: {reason}")
        assert "warning" in line
        extractor.wait_for_log("tracepoints to")
        (directory / "new").write_text(f"{node.pid}\n")
        if pid_file.is_dir():
            pid_file.rmdir()
        os.rename(directory / "new", pid_file)
        extractor.wait_for_log(f"tracing process {node.pid}")
        wait_for_events_of(events, node.pid)
        # Between a folder and the file that takes its place there may be a look that finds nothing.
        assert sum(reason in text for text in extractor.log) == 1


def test_notices_another_process_with_same_pid(directory):
    """In a PID namespace of its own, where the next process's id can be chosen."""
    path, log = copy_sim_node(directory), directory / "log"
    extractor = harness.program("peer-observer-extractor")
    inside = f"""
        start() {{ echo 99 > /proc/sys/kernel/ns_last_pid; {path} {' '.join(TRAFFIC)} & }}
        start; one=$!
        {extractor} --pid $one --listen ipc://{directory}/bus --node test & extractor=$!
        until [ -e {directory}/next ]; do sleep 0.05; done
        kill $one; wait $one; start; [ $! = $one ] || echo "another pid" >&2
        wait $extractor"""
    with harness.Program("unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "bash", "-c", inside) as container:
        container.wait_for_log("tracing process 100")
        lines = len(container.log)
        log.touch()
        (directory / "next").touch()
        container.wait_for_log("tracing process 100", after=lines)
        assert "another pid" not in container.log
