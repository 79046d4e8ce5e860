"""Exports: every field of every kind of event, against what `cat --format json` prints; stopped, repeated, continued."""

import csv
import json
import os
import random
import sqlite3
import subprocess

import pytest
from google.protobuf.descriptor import FieldDescriptor

import harness
import tables
from archive_files import Writer, delimited, write_archive
from archiving import archive_tool, json_events
from peer_observer.proto import event_pb2

START_NS = 1_790_000_000_000_000_000


def fill(message, chance, likely, number):
    """Random values for a share of the fields. Of several that exclude each other, the one whose turn it is."""
    oneofs = {oneof.name: oneof.fields[number % len(oneof.fields)].name for oneof in message.DESCRIPTOR.oneofs if len(oneof.fields) > 1}
    for field in message.DESCRIPTOR.fields:
        if field.containing_oneof and oneofs.get(field.containing_oneof.name, field.name) != field.name or chance.random() > likely:
            continue
        is_map = field.message_type and field.message_type.GetOptions().map_entry
        if is_map:
            values = field.message_type.fields_by_name["value"]
            for key in chance.sample(["*other*", "addr", "ping", "é", "new/1"], 3):
                if values.message_type:
                    fill(getattr(message, field.name)[key], chance, likely, number)
                else:
                    getattr(message, field.name)[key] = value_of(values, chance)
        elif field.label == FieldDescriptor.LABEL_REPEATED:
            for _ in range(chance.choice([1, 3] if likely == 1 else [0, 1, 3])):
                if field.message_type:
                    fill(getattr(message, field.name).add(), chance, likely, number)
                else:
                    getattr(message, field.name).append(value_of(field, chance))
        elif field.message_type:
            inner = getattr(message, field.name)
            inner.SetInParent()
            fill(inner, chance, likely, number)
        else:
            setattr(message, field.name, value_of(field, chance))


def value_of(field, chance):
    kinds = FieldDescriptor
    if field.cpp_type == kinds.CPPTYPE_BOOL:
        return chance.random() < 0.5
    if field.cpp_type in (kinds.CPPTYPE_DOUBLE, kinds.CPPTYPE_FLOAT):
        return chance.choice([0.0, -1.5, 1e300, chance.random(), float("nan")])
    if field.cpp_type == kinds.CPPTYPE_ENUM:
        return chance.choice([value.number for value in field.enum_type.values] + [7777])
    if field.type == kinds.TYPE_STRING:
        if field.name == "address":
            return chance.choice(["192.0.2.1:8333", "[2001:db8::1]:18444", "abc.onion:1", "2001:db8::2", "192.0.2.1:08333", "name", "[a]:1", ""])
        return chance.choice(["", "text", "é\"',\n\\", "a\0b", "x" * 300])
    if field.type == kinds.TYPE_BYTES:
        return chance.choice([b"", bytes(range(32)), b"/Satoshi:31.0.0/", b"\xff\0'", b"a\0b", bytes(3)])
    signed, bits = field.cpp_type in (kinds.CPPTYPE_INT32, kinds.CPPTYPE_INT64), 64 if field.cpp_type in (kinds.CPPTYPE_INT64, kinds.CPPTYPE_UINT64) else 32
    least, most = (-2**(bits - 1), 2**(bits - 1) - 1) if signed else (0, 2**bits - 1)
    return chance.choice([least, most, 0, 1, chance.randint(least, most)])


