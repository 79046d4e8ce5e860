#!/usr/bin/env -S PATH=/usr/bin:${PATH} python3
"""How fast events become rows, and how many bytes a row takes: bench/sql.py BUILD [--events N]; with --questions N, how long questions take of N events

Writes an archive of a realistic mix (five rows an event: inv with 35 items, transactions, pings, mempool), exports it to SQLite, and writes it to a clickhouse-server
where there is one, by way of the bus. By CPU time, which does not depend on what else the machine does. --questions repeats the rows inside SQLite (--sqlite-questions)
and ClickHouse, with other sequence numbers, times and hashes, until there are at least so many events, and asks five questions of docs/how-to/ask-with-sql.md.
"""

import argparse
import os
import pathlib
import random
import re
import resource
import sqlite3
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
START_NS = 1_795_000_000_000_000_000  # in the month of the questions
BATCH = 500
QUESTIONS = (1, 2, 5, 12, 24)
SIZE = "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'peer_observer'"


def make_events(count):
    chance = random.Random(1)
    hashes = [chance.randbytes(32) for _ in range(count // 3)]
    peers = [(number, f"{chance.randrange(1, 223)}.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(256)}:8333") for number in range(125)]

    def message(event, direction, message_type, size):
        peer_id, address = chance.choice(peers)
        content = getattr(event.message, direction)
        content.peer_id, content.address, content.message_type, content.size = peer_id, address, message_type, size
        content.connection_type = "inbound" if peer_id > 10 else "outbound-full-relay"
        getattr(content.payload, message_type).SetInParent()
        return getattr(content.payload, message_type)

    for i in range(count):
        event = event_pb2.Event(timestamp_ns=START_NS + i * 10_000 + chance.randrange(9_000), pid=4711, process_start_ms=99)
        recent = hashes[max(0, i // 3 - 2000):i // 3 + 35]
        kind = chance.randrange(100)
        if kind < 11:
            payload = message(event, "inbound", "inv", 1261)
            for item in chance.choices(recent, k=35):
                payload.items.add(type=5, hash=item)
        elif kind < 21:
            payload = message(event, "outbound", "inv", 73)
            for item in chance.choices(recent, k=2):
                payload.items.add(type=5, hash=item)
        elif kind < 26:
            payload = message(event, "outbound", "getdata", 109)
            payload.items.add(type=0x40000001, hash=chance.choice(recent))
        elif kind < 40:
            payload = message(event, "inbound", "tx", 250)
            payload.txid, payload.wtxid, payload.size_bytes, payload.vsize_vbytes, payload.weight_wu = chance.choice(recent), chance.choice(recent), 250, 170, 680
        elif kind < 60:
            event.mempool.added.txid, event.mempool.added.vsize_vbytes, event.mempool.added.fee_sat = chance.choice(recent), 170, chance.randrange(100, 9000)
        elif kind < 80:
            message(event, "inbound" if kind % 2 else "outbound", "ping" if kind % 3 else "pong", 8).nonce = chance.getrandbits(64)
        elif kind < 90:
            message(event, "inbound", "sendheaders", 0)
        else:
            event.mempool.removed.txid, event.mempool.removed.reason, event.mempool.removed.fee_sat = chance.choice(recent), "block", 500
        yield event


def write_archive(path, count):
    writer = Writer("alpha", 7)
    events = list(make_events(count))
    parts = [events[first:first + BATCH] for first in range(0, count, BATCH)]
    for group in range(0, len(parts), 20):
        content, first = b"", group * BATCH
        for number, part in enumerate(parts[group:group + 20]):
            content += delimited(event_pb2.EventBatch(schema_version=1, node="alpha", publisher_id=7, first_sequence=first + number * BATCH, events=part).SerializeToString())
        inside = sum(map(len, parts[group:group + 20]))
        writer.content(content, events=inside, first_sequence=first, end_sequence=first + inside, earliest_ns=START_NS, latest_ns=START_NS + count * 10_000)
    writer.write(path)


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def show(what, events, rows, seconds, size):
    speed = f"{events / seconds:,.0f} | {rows / seconds:,.0f}" if seconds else " | "
    print(f"| {what} | {speed} | {f'{size / rows:.1f}' if size else ''} |", flush=True)


def repeat(columns, run, events, wanted, hash_of):
    """Doubles the tables, whose columns `columns` has, until they have `wanted` events. Returns how many."""
    doubled = 0
    while events < wanted:
        def value(name):
            if name == "sequence":
                return f"{name} + {events}"
            if name == "timestamp_ns":
                return f"{name} + {events * 10_000}"
            return hash_of(name, doubled) if name in ("hash", "txid", "wtxid") else f'"{name}"'
        for table, names in columns.items():
            of_table = ", ".join(f'"{name}"' for name in names)
            run(f"INSERT INTO {table} ({of_table}) SELECT {', '.join(map(value, names))} FROM {table}")
        events, doubled = 2 * events, doubled + 1
    return events


def ask(engine, events, run, cpu):
    """Milliseconds of five questions, the least of three times each, about a hash and an address that are there."""
    known_hash, = run("SELECT lower(hex(hash)) FROM message_inv_items WHERE direction = 'inbound' LIMIT 1")[0]
    known_host, = run("SELECT host FROM message LIMIT 1")[0]
    page = (ROOT / "docs/how-to/ask-with-sql.md").read_text()
    for number, title, sql in re.findall(r"^### (\d+)\. (.*?)$.*?^```sql\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        if int(number) in QUESTIONS:
            sql, times = re.sub("unhex\\('.*?'\\)", f"unhex('{known_hash}')", sql).replace("198.51.100.4", known_host), []
            for _ in range(3):
                used, started = cpu(), time.monotonic()
                run(sql)
                times.append((cpu() - used, time.monotonic() - started))
            print(f"| {engine} | {events:,} | {title} | {1000 * min(times)[0]:,.0f} | {1000 * min(of for _, of in times):,.0f} |", flush=True)


def bench_sqlite(folder, archive, events, questions):
    """Returns the number of rows."""
    used = cpu_seconds()
    archive_tool("export", "--sqlite", folder / "all.sqlite", archive)
    used = cpu_seconds() - used
    database = sqlite3.connect(folder / "all.sqlite", isolation_level=None)
    names = [name for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'export%' AND name NOT LIKE 'sqlite%'")]
    counts = {name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}
    rows = sum(counts.values())
    if not questions:
        show("archive", events, rows, None, archive.stat().st_size)
        show("SQLite, with indexes", events, rows, used, (folder / "all.sqlite").stat().st_size)
        return rows
    database.execute("PRAGMA journal_mode = OFF")
    columns = {name: [column for column, in database.execute("SELECT name FROM pragma_table_info(?)", (name,))] for name in names if counts[name]}
    indexes = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchall()
    for name, _ in indexes:
        database.execute(f"DROP INDEX {name}")
    events = repeat(columns, database.execute, events, questions,
                    lambda name, step: f"CAST(substr({name}, 1, {step}) || x'{step:02x}' || substr({name}, {step + 2}) AS BLOB)")
    for _, statement in indexes:
        database.execute(statement)
    database.execute("ANALYZE")
    database.create_function("unhex", 1, bytes.fromhex, deterministic=True)
    ask("SQLite", events, lambda sql: database.execute(sql).fetchall(), time.process_time)
    return rows


def bench_clickhouse(folder, archive, events, rows, questions):
    try:
        server = clickhouse_server.Server(folder / "server")
    except BaseException as error:  # pytest's skip
        return print(error)
    with server:
        url, metrics = f"tcp://127.0.0.1:{harness.free_port()}", f"127.0.0.1:{harness.free_port()}"
        with harness.Program(harness.program("peer-observer-clickhouse"), "--source", url, "--url", server.url, "--spool", folder / "spool",
                             "--metrics-address", metrics) as writing:
            writing.wait_for_log("created", 600)
            before = cpu_of(writing.pid, server.process.pid)
            with harness.Program(harness.program("peer-observer-archive"), "replay", "--listen", url, "--speed", "max", "--events-per-second", 100_000, archive):
                harness.wait_until(lambda: harness.metric(metrics, "peer_observer_clickhouse_events_total") >= events, "the rows", 3600)
            service, of_server = (after - of for after, of in zip(cpu_of(writing.pid, server.process.pid), before))
        size = int(server.query(SIZE)[0][0])
        if not questions:
            show("ClickHouse, the service", events, rows, service, None)
            show("ClickHouse, the server", events, rows, of_server, size)
            show("ClickHouse, both on two cores", events, rows, (service + of_server) / 2, None)
            return None
        columns = {}
        for table, column in server.query("SELECT table, name FROM system.columns WHERE database = 'peer_observer' AND name NOT IN ('timestamp', 'version')"):
            columns.setdefault(table, []).append(column)
        columns = {table: names for table, names in columns.items() if server.query(f"SELECT count() FROM peer_observer.{table}") != [("0",)]}
        events = repeat(columns, lambda sql: server.query(sql, 7200, database="peer_observer", max_memory_usage=6_000_000_000), events, questions,
                        lambda name, step: f"concat(substring({name}, 1, {step}), unhex('{step:02x}'), substring({name}, {step + 2}))")
        harness.wait_until(lambda: server.query("SELECT count() FROM system.merges") == [("0",)], "the merges", 3600)
        size = int(server.query(SIZE)[0][0])
        # Grouping by hash needs more memory than this machine has, and goes to the disk.
        limits = {"max_memory_usage": 12_000_000_000, "max_bytes_before_external_group_by": 4_000_000_000, "max_bytes_before_external_sort": 4_000_000_000}
        ask("ClickHouse", events, lambda sql: server.query(sql, 7200, database="peer_observer", **limits), lambda: cpu_of(server.process.pid)[0])
        print(f"\nIn ClickHouse {events:,} events are {size:,} bytes on disk: {size / events:.1f} an event.", flush=True)
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--events", type=int, default=400_000)
    parser.add_argument("--questions", type=int, default=0)
    parser.add_argument("--sqlite-questions", type=int, default=0)
    parser.add_argument("--folder", type=pathlib.Path)
    options = parser.parse_args()
    with harness.temporary_directory() as temporary:
        folder = options.folder or temporary
        archive = folder / "mix.poa.zst"
        write_archive(archive, options.events)
        if options.questions or options.sqlite_questions:
            print("| | events | question | CPU time, ms | time, ms |\n| --- | ---: | --- | ---: | ---: |", flush=True)
        else:
            print(f"{options.events:,} events:\n\n| | events/s of CPU time | rows/s of CPU time | bytes a row |\n| --- | ---: | ---: | ---: |", flush=True)
        rows = bench_sqlite(folder, archive, options.events, options.sqlite_questions) if options.sqlite_questions or not options.questions else 0
        if options.questions or not options.sqlite_questions:
            bench_clickhouse(folder, archive, options.events, rows, options.questions)


def cpu_of(*pids):
    ticks = os.sysconf("SC_CLK_TCK")
    return [sum(map(int, pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13])) / ticks for pid in pids]


if __name__ == "__main__":
    os.environ["PEER_OBSERVER_BUILD"] = sys.argv[1] if len(sys.argv) > 1 else "build"
    for place in ("tests", "tests/archive"):
        sys.path.insert(0, str(ROOT / place))
    sys.path.insert(0, str(pathlib.Path(os.environ["PEER_OBSERVER_BUILD"]) / "python"))
    import clickhouse_server
    import harness
    from archive_files import Writer, delimited
    from archiving import archive_tool
    from peer_observer.proto import event_pb2
    main()
