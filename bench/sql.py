#!/usr/bin/python3
"""How fast events become rows, and how many bytes a row takes: bench/sql.py BUILD [--events N] [--copies N] [--questions]

Writes an archive of a realistic mix (five rows an event: inv with 35 items, transactions, pings, mempool), exports it to SQLite, and writes it to a clickhouse-server
where there is one, by way of the bus. --copies repeats the events with other sequence numbers. --questions asks five of docs/how-to/ask-with-sql.md afterwards.
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
START_NS = 1_790_000_000_000_000_000
BATCH = 500


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


def write_archive(path, count, copies):
    writer = Writer("alpha", 7)
    events = list(make_events(count))
    parts = [events[first:first + BATCH] for first in range(0, count, BATCH)]
    for copy in range(copies):
        for group in range(0, len(parts), 20):
            content, first = b"", copy * count + group * BATCH
            for number, part in enumerate(parts[group:group + 20]):
                for event in part if copy else []:
                    event.timestamp_ns += count * 10_000
                content += delimited(event_pb2.EventBatch(schema_version=1, node="alpha", publisher_id=7, first_sequence=first + number * BATCH, events=part).SerializeToString())
            inside = sum(map(len, parts[group:group + 20]))
            writer.content(content, events=inside, first_sequence=first, end_sequence=first + inside,
                           earliest_ns=START_NS, latest_ns=START_NS + count * copies * 10_000)
    writer.write(path)
    return count * copies


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def show(what, events, rows, seconds, size):
    print(f"| {what} | {events / seconds:,.0f} | {rows / seconds:,.0f} | {size / rows:.1f} |", flush=True)


def ask(run):
    """Milliseconds of five questions."""
    page = (ROOT / "docs/how-to/ask-with-sql.md").read_text()
    for number, sql in re.findall(r"^### (\d+)\. .*?^```sql\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        if int(number) in (1, 2, 5, 12, 24):
            started = time.monotonic()
            run(sql)
            print(f"  question {number}: {1000 * (time.monotonic() - started):,.0f} ms", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--questions", action="store_true")
    options = parser.parse_args()
    with harness.temporary_directory() as folder:
        archive = folder / "mix.poa.zst"
        events = write_archive(archive, options.events, options.copies)
        print(f"{events:,} events\n\n| | events/s | rows/s | bytes a row |\n| --- | ---: | ---: | ---: |")
        started, used = time.monotonic(), cpu_seconds()
        archive_tool("export", "--sqlite", folder / "all.sqlite", archive)
        seconds, used = time.monotonic() - started, cpu_seconds() - used
        database = sqlite3.connect(folder / "all.sqlite")
        database.create_function("unhex", 1, bytes.fromhex)
        tables = [name for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'export%' AND name NOT LIKE 'sqlite%'")]
        rows = sum(database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables)
        show("archive", events, rows, seconds, archive.stat().st_size)
        show("SQLite, with indexes", events, rows, seconds, (folder / "all.sqlite").stat().st_size)
        show("SQLite, by CPU time", events, rows, used, (folder / "all.sqlite").stat().st_size)
        if options.questions:
            ask(lambda sql: database.execute(sql).fetchall())
        try:
            server = clickhouse_server.Server(folder / "server")
        except BaseException as error:  # pytest's skip
            return print(error)
        with server:
            url, metrics = f"tcp://127.0.0.1:{harness.free_port()}", f"127.0.0.1:{harness.free_port()}"
            with harness.Program(harness.program("peer-observer-clickhouse"), "--source", url, "--url", server.url, "--spool", folder / "spool",
                                 "--metrics-address", metrics) as writing:
                writing.wait_for_log("created")
                before, started = cpu_of(writing.pid, server.process.pid), time.monotonic()
                with harness.Program(harness.program("peer-observer-archive"), "replay", "--listen", url, "--speed", "max", "--events-per-second", 150_000, archive):
                    harness.wait_until(lambda: harness.metric(metrics, "peer_observer_clickhouse_events_total") >= events, "the rows", 3600)
                seconds = time.monotonic() - started
                used = [after - of for after, of in zip(cpu_of(writing.pid, server.process.pid), before)]
                size = int(server.query("SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'peer_observer'")[0][0])
                show("ClickHouse, server included", events, rows, seconds, size)
                show("ClickHouse, by the CPU time of the service", events, rows, used[0], size)
                show("ClickHouse, by the CPU time of the server", events, rows, used[1], size)
            if options.questions:
                ask(lambda sql: server.query(sql, database="peer_observer"))


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
