"""Whose events they are: of which process, and of which of its peers."""

import collections
import os
import pathlib
import signal
import subprocess

import pytest

import harness
from sim_node import copy_sim_node

UNDESCRIBED = "peer_observer_extractor_undescribed_peer_messages_total"
# As many messages as two nodes can send before a busy extractor drains the ring.
ROOMY = ("--ring-size", 256)


def start_of(pid):
    """Of a process, in clock ticks since boot."""
    return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


def in_ticks(start_ms):
    return start_ms * os.sysconf("SC_CLK_TCK") // 1000


class Senders:
    """Counts the messages of each process by their peer and the address that they came with."""

    def __init__(self):
        self.messages = collections.Counter()
        self.starts = collections.defaultdict(set)

    def __call__(self, _, event):
        assert event.WhichOneof("context") == "message", event
        message = event.message.inbound
        self.messages[event.pid, message.peer_id, message.address] += 1
        self.starts[event.pid].add(event.process_start_ms)


def test_keeps_peer_addresses_of_two_nodes(directory):
    path = copy_sim_node(directory)
    count = 100_000
    senders = Senders()
    metrics = f"127.0.0.1:{harness.free_port()}"
    with harness.Extractor(path, directory, *ROOMY, "--metrics-address", metrics) as extractor, \
            harness.Batches(extractor.url, senders) as batches:
        extractor.wait_for_log("tracepoints to")
        flood = (path, "--flood", "ping", "--count", count, "--host")
        with harness.Program(*flood, "one") as one, harness.Program(*flood, "two") as two:
            batches.wait_until(lambda: senders.messages.total() >= 2 * count, "all messages")
            assert senders.messages == {(one.pid, 0, "one:8333"): count, (two.pid, 0, "two:8333"): count}
        assert harness.metric(metrics, UNDESCRIBED) == 0


@pytest.mark.parametrize("apart", [1, 1 << 14, 1 << 32])
def test_keeps_addresses_of_peers_with_distant_ids(directory, apart):
    path = copy_sim_node(directory)
    threads, count = 3, 20_000
    senders = Senders()
    with harness.Extractor(path, directory, *ROOMY) as extractor, harness.Batches(extractor.url, senders) as batches:
        extractor.wait_for_log("tracepoints to")
        with harness.Program(path, "--flood", "ping", "--threads", threads, "--peer-step", apart, "--count", count) as node:
            batches.wait_until(lambda: senders.messages.total() >= threads * count, "all messages")
            assert senders.messages == {(node.pid, i * apart, f"127.0.0.1:{8333 + i}"): count for i in range(threads)}


def test_keeps_addresses_of_more_peers_than_kernel_slots(directory):
    path = copy_sim_node(directory)
    count = 100_000
    senders = Senders()
    with harness.Extractor(path, directory, *ROOMY) as extractor, harness.Batches(extractor.url, senders) as batches:
        extractor.wait_for_log("tracepoints to")
        with harness.Program(path, "--order", "--only", "net:inbound_message", "--events", count) as node:
            batches.wait_until(lambda: senders.messages.total() >= count, "all messages")
            assert senders.messages == {(node.pid, peer, "verack"): 1 for peer in range(count)}


def test_reports_start_of_process(directory):
    path = copy_sim_node(directory)
    senders = Senders()
    with harness.Extractor(path, directory) as extractor, harness.Batches(extractor.url, senders) as batches:
        extractor.wait_for_log("tracepoints to")
        assert not [line for line in extractor.log if "BTF" in line]
        with harness.Program(path, "--flood", "ping", "--threads", 3, "--rate", 300) as node:
            batches.wait_until(lambda: senders.messages.total() >= 100, "messages")
            (start_ms,) = senders.starts[node.pid]
            assert abs(in_ticks(start_ms) - start_of(node.pid)) <= 1


def extractor_in(directory, namespaces, *options):
    """An extractor that runs after `unshare` with these arguments."""
    url = f"ipc://{directory}/bus"
    started = harness.Program("unshare", *namespaces, harness.program("peer-observer-extractor"), "--listen", url, "--node", "test", *options)
    started.url = url
    return started


def test_distinguishes_later_process_of_same_pid(directory):
    """As in a container, where a node has the same process id at each start; and no event of a connection comes between."""
    path = copy_sim_node(directory)
    pid, count = 5000, 10
    senders = Senders()
    own_namespace = ("--pid", "--fork", "--kill-child", "--mount-proc")
    with extractor_in(directory, own_namespace, "--bitcoind", path, "--disable", "connection") as extractor, \
            harness.Batches(extractor.url, senders) as batches:
        extractor.wait_for_log("tracepoints to")
        (inside,) = pathlib.Path(f"/proc/{extractor.pid}/task/{extractor.pid}/children").read_text().split()
        for host in ("first", "second"):
            node = f"echo {pid - 1} > /proc/sys/kernel/ns_last_pid; {path} --flood ping --count {count} --host {host}; true"
            subprocess.run(["nsenter", "--target", inside, "--pid", "--mount", "sh", "-c", node], check=True, timeout=harness.TIMEOUT)
        batches.wait_until(lambda: senders.messages.total() >= 2 * count, "all messages")
        assert senders.messages == {(pid, 0, "first:8333"): count, (pid, 0, "second:8333"): count}
        assert len(senders.starts[pid]) == 2
        os.kill(int(inside), signal.SIGTERM)  # unshare does not pass it on


def test_traces_without_btf(directory):
    path = copy_sim_node(directory)
    senders = Senders()
    hidden = ("--mount", "sh", "-c", 'mount -t tmpfs none /sys/kernel/btf && exec "$@"', "sh")
    with extractor_in(directory, hidden, "--bitcoind", path) as extractor, harness.Batches(extractor.url, senders) as batches:
        extractor.wait_for_log("CONFIG_DEBUG_INFO_BTF")
        extractor.wait_for_log("tracepoints to")
        with harness.Program(path, "--flood", "ping", "--count", 10) as node:
            batches.wait_until(lambda: senders.messages.total() >= 10, "all messages")
            assert senders.messages == {(node.pid, 0, "127.0.0.1:8333"): 10}
            assert senders.starts[node.pid] == {0}
