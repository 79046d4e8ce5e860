"""Rows in a real clickhouse-server: every field, and after every fault published = stored + told as lost, and nothing twice."""

import contextlib
import json
import os
import pathlib
import random
import shutil
import socket
import sqlite3
import subprocess
import sys

import pytest

import clickhouse_server
import harness
from archive_files import Writer, delimited
from peer_observer.proto import event_pb2

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tests/archive"))
from archiving import archive_tool  # noqa: E402
from export_test import every_kind  # noqa: E402

NODE, PUBLISHER = "alice", 2**63 + 7
BATCH = 100


def write_archive(path, events):
    """Of one publisher, numbered from 0 on, in batches of BATCH."""
    writer = Writer(NODE, PUBLISHER)
    for first in range(0, len(events), BATCH):
        part = events[first:first + BATCH]
        batch = event_pb2.EventBatch(schema_version=1, node=NODE, publisher_id=PUBLISHER, first_sequence=first, events=part)
        times = [event.timestamp_ns for event in part]
        writer.content(delimited(batch.SerializeToString()), events=len(part), first_sequence=first, end_sequence=first + len(part),
                       earliest_ns=min(times), latest_ns=max(times))
    writer.write(path)


def rejections(count):
    chance = random.Random(1)
    for i in range(count):
        event = event_pb2.Event(timestamp_ns=1_790_000_000_000_000_000 + i, pid=1)
        event.mempool.rejected.txid, event.mempool.rejected.reason = chance.randbytes(32), "dust" if i % 100 else "min relay fee not met"
        yield event


class Writing(harness.Program):
    def __init__(self, server, spool, url, *options):
        self.metrics = f"127.0.0.1:{harness.free_port()}"
        super().__init__(harness.program("peer-observer-clickhouse"), "--source", url, "--url", server.url, "--spool", spool, "--batch-seconds", "0.2",
                         "--metrics-address", self.metrics, "--request-seconds", 10, *options)
        self.wait_for_log("metrics on")
        harness.wait_until(lambda: "peer_observer_clickhouse_" in harness.metrics_text(self.metrics), "its own metrics")

    def metric(self, name):
        return harness.metric(self.metrics, f"peer_observer_clickhouse_{name}")


@contextlib.contextmanager
def replaying(archive, url, rate=None):
    limit = ("--events-per-second", rate) if rate else ()
    with harness.Program(harness.program("peer-observer-archive"), "replay", "--listen", url, "--speed", "max", *limit, archive) as replay:
        yield replay


def number(server, statement):
    (value,), = server.query(statement)
    return int(value)


def told(server):
    """Sequence numbers that `losses` tells of."""
    missing = set()
    for first, count in server.query("SELECT sequence, count FROM peer_observer.losses FINAL WHERE count IS NOT NULL AND cause != 'REFUSED'"):
        missing |= set(range(int(first), int(first) + int(count)))
    return missing


def stored(server, table="mempool_rejected"):
    return [int(row[0]) for row in server.query(f"SELECT sequence FROM peer_observer.{table} FINAL ORDER BY sequence")]


def assert_complete(server, events):
    sequences = stored(server)
    assert len(sequences) == len(set(sequences)), "rows that are there twice"
    lost = told(server)
    assert not lost & set(sequences)
    assert lost | set(sequences) == set(range(events))
    return lost


def wait_for_end(server, events):
    """Until every event is stored or told as lost."""
    def is_there():
        tables = number(server, "SELECT count() FROM system.tables WHERE database = 'peer_observer' AND name IN ('mempool_rejected', 'losses')")
        return tables == 2 and len(stored(server)) + len(told(server)) >= events
    harness.wait_until(is_there, "all events in the tables", 90)


@pytest.fixture
def directory():
    with harness.temporary_directory() as path:
        yield path


@pytest.fixture
def server(directory):
    with clickhouse_server.Server(directory / "server") as running:
        yield running


@pytest.fixture
def many(directory):
    events = 20_000
    write_archive(directory / "many.poa.zst", list(rejections(events)))
    return directory / "many.poa.zst", events


@pytest.fixture
def url():
    return f"tcp://127.0.0.1:{harness.free_port()}"


