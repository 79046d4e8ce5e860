"""Nodes come, go, are replaced and multiply, and the extractor dies: sim_node takes the node's place, so CI sees it too."""

import ctypes
import os
import resource
import shutil
import struct
import subprocess
import threading

import harness
from sim_node import copy_sim_node, play, wait_until_it_runs

TRAFFIC = ("--rate", "2000")


def wait_for_events_of(events, pid, after=0):
    return events.wait_for("message.inbound", after, where=lambda event: event.pid == pid)


def test_traces_first_event_of_binary_that_comes_later(directory):
    path = directory / "sim_node"
    with harness.Extractor(path, directory) as extractor, harness.Events(extractor.url) as events:
        extractor.wait_for_log(f"waiting for {path}")
        copy_sim_node(directory)
        extractor.wait_for_log("tracepoints to")
        play(path, "--flood", "ping", "--count", 3)
        pings = events.wait_for("message.inbound", count=3)
        assert [int(ping["payload"]["ping"]["nonce"], 16) for ping in pings] == [0, 1, 2]


def test_traces_first_event_after_every_restart(directory):
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
        assert [int(ping["payload"]["ping"]["nonce"], 16) for ping in pings] == list(range(10)) * 5
        assert harness.missing_events(events.list) == 0


def test_traces_old_and_new_program_after_replacement(directory):
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


def test_waits_for_removed_replacement(directory):
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


def test_reports_a_file_that_is_no_program_and_traces_its_successor(directory):
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


def test_leaves_node_running_when_killed(directory):
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


def test_keeps_touched_program_attached(directory):
    path = copy_sim_node(directory)
    with harness.Extractor(path, directory) as extractor, harness.Program(path, "--flood", "ping", "--rate", 2000) as node, \
            harness.Events(extractor.url) as events:
        extractor.wait_for_log(f"process {node.pid} runs")
        wait_for_events_of(events, node.pid)
        lines, mark = len(extractor.log), events.mark()
        for _ in range(3):
            os.utime(path)
            path.chmod(0o755)
            events.wait_for("message.inbound", events.mark(), count=2000)  # a second: the extractor has looked
        nonces = [int(event["payload"]["ping"]["nonce"], 16) for event in events.find("message.inbound", mark)]
        assert nonces == list(range(nonces[0], nonces[0] + len(nonces)))
        assert extractor.log[lines:] == []


def test_attaches_again_to_program_changed_in_place(directory):
    path = copy_sim_node(directory)
    with harness.Extractor(path, directory) as extractor, harness.Events(extractor.url) as events:
        extractor.wait_for_log("tracepoints to")
        lines = len(extractor.log)
        with open(path, "r+b") as file:
            file.truncate(1000)
        extractor.wait_for_log(f"warning {path} was overwritten in place", after=lines)
        extractor.wait_for_log(f"warning {path}: not an ELF file", after=lines)
        shutil.copyfile(harness.program("sim_node"), path)
        extractor.wait_for_log("tracepoints to", after=lines)
        play(path, "--flood", "ping", "--count", 100, "--wait-for-attach", 1)
        pings = events.wait_for("message.inbound", count=100)
        assert [int(ping["payload"]["ping"]["nonce"], 16) for ping in pings] == list(range(100))


class RenameWhenOpened(threading.Thread):
    """Puts a file at a path while somebody opens what is there now; fanotify(7) lets open() wait for that."""

    def __init__(self, path, other):
        super().__init__(daemon=True)
        self.path, self.other = path, other
        close_on_exec, class_content, add, open_permission, current_folder = 0x1, 0x4, 0x1, 0x10000, -100
        libc = ctypes.CDLL(None, use_errno=True)
        self.events = libc.fanotify_init(close_on_exec | class_content, os.O_RDONLY)
        assert self.events >= 0
        assert libc.fanotify_mark(self.events, add, ctypes.c_uint64(open_permission), current_folder, os.fsencode(path)) == 0
        self.start()

    def run(self):
        _, _, _, _, _, opened, _ = struct.unpack("IBBHQii", os.read(self.events, 24))
        os.rename(self.other, self.path)
        allow = 1
        os.write(self.events, struct.pack("iI", opened, allow))
        os.close(opened)
        os.close(self.events)


