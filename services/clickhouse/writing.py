"""peer-observer-clickhouse between a replayed archive and a server of the test's own, and what its tables have: for the tests of this folder."""

import contextlib
import pathlib
import random
import sys

import harness
from archive_files import Writer, delimited
from peer_observer.proto import event_pb2

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tests/archive"))

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
    def __init__(self, server, spool, url, *options, request_seconds=10):
        self.metrics = f"127.0.0.1:{harness.free_port()}"
        super().__init__(harness.program("peer-observer-clickhouse"), "--source", url, "--url", server.url, "--spool", spool, "--batch-seconds", "0.2",
                         "--metrics-address", self.metrics, "--request-seconds", request_seconds, *options)
        self.wait_for_log("metrics on")
        harness.wait_until(lambda: "peer_observer_clickhouse_" in harness.metrics_text(self.metrics), "its own metrics")

    def metric(self, name):
        return harness.metric(self.metrics, f"peer_observer_clickhouse_{name}")

    def errors(self, *causes):
        return sum(self.metric(f'errors_total{{cause="{cause}"}}') for cause in causes)


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
    return sorted(int(row[0]) for row in server.query(f"SELECT sequence FROM peer_observer.{table} FINAL"))


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
