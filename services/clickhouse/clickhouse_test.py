"""Rows in a real clickhouse-server: every field, and after every fault published = stored + told as lost, and nothing twice."""

import json
import pathlib
import sqlite3
import subprocess

import clickhouse_server
import harness
from writing import assert_complete, comparable_rows, number, rejections, replaying, stored, told, wait_for_end, write_archive, Writing
from archiving import archive_tool
from export_test import every_kind


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
        assert writing.errors("unreachable", "timeout") > 0
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


def test_tells_what_was_in_damaged_files_of_the_spool(directory, server, url, many):
    archive, events = many
    server.kill()
    with replaying(archive, url, 5_000) as replay, Writing(server, directory / "spool", url) as writing:
        assert replay.wait(60) == 0
        assert writing.stop() == 0
    files = sorted(path for path in (directory / "spool").iterdir() if path.suffix == ".zst")
    assert len(files) > 5
    archive_tool("verify", *files)
    for file in (files[0], files[2]):
        content = bytearray(file.read_bytes())
        content[len(content) * 4 // 5] ^= 0xff # in its frame
        file.write_bytes(content)
    files[4].write_bytes(b"garbage")
    server.start()
    with Writing(server, directory / "spool", url) as writing:
        harness.wait_until(lambda: writing.metric("spool_bytes") == 0, "an empty spool", 60)
        assert writing.stop() == 0
    first, *rows = server.query("SELECT cause, detail, count, sequence FROM peer_observer.losses FINAL ORDER BY sequence")
    # Nothing that came before the first file is known to this run.
    assert first[0] == "DAMAGED" and files[0].name in first[1] and first[2:] == ("\\N", "0")
    for file, (cause, detail, _, _) in zip((files[2], files[4]), rows, strict=True):
        assert cause == "DAMAGED" and file.name in detail
    lost = set(range(stored(server)[0])) | told(server)
    assert 0 < len(lost) < events and sorted(lost | set(stored(server))) == list(range(events))


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


def test_leaves_tables_of_another_version_alone(directory, server, url, many):
    archive, events = many
    with Writing(server, directory / "spool", url) as writing:
        writing.wait_for_log("created", 60)
        assert writing.stop() == 0
    assert server.query("SELECT version FROM peer_observer.model") == [("1",)]
    for version in (0, 2):
        server.query("DROP TABLE peer_observer.model")
        server.query("CREATE TABLE peer_observer.model (version UInt32) ENGINE = Memory")
        server.query(f"INSERT INTO peer_observer.model VALUES ({version})")
        with Writing(server, directory / "spool", url) as writing:
            writing.wait_for_log(f"the tables of peer_observer are of version {version} of the model, not 1")
            if version == 2:
                with replaying(archive, url, 20_000) as replay:
                    assert replay.wait() == 0
                    harness.wait_until(lambda: writing.metric("spool_bytes") > 0, "events in the spool")
                    assert stored(server) == []
                    server.query("DROP TABLE peer_observer.model")
                    wait_for_end(server, events)
            assert writing.stop() == 0
    assert assert_complete(server, events) == set()
    assert server.query("SELECT version FROM peer_observer.model") == [("1",)]


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