def test_attaches_once_to_program_replaced_while_read(directory):
    path = copy_sim_node(directory)
    (directory / "new").mkdir()
    race = RenameWhenOpened(path, copy_sim_node(directory / "new"))
    with harness.Extractor(path, directory) as extractor, harness.Events(extractor.url) as events:
        race.join(harness.TIMEOUT)
        extractor.wait_for_log("was replaced: attaching to the new file")
        harness.wait_until(lambda: sum("tracepoints to" in line for line in extractor.log) == 2, "it is attached to both files")
        play(path, "--flood", "ping", "--count", 100)
        play(path, "--flood", "ping", "--count", 1, "--size", 9)
        events.wait_for("message.inbound", size=9)
        assert len(events.find("message.inbound")) == 101


def test_traces_program_replaced_before_start(directory):
    path = copy_sim_node(directory)
    (directory / "new").mkdir()
    with harness.Program(path, *TRAFFIC) as old:
        wait_until_it_runs(old, path)
        os.rename(copy_sim_node(directory / "new"), path)
        with harness.Extractor(path, directory) as extractor, harness.Events(extractor.url) as events, harness.Program(path, *TRAFFIC) as new:
            extractor.wait_for_log(f"process {old.pid} runs {path} (deleted)")
            wait_for_events_of(events, old.pid)
            wait_for_events_of(events, new.pid)
            old.end()
            extractor.wait_for_log(f"process {old.pid} no longer runs")
            wait_for_events_of(events, new.pid, events.mark())


def test_reports_that_no_process_runs_the_program_and_which_runs_another(directory):
    path, metrics = copy_sim_node(directory), f"127.0.0.1:{harness.free_port()}"
    other = shutil.copy2(path, directory / "bitcoin-node")
    with harness.Program(other, *TRAFFIC) as node, harness.Extractor(path, directory, "--metrics-address", metrics) as extractor:
        line = extractor.wait_for_log(f"no process runs {path}")
        assert "warning" in line and f"process {node.pid} runs {other}, another file" in line
        harness.wait_for_metric(metrics, "peer_observer_extractor_traced_processes", 0)
        with harness.Program(path, *TRAFFIC) as one, harness.Program(path, *TRAFFIC) as two:
            for process in (one, two):
                extractor.wait_for_log(f"process {process.pid} runs {path}")
            harness.wait_for_metric(metrics, "peer_observer_extractor_traced_processes", 2)
        extractor.wait_for_log(f"process {two.pid} no longer runs {path}")
        assert sum("no process runs" in text for text in extractor.log) == 1


def test_names_script_in_place_of_program(directory):
    real = shutil.copy2(harness.program("sim_node"), directory / "bitcoin-node")
    path = directory / "bitcoind"
    path.write_text(f"#!/bin/sh\nexec {real} \"$@\"\n")
    path.chmod(0o755)
    with harness.Program(path, *TRAFFIC) as node, harness.Extractor(path, directory) as extractor:
        extractor.wait_for_log(f"warning {path} is a script, not a program")
        assert f"process {node.pid} runs {real}" in extractor.wait_for_log(f"no process runs {path}")


def states(metrics):
    """The tracepoints by their state."""
    found = {}
    for line in harness.metrics_text(metrics).splitlines():
        if line.startswith("peer_observer_extractor_tracepoint_state{") and line.endswith(" 1"):
            labels = dict(pair.split("=") for pair in line[line.index("{") + 1:line.index("}")].replace('"', "").split(","))
            found.setdefault(labels["state"], set()).add(labels["tracepoint"])
    return found