def comparable_rows(server, database):
    """By table: rows of both, as texts that are equal where the values are."""
    for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'export%' AND name NOT LIKE 'sqlite%'"):
        columns = database.execute("SELECT name, type FROM pragma_table_info(?)", (table,)).fetchall()
        is_number = {name: kind in ("INTEGER", "REAL") for name, kind in columns}
        ours = database.execute("SELECT {} FROM {}".format(
            ", ".join(f'"{name}"' if is_number[name] else f'CASE WHEN "{name}" IS NULL THEN NULL ELSE hex(CAST("{name}" AS BLOB)) END' for name, _ in columns), table))
        theirs = server.query("SELECT {} FROM peer_observer.{} FINAL".format(
            ", ".join(f"`{name}`" if is_number[name] else f"hex(`{name}`)" for name, _ in columns), table))

        def of_sqlite(value, kind):
            if value is None:
                return None
            return float(value) if kind == "REAL" else value & (2**64 - 1) if kind == "INTEGER" else value

        def of_clickhouse(value, kind):
            if value == "\\N":
                return None
            return float(value) if kind == "REAL" else int(value) & (2**64 - 1) if kind == "INTEGER" else value
        kinds = [kind for _, kind in columns]
        yield (table, sorted(([of_sqlite(*pair) for pair in zip(row, kinds)] for row in ours), key=repr),
               sorted(([of_clickhouse(*pair) for pair in zip(row, kinds)] for row in theirs), key=repr))


def test_stores_every_field_of_every_kind(directory, server, url):
    events = list(every_kind())
    write_archive(directory / "all.poa.zst", events)
    archive_tool("export", "--sqlite", directory / "all.sqlite", directory / "all.poa.zst")
    with replaying(directory / "all.poa.zst", url) as replay, Writing(server, directory / "spool", url) as writing:
        assert replay.wait() == 0
        harness.wait_until(lambda: writing.metric("events_total") == len(events), "all events to be stored", 60)
        assert writing.metric("refused_rows_total") == 0
        assert writing.metric("spool_bytes") == 0
        assert writing.stop() == 0
    compared = 0
    for table, ours, theirs in comparable_rows(server, sqlite3.connect(directory / "all.sqlite")):
        assert theirs == ours, table
        compared += bool(ours)
    assert compared > 100


def test_loses_nothing_when_the_server_is_killed(directory, server, url, many):
    archive, events = many
    with Writing(server, directory / "spool", url) as writing:
        writing.wait_for_log("created", 60)
        with replaying(archive, url, 1_500):
            for _ in range(2):
                stored_before, lines = writing.metric("events_total"), len(writing.log)
                harness.wait_until(lambda: writing.metric("events_total") > stored_before, "events to be stored")
                server.kill()
                writing.wait_for_log("retrying, events wait in the spool", after=lines)
                server.start()
            wait_for_end(server, events)
        assert sum(writing.metric(f'errors_total{{cause="{cause}"}}') for cause in ("unreachable", "timeout")) > 0
        assert writing.stop() == 0
    assert assert_complete(server, events) == set()


def test_tells_what_came_while_it_did_not_run(directory, server, url, many):
    archive, events = many
    with replaying(archive, url, 2_000):
        with Writing(server, directory / "spool", url) as writing:
            harness.wait_until(lambda: writing.metric("events_total") > events / 5, "events to be stored")
            writing.kill()
        # What another one hears now, nobody stores.
        subprocess.run([harness.program("peer-observer-logger"), "--source", url, "--count", "1000"],
                       check=True, stdout=subprocess.DEVNULL, timeout=harness.TIMEOUT)
        with Writing(server, directory / "spool", url) as writing:
            wait_for_end(server, events)
            assert writing.stop() == 0
    assert 0 < len(assert_complete(server, events)) < events / 2
    assert {row[0] for row in server.query("SELECT cause FROM peer_observer.losses")} <= {"NOT_RUNNING", "NOT_RECEIVED"}


def test_bounds_the_spool_and_tells_what_it_could_not_hold(directory, server, url):
    events = 150_000
    write_archive(directory / "many.poa.zst", list(rejections(events)))
    server.kill()
    with replaying(directory / "many.poa.zst", url, 60_000) as replay, Writing(server, directory / "spool", url, "--spool-size", 1) as writing:
        assert replay.wait(120) == 0
        harness.wait_until(lambda: writing.metric('lost_events_total{cause="not_written"}') > 0, "the spool to be full", 60)
        assert sum(path.stat().st_size for path in (directory / "spool").iterdir()) < 3 << 20
        server.start()
        wait_for_end(server, events)
        assert writing.stop() == 0
    assert 0 < len(assert_complete(server, events)) < events