def every_kind():
    chance = random.Random(25)
    for context in event_pb2.Event.DESCRIPTOR.oneofs_by_name["context"].fields:
        inner = context.message_type.oneofs_by_name.get("event")
        for arm in inner.fields if inner else [None]:
            payloads = 120 if arm and arm.message_type.name == "PeerMessage" else 6
            for i in range(payloads):
                event = event_pb2.Event(timestamp_ns=START_NS + i * 10**9, pid=i, process_start_ms=chance.choice([0, 5]),
                                        unreadable_arguments=chance.choice([[], [], [1, 3]]))
                content = getattr(event, context.name)
                content.SetInParent()
                if arm:
                    getattr(content, arm.name).SetInParent()
                    content = getattr(content, arm.name)
                fill(content, chance, [1, 0.6, 0][i // 40 % 3 if payloads > 6 else i % 3], i)
                yield event


@pytest.fixture(scope="module")
def archive():
    events = list(every_kind())
    with harness.temporary_directory() as directory:
        for number, node in enumerate(("alice", "bob")):
            writer = Writer(node, 2**63 + number)
            for first in range(0, len(events), 200):
                part = events[first:first + 200]
                batch = event_pb2.EventBatch(schema_version=1, node=node, publisher_id=writer.source.publisher_id, first_sequence=first, events=part)
                writer.content(delimited(batch.SerializeToString()), events=len(part), first_sequence=first, end_sequence=first + len(part),
                               earliest_ns=min(event.timestamp_ns for event in part), latest_ns=max(event.timestamp_ns for event in part))
            writer.gap(len(events), 5, 1)
            writer.gap(len(events) + 5, 0, 5)
            writer.write(directory / "archive" / node / f"20261122T233734.123456Z-{writer.source.publisher_id:016x}.poa.zst")
        yield directory / "archive"


def test_has_every_field_of_every_kind(archive, tmp_path):
    archive_tool("export", "--sqlite", tmp_path / "all.sqlite", archive)
    counts = tables.compare(tmp_path / "all.sqlite", json_events(archive))
    database = tables.Database(tmp_path / "all.sqlite")
    # Each table has rows: the comparison has seen it.
    assert set(database.types) - set(counts) == {"losses"}
    losses = database.connection.execute("SELECT node, sequence, count, cause FROM losses ORDER BY node, sequence").fetchall()
    assert [row[0] for row in losses] == ["alice", "alice", "bob", "bob"]
    assert [row[2:] for row in losses] == [(5, "NOT_RECEIVED"), (None, "PUBLISHER_CRASHED")] * 2


def dump(path):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        return list(database.iterdump())


def test_exports_the_same_again(archive, tmp_path):
    for name in ("first", "second"):
        archive_tool("export", "--sqlite", tmp_path / name, archive)
    assert dump(tmp_path / "first") == dump(tmp_path / "second")
    # Nothing is left beside it, and a third run into the same file changes nothing.
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first", "second"]
    archive_tool("export", "--sqlite", tmp_path / "first", archive)
    assert dump(tmp_path / "first") == dump(tmp_path / "second")


def test_continues_with_rows_that_are_there(archive, tmp_path):
    """The second of two files is not complete: some of its rows are there, and no index."""
    archive_tool("export", "--sqlite", tmp_path / "whole", archive)
    archive_tool("export", "--sqlite", tmp_path / "parts", archive)
    with sqlite3.connect(tmp_path / "parts") as database:
        database.execute("DELETE FROM exported_files WHERE name LIKE '%bob%'")
        for table in tables.Database(tmp_path / "parts").types:
            database.execute(f"DELETE FROM {table} WHERE node = 'bob' AND sequence % 3 > 0")
        for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchall():
            database.execute(f"DROP INDEX {name}")
    archive_tool("export", "--sqlite", tmp_path / "parts", archive)
    assert sorted(dump(tmp_path / "parts")) == sorted(dump(tmp_path / "whole"))


@pytest.mark.parametrize("option", ["--csv", "--json"])
def test_continues_text_where_the_last_complete_file_ended(archive, tmp_path, option):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    archive_tool("export", option, whole, archive)
    archive_tool("export", option, parts, archive / "alice")
    extension = {"--csv": ".csv", "--json": ".jsonl"}[option]
    with open(parts / f"message{extension}", "a") as file:
        file.write("half a ro")
    archive_tool("export", option, parts, archive)
    names = sorted(path.name for path in whole.iterdir() if path.suffix == extension)
    assert len(names) > 50
    for name in names:
        assert (parts / name).read_bytes() == (whole / name).read_bytes(), name
    archive_tool("export", option, parts, archive)
    assert (parts / names[0]).read_bytes() == (whole / names[0]).read_bytes()
    # The same file with another selection: nothing would say which of its rows are there.
    done = subprocess.run([harness.program("peer-observer-archive"), "export", option, parts, "--kind", "mempool", archive],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "export to another folder" in done.stderr


def test_continues_after_it_was_killed(archive, tmp_path):
    archive_tool("export", "--sqlite", tmp_path / "whole", archive)
    command = [harness.program("peer-observer-archive"), "export", "--sqlite", tmp_path / "parts", archive]
    for least in (1, 500_000, 1_500_000):  # bytes that it has written when it is killed
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            harness.wait_until(lambda: process.poll() is not None or written(tmp_path, "parts") >= least, "the export to begin")
            process.kill()
    archive_tool("export", "--sqlite", tmp_path / "parts", archive)
    assert sorted(dump(tmp_path / "parts")) == sorted(dump(tmp_path / "whole"))


def written(folder, name):
    return sum(path.stat().st_size for path in folder.glob(f"{name}*"))


@pytest.mark.parametrize(("mebibytes", "is_enough"), [(1, False), (64, True)])
def test_sorts_indexes_in_the_temporary_directory(tmp_path, mebibytes, is_enough):
    """Of 100,000 hashes: more than is sorted in memory."""
    chance = random.Random(1)
    events = [event_pb2.Event(timestamp_ns=START_NS + number) for number in range(10)]
    for event in events:
        for _ in range(10_000):
            event.message.inbound.payload.inv.items.add(type=5, hash=chance.randbytes(32))
    write_archive(tmp_path / "a.poa.zst", events)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-ec", 'mount -t tmpfs -o "size=$1m" none "$SQLITE_TMPDIR" && shift && exec "$@"', "sh", str(mebibytes),
         harness.program("peer-observer-archive"), "export", "--sqlite", tmp_path / "all.sqlite", tmp_path / "a.poa.zst"],
        env={**os.environ, "SQLITE_TMPDIR": str(temporary)}, capture_output=True, text=True, timeout=120)
    assert (done.returncode == 0) == is_enough, done.stderr
    if not is_enough:
        assert str(temporary) in done.stderr
        archive_tool("export", "--sqlite", tmp_path / "all.sqlite", tmp_path / "a.poa.zst")
    with sqlite3.connect(tmp_path / "all.sqlite") as database:
        assert database.execute("SELECT count(*) FROM message_inv_items").fetchone() == (100_000,)
        assert database.execute("SELECT count(*) FROM sqlite_master WHERE type = 'index' AND tbl_name = 'message_inv_items' AND sql IS NOT NULL").fetchone()[0] > 0


def test_csv_and_json_have_the_rows_of_sqlite(archive, tmp_path):
    for option in ("sqlite", "csv", "json"):
        archive_tool("export", f"--{option}", tmp_path / option, archive)
    database = tables.Database(tmp_path / "sqlite")
    for table in database.types:
        rows = database.connection.execute(f"SELECT * FROM {table} ORDER BY node, publisher_id, sequence").fetchall()
        if not rows:
            assert not (tmp_path / "json" / f"{table}.jsonl").exists() and not (tmp_path / "csv" / f"{table}.csv").exists()
            continue
        lines = (tmp_path / "json" / f"{table}.jsonl").read_text().splitlines()
        with open(tmp_path / "csv" / f"{table}.csv", newline="", encoding="utf-8") as file:
            records = list(csv.DictReader(file))
        assert len(rows) == len(lines) == len(records), table
        for line, record in zip(lines, records):
            parsed = json.loads(line)
            assert list(record) == list(database.types[table])
            for name, value in parsed.items():
                if name not in record:
                    assert name.endswith("_hex") and name[:-4] in record
                elif isinstance(value, str):
                    assert record[name] == value, (table, name)
                else:
                    assert float(record[name]) == float(value), (table, name)


def test_exports_what_is_selected(archive, tmp_path):
    selected = ["--kind", "mempool", "--node", "bob", "--from-sequence", 100]
    archive_tool("export", "--sqlite", tmp_path / "some", *selected, archive)
    counts = tables.compare(tmp_path / "some", json_events(*selected, archive))
    assert {table for table in counts if table.startswith("mempool")} and not [table for table in counts if table.startswith("rpc")]


def test_exports_alternatives_of_selections(archive, tmp_path):
    selected = ["--select", "kind=mempool.rejected", "--select", "kind=message,direction=inbound"]
    archive_tool("export", "--sqlite", tmp_path / "some", *selected, archive)
    counts = tables.compare(tmp_path / "some", json_events(*selected, archive))
    directions = sqlite3.connect(tmp_path / "some").execute("SELECT DISTINCT direction FROM message").fetchall()
    assert directions == [("inbound",)]
    assert {table for table in counts if table.startswith("mempool")} == {"mempool_rejected"}
    archive_tool("export", "--sqlite", tmp_path / "nothing", "--select", "kind=mempool,message_type=inv", archive, status=2)
    assert not (tmp_path / "nothing").exists()


def test_distinguishes_alternatives_from_conditions(archive, tmp_path):
    archive_tool("export", "--json", tmp_path / "rows", "--select", "kind=connection,direction=inbound", archive)
    refused = subprocess.run([harness.program("peer-observer-archive"), "export", "--json", tmp_path / "rows", "--select", "kind=connection",
                              "--select", "direction=inbound", archive], capture_output=True, text=True, timeout=60)
    assert refused.returncode == 1 and "export to another folder" in refused.stderr


def test_tells_what_was_damaged(archive, tmp_path):
    broken = tmp_path / "broken.poa.zst"
    first, = (archive / "alice").iterdir()
    data = bytearray(first.read_bytes())
    data[len(data) // 2] ^= 0xFF
    broken.write_bytes(data)
    archive_tool("export", "--sqlite", tmp_path / "some", broken, status=1)
    there = json_events_of_damaged(broken)
    tables.compare(tmp_path / "some", there)
    database = sqlite3.connect(tmp_path / "some")
    (sequence, count, detail), = database.execute("SELECT sequence, count, detail FROM losses WHERE cause = 'DAMAGED'")
    sequences = {event["sequence"] for event in there if event["kind"] != "missed"}
    assert count > 0 and "offset" in detail
    assert set(range(sequence, sequence + count)) == set(range(max(sequences))) - sequences


def test_tells_what_each_publisher_of_a_merged_archive_misses(archive, tmp_path):
    merged = tmp_path / "merged.poa.zst"
    archive_tool("merge", "--output", merged, archive)
    data = bytearray(merged.read_bytes())
    data[len(data) // 2] ^= 0xFF
    merged.write_bytes(data)
    archive_tool("export", "--sqlite", tmp_path / "some", merged, status=1)
    rows = sqlite3.connect(tmp_path / "some").execute("SELECT node, sequence, count FROM losses WHERE cause = 'DAMAGED' ORDER BY node").fetchall()
    # The events are one frame: how many were there, nothing tells.
    assert json_events_of_damaged(merged)[0]["kind"] == "missed" and rows == [("alice", 0, None), ("bob", 0, None)]


def json_events_of_damaged(path):
    return [json.loads(line) for line in archive_tool("cat", "--format", "json", path, status=1).splitlines()]


def test_adds_columns_that_a_database_does_not_have_yet(archive, tmp_path):
    first, = (archive / "alice").iterdir()
    archive_tool("export", "--sqlite", tmp_path / "parts", first)
    with sqlite3.connect(tmp_path / "parts") as database:
        database.execute("ALTER TABLE mempool_rejected DROP COLUMN reason")
        database.execute("ALTER TABLE message_version DROP COLUMN user_agent")
    archive_tool("export", "--sqlite", tmp_path / "parts", archive)
    database = sqlite3.connect(tmp_path / "parts")
    assert database.execute("SELECT count(*) FROM mempool_rejected WHERE node = 'alice' AND reason != ''").fetchone() == (0,)
    assert database.execute("SELECT count(*) FROM mempool_rejected WHERE node = 'bob' AND reason != ''").fetchone()[0] > 0


def test_refuses_what_it_has_not_made(archive, tmp_path):
    (tmp_path / "text").write_text("x" * 5000)
    with sqlite3.connect(tmp_path / "other") as database:
        database.execute("CREATE TABLE mine (x)")
    archive_tool("export", "--csv", tmp_path / "csv", archive / "alice")
    for target, reason in (((), "give one of"), (("--sqlite", tmp_path / "a", "--csv", tmp_path / "b"), "give one of"),
                           (("--sqlite", tmp_path / "text"), "file is not a database"), (("--sqlite", tmp_path / "other"), "not an export"),
                           (("--json", tmp_path / "csv"), "not an export"), (("--csv", "/proc/x"), "cannot create the folder /proc/x"),
                           (("--sqlite", tmp_path / "no" / "file"), "unable to open"), (("--schema", "sqlit"), "--schema takes")):
        done = subprocess.run([harness.program("peer-observer-archive"), "export", *map(str, target), archive], capture_output=True, text=True, timeout=60)
        assert done.returncode in (1, 2) and done.stderr.count("\n") == 1, done.stderr
        assert reason in done.stderr


def test_prints_sql_that_makes_the_tables(archive, tmp_path):
    archive_tool("export", "--sqlite", tmp_path / "all", archive)
    database = sqlite3.connect(":memory:")
    database.executescript(archive_tool("export", "--schema", "sqlite").decode())
    of_schema = {name for name, in database.execute("SELECT name FROM sqlite_master WHERE sql IS NOT NULL")}
    of_export = {name for name, in sqlite3.connect(tmp_path / "all").execute("SELECT name FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%'")}
    assert of_export - of_schema == {"export_model", "exported_files"} and of_schema < of_export