def test_reports_unreadable_program_as_failed(directory):
    directory.chmod(0o755)
    folder = directory / "closed"
    folder.mkdir(mode=0o700)
    path, metrics = copy_sim_node(folder), f"127.0.0.1:{harness.free_port()}"
    path.chmod(0o600)
    extractor = shutil.copy2(harness.program("peer-observer-extractor"), directory)
    # Root without the right to read what is not its own.
    drop = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
    os.chown(path, 65534, 65534)
    os.chown(folder, 65534, 65534)
    with harness.Program(*drop, extractor, "--bitcoind", path, "--listen", f"ipc://{directory}/bus", "--node", "test", "--metrics-address", metrics) as program:
        program.wait_for_log(f"waiting for {path}: Permission denied")
        harness.wait_until(lambda: set(states(metrics)) == {"waiting"}, "they wait")
        folder.chmod(0o755)
        program.wait_for_log(f"cannot read {path}: Permission denied")
        harness.wait_until(lambda: set(states(metrics)) == {"failed"}, "they have failed")
        path.chmod(0o755)
        program.wait_for_log("tracepoints to")
        harness.wait_until(lambda: "failed" not in states(metrics), "they are attached")


def test_retries_after_too_many_open_files(directory):
    path = copy_sim_node(directory)
    with harness.Extractor(path, directory) as extractor:
        extractor.wait_for_log("tracepoints to")
        needed = len(os.listdir(f"/proc/{extractor.pid}/fd"))
        limit, most = needed - 5, resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with harness.Program("prlimit", f"--nofile={limit}:{most}", harness.program("peer-observer-extractor"), "--bitcoind", path,
                         "--listen", f"ipc://{directory}/bus", "--node", "test") as extractor:
        extractor.wait_for_log("Too many open files")
        subprocess.run(["prlimit", "--pid", str(extractor.pid), f"--nofile={most}:{most}"], check=True)
        for name in ("net:inbound_message", "mempool:rejected", "validation:block_connected"):
            extractor.wait_for_log(f"info attached {name}")


UNKNOWN_OPERAND = r"""
#include <stdint.h>
#include <unistd.h>
#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>
unsigned short net_outbound_message_semaphore __attribute__((section(".probes")));
unsigned short mempool_rejected_semaphore __attribute__((section(".probes")));
int main(void) {
    DTRACE_PROBE6(net, outbound_message, 7L, "192.0.2.1:8333", "inbound", "pong", 0UL, 0UL);
    __asm__ volatile("990: nop\n.pushsection .note.stapsdt,\"\",\"note\"\n.balign 4\n.4byte 992f-991f,994f-993f,3\n"
        "991: .asciz \"stapsdt\"\n992: .balign 4\n993: .8byte 990b\n.8byte _.stapsdt.base\n.8byte mempool_rejected_semaphore\n"
        ".asciz \"mempool\"\n.asciz \"rejected\"\n.asciz \"8@%%no_register 8@%%rsi\"\n994: .balign 4\n.popsection" ::: "memory");
    return 0;
}
"""


def test_distinguishes_failed_from_absent_tracepoints(directory):
    source, path = directory / "node.c", directory / "node"
    source.write_text(UNKNOWN_OPERAND)
    subprocess.run(["gcc", "-O1", "-no-pie", "-o", path, source], check=True)
    metrics = f"127.0.0.1:{harness.free_port()}"
    with harness.Extractor(path, directory, "--metrics-address", metrics) as extractor:
        extractor.wait_for_log(f"{path}: cannot attach mempool:rejected")
        extractor.wait_for_log("tracepoints to")
        found = harness.wait_until(lambda: (now := states(metrics)).get("attached") and now, "the states are there")
        assert found["attached"] == {"net:outbound_message"} and found["failed"] == {"mempool:rejected"}
        assert "mempool:added" in found["absent"] and "waiting" not in found