def test_puts_aside_the_rows_that_the_server_refuses(directory, server, url):
    archive, events = directory / "few.poa.zst", 2_000
    write_archive(archive, list(rejections(events)))
    with Writing(server, directory / "spool", url) as writing:
        harness.wait_until(lambda: number(server, "SELECT count() FROM system.tables WHERE database = 'peer_observer' AND name = 'mempool_rejected'"), "the tables")
        server.query("ALTER TABLE peer_observer.mempool_rejected ADD COLUMN code UInt8 MATERIALIZED toUInt8(if(reason = 'dust', '1', reason))")
        with replaying(archive, url) as replay:
            assert replay.wait() == 0
            harness.wait_until(lambda: writing.metric("refused_rows_total") == events / 100, "the refused rows", 90)
            harness.wait_until(lambda: number(server, "SELECT count() FROM peer_observer.losses FINAL") == events / 100, "rows about them")
        assert writing.stop() == 0
    assert stored(server) == [sequence for sequence in range(events) if sequence % 100]
    (cause, table, detail), = set(server.query("SELECT cause, table_name, substring(detail, 1, 15) FROM peer_observer.losses"))
    assert (cause, table) == ("REFUSED", "mempool_rejected") and "HTTP status" in detail


def test_waits_for_a_server_that_cannot_take_it(directory, url, many):
    """A wrong password, then the right one; a column of another type, then the right one."""
    archive, events = many
    with clickhouse_server.Server(directory / "server", password="secret") as server:
        password = directory / "password"
        password.write_text("wrong\n")
        with replaying(archive, url, 20_000), Writing(server, directory / "spool", url, "--user", "default", "--password-file", password) as writing:
            assert "secret" not in writing.wait_for_log("retrying, events wait in the spool")
            server.query("CREATE DATABASE peer_observer")
            server.query("CREATE TABLE peer_observer.mempool_rejected (node UInt8) ENGINE = Memory")
            password.write_text("secret\n")
            writing.wait_for_log("column node of peer_observer.mempool_rejected is UInt8, not String")
            server.query("DROP TABLE peer_observer.mempool_rejected")
            wait_for_end(server, events)
            assert writing.stop() == 0
        assert assert_complete(server, events) == set()


def test_adds_columns_and_drops_old_months(directory, server, url, many):
    archive, events = many
    with Writing(server, directory / "spool", url):
        harness.wait_until(lambda: number(server, "SELECT count() FROM system.tables WHERE database = 'peer_observer'") > 100, "the tables")
        harness.wait_until(lambda: server.query("SELECT name FROM system.tables WHERE database = 'peer_observer' AND name = 'losses'"), "the last table")
    server.query("INSERT INTO peer_observer.mempool_added (node, timestamp_ns) VALUES ('alice', 1500000000000000000)")
    server.query("ALTER TABLE peer_observer.mempool_rejected DROP COLUMN reason")
    with replaying(archive, url), Writing(server, directory / "spool", url, "--keep-days", 1000) as writing:
        wait_for_end(server, events)
        harness.wait_until(lambda: writing.metric("dropped_partitions_total") == 1, "the old month to go")
        assert writing.stop() == 0
    assert number(server, "SELECT count() FROM peer_observer.mempool_added") == 0
    assert number(server, "SELECT count() FROM peer_observer.mempool_rejected FINAL WHERE reason = 'dust'") == events - events / 100


def test_refuses_wrong_usage(directory):
    for options, reason in (((), "--spool is needed"), (("--spool", directory, "--url", "ftp://x"), "neither http:// nor https://"),
                            (("--spool", directory, "--spool-size", "0"), "--spool-size")):
        done = subprocess.run([harness.program("peer-observer-clickhouse"), *map(str, options)], capture_output=True, text=True, timeout=30)
        assert done.returncode == 2 and done.stderr.count("\n") == 1 and reason in done.stderr


def test_dashboard_asks_what_the_tables_answer(directory, server, url, many):
    archive, events = many
    with replaying(archive, url), Writing(server, directory / "spool", url) as writing:
        wait_for_end(server, events)
        assert writing.stop() == 0
    dashboard = json.loads((pathlib.Path(__file__).parent / "dashboard.json").read_text())
    statements = [target["rawSql"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(statements) == 3
    for statement in statements:
        server.query(statement.replace("$__fromTime", "toDateTime(0)").replace("$__toTime", "now()"))


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
        with replaying(directory / "many.poa.zst", url, 20_000), Writing(servers[0], directory / "spool", url, "--cluster", "nodes") as writing:
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
