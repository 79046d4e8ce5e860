"""Replicated tables on a cluster with zookeeper, of which a server is killed."""

import contextlib
import os
import pathlib
import shutil
import socket

import pytest

import clickhouse_server
import harness
from writing import assert_complete, number, rejections, replaying, wait_for_end, write_archive, Writing


def zookeeper_classes():
    """Where Debian has zookeeper's classes; its package starts no server."""
    if os.environ.get("PEER_OBSERVER_LONG_TESTS") != "1":
        pytest.skip("PEER_OBSERVER_LONG_TESTS=1 starts a cluster")
    if not shutil.which("java") or not pathlib.Path("/usr/share/java/zookeeper.jar").exists():
        pytest.skip("there is no zookeeper")
    return ":".join(sorted(map(str, pathlib.Path("/usr/share/java").glob("*.jar"))))


@contextlib.contextmanager
def cluster(directory):
    """Two shards with two replicas each, on one machine."""
    classes, port = zookeeper_classes(), harness.free_port()
    (directory / "zookeeper").mkdir()
    command = ["java", "-cp", classes, "-Dzookeeper.admin.enableServer=false", "org.apache.zookeeper.server.ZooKeeperServerMain", str(port), str(directory / "zookeeper")]
    with harness.Program(*command), contextlib.ExitStack() as running:
        harness.wait_until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, "zookeeper to listen", 60)
        ports = [tuple(harness.free_port() for _ in range(3)) for _ in range(4)]
        replicas = ["<replica><host>127.0.0.1</host><port>{}</port></replica>".format(tcp) for _, tcp, _ in ports]
        shard = "<shard><internal_replication>true</internal_replication>{}{}</shard>"
        servers = []
        for number in range(4):
            more = f"""<zookeeper><node><host>127.0.0.1</host><port>{port}</port></node></zookeeper>
              <distributed_ddl><path>/clickhouse/task_queue/ddl</path></distributed_ddl>
              <macros><shard>{number // 2}</shard><replica>{number % 2}</replica></macros>
              <remote_servers><nodes>{shard.format(*replicas[:2])}{shard.format(*replicas[2:])}</nodes></remote_servers>"""
            servers.append(running.enter_context(clickhouse_server.Server(directory / f"server{number}", more=more, ports=ports[number])))
        yield servers


def test_fills_a_cluster_of_which_a_replica_dies_and_heals(directory, url):
    events = 200_000  # of three runs of numbers that go to one shard
    with cluster(directory) as servers:
        write_archive(directory / "many.poa.zst", list(rejections(events)))
        with Writing(servers[0], directory / "spool", url, "--cluster", "nodes") as writing:
            writing.wait_for_log("created", 400)  # each table takes all four servers and zookeeper
            with replaying(directory / "many.poa.zst", url, 20_000):
                harness.wait_until(lambda: writing.metric("events_total") > events / 5, "events to be stored", 120)
                servers[3].kill()
                harness.wait_until(lambda: writing.metric("events_total") > events / 2, "events to be stored without a replica", 120)
                servers[3].start()
                wait_for_end(servers[0], events)
            assert writing.stop() == 0
        assert assert_complete(servers[0], events) == set()
        counts = [number(server, "SELECT count() FROM peer_observer.mempool_rejected_local FINAL") for server in servers[:3]]
        assert counts[0] == counts[1] and counts[0] + counts[2] == events and min(counts) > 0
        harness.wait_until(lambda: number(servers[3], "SELECT count() FROM peer_observer.mempool_rejected_local FINAL") == counts[2], "the replica to heal", 60)
