"""Nodes come, go, are replaced and multiply, and the extractor dies: sim_node takes the node's place, so CI sees it too."""

import os

import pytest

import harness
from sim_node import copy_sim_node, play

TRAFFIC = ("--rate", "2000")


@pytest.fixture
def directory():
    harness.require_root()
    with harness.temporary_directory() as path:
        yield path


def wait_for_events_of(events, pid, after=0):
    return events.wait_for("message.inbound", after, where=lambda event: event.pid == pid)


def test_the_binary_may_come_after_the_extractor_and_its_first_event_is_seen(directory):
    path = directory / "sim_node"
    with harness.Extractor(path, directory) as extractor, harness.Events(extractor.url) as events:
        extractor.wait_for_log(f"waiting for {path}")
        copy_sim_node(directory)
        extractor.wait_for_log("tracepoints to")
        play(path, "--flood", "ping", "--count", 3)
        pings = events.wait_for("message.inbound", count=3)
        assert [ping["payload"]["ping"]["nonce"] for ping in pings] == [0, 1, 2]


def test_every_restart_of_the_node_is_seen_from_its_first_event(directory):
    path = copy_sim_node(directory)
    with harness.Extractor(path, directory) as extractor, harness.Events(extractor.url) as events:
        extractor.wait_for_log("tracepoints to")
        pids = []
        for _ in range(5):
            with harness.Program(path, "--flood", "ping", "--count", 10) as node:
                pids.append(node.pid)
                assert node.wait() == 0
        pings = events.wait_for("message.inbound", count=50)
        assert [ping.pid for ping in pings] == [pid for pid in pids for _ in range(10)]
        assert [ping["payload"]["ping"]["nonce"] for ping in pings] == list(range(10)) * 5
        assert harness.missing_events(events.list) == 0


def test_after_a_replacement_the_old_and_the_new_program_are_traced(directory):
    path = copy_sim_node(directory)
    with harness.Extractor(path, directory) as extractor, harness.Events(extractor.url) as events:
        extractor.wait_for_log("tracepoints to")
        with harness.Program(path, *TRAFFIC) as old:
            wait_for_events_of(events, old.pid)
            for _ in range(3):
                lines = len(extractor.log)
                (directory / "new").mkdir(exist_ok=True)
                os.rename(copy_sim_node(directory / "new"), path)
                extractor.wait_for_log("tracepoints to", after=lines)
                mark = events.mark()
                with harness.Program(path, *TRAFFIC) as new:
                    wait_for_events_of(events, new.pid, mark)
                    # Still running from a file that has no name any more: an upgrade before its restart.
                    wait_for_events_of(events, old.pid, mark)


def test_a_replacement_that_is_removed_is_waited_for(directory):
    path = copy_sim_node(directory)
    with harness.Extractor(path, directory) as extractor, harness.Events(extractor.url) as events:
        extractor.wait_for_log("tracepoints to")
        lines = len(extractor.log)
        os.remove(path)
        extractor.wait_for_log("waiting for", after=lines)
        copy_sim_node(directory)
        extractor.wait_for_log("tracepoints to", after=lines)
        with harness.Program(path, *TRAFFIC) as node:
            wait_for_events_of(events, node.pid)


def test_a_file_that_is_no_program_is_reported_and_its_successor_traced(directory):
    path = directory / "sim_node"
    path.write_bytes(b"\x7fELF and nothing that an ELF file has" * 100)
    with harness.Extractor(path, directory) as extractor, harness.Events(extractor.url) as events:
        extractor.wait_for_log(f"warning {path}")
        assert extractor.process.poll() is None
        (directory / "new").mkdir()
        os.rename(copy_sim_node(directory / "new"), path)
        extractor.wait_for_log("tracepoints to")
        with harness.Program(path, *TRAFFIC) as node:
            wait_for_events_of(events, node.pid)


def test_a_filter_by_pid_lets_one_process_through(directory):
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


def test_a_pid_file_is_followed(directory):
    path = copy_sim_node(directory)
    pid_file = directory / "pid"
    with harness.Extractor(path, directory, "--pid-file", pid_file) as extractor, harness.Events(extractor.url) as events:
        extractor.wait_for_log("tracepoints to")
        with harness.Program(path, *TRAFFIC) as one, harness.Program(path, *TRAFFIC) as other:
            for node in (one, other):
                pid_file.write_text(f"{node.pid}\n")
                extractor.wait_for_log(f"observing process {node.pid}")
                wait_for_events_of(events, node.pid)
        pids = [event.pid for event in events.list]
        assert pids == [one.pid] * pids.count(one.pid) + [other.pid] * pids.count(other.pid)


def test_in_a_container_processes_have_the_ids_that_are_seen_there(directory):
    path, url = copy_sim_node(directory), f"ipc://{directory}/bus"
    extractor = harness.program("peer-observer-extractor")
    inside = f"{path} {' '.join(TRAFFIC)} & exec {extractor} --bitcoind {path} --listen {url} --node test --pid $!"
    with harness.Program("unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "bash", "-c", inside) as container, \
            harness.Events(url) as events:
        container.wait_for_log("tracepoints to")
        events.wait_for("message.inbound", count=100)
        assert {event.pid for event in events.list} == {2}


def test_a_killed_extractor_leaves_the_node_running_and_a_new_one_goes_on(directory):
    path = copy_sim_node(directory)
    with harness.Program(path, "--flood", "ping", "--rate", 20_000) as node:
        publishers = set()
        for _ in range(4):
            with harness.Extractor(path, directory) as extractor, harness.Events(extractor.url) as events:
                extractor.wait_for_log("tracepoints to")
                events.wait_for("message.inbound", count=1000)
                extractor.kill()
                events.end()
                assert harness.missing_events(events.list) == 0
                publishers.update(event.all["publisher"] for event in events.list)
            assert node.process.poll() is None
        assert len(publishers) == 4
        assert node.stop() == 0
