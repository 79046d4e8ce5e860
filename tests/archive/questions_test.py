"""The questions of docs/how-to/ask-with-sql.md as they stand, on a small archive of which the answers are known."""

import json
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys

import pytest

import clickhouse_server
import harness
import recipes
from archive_files import Writer, delimited
from archiving import archive_tool
from peer_observer.proto import event_pb2

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "autonomous_systems"))
from asmap_file import encode  # noqa: E402

PAGE = "docs/how-to/ask-with-sql.md"
SECOND = 10**9
HOUR, DAY = 3600 * SECOND, 86400 * SECOND
# A day in November 2026, as in the questions.
START = 1_795_996_800 * SECOND

HASHES = {name: bytes([number]) * 32 for number, name in enumerate("abcd", start=1)}


class Node:
    """Events of a node, at seconds of the day."""

    def __init__(self, name, publisher_id):
        self.writer = Writer(name, publisher_id)
        self.events = []

    def add(self, second, fill):
        event = event_pb2.Event(timestamp_ns=START + int(second * SECOND), pid=1)
        fill(event)
        self.events.append(event)

    def message(self, second, peer, host, message_type, direction="inbound", size=10):
        def fill(event):
            message = getattr(event.message, direction)
            message.peer_id, message.address, message.connection_type = peer, f"{host}:8333", "inbound"
            message.message_type, message.size = message_type, size
            getattr(message.payload, message_type).SetInParent()
        self.add(second, fill)
        return getattr(getattr(self.events[-1].message, direction).payload, message_type)

    def write(self, folder):
        batch = event_pb2.EventBatch(schema_version=1, node=self.writer.source.node, publisher_id=self.writer.source.publisher_id, events=self.events)
        times = [event.timestamp_ns for event in self.events]
        self.writer.content(delimited(batch.SerializeToString()), events=len(times), earliest_ns=min(times), latest_ns=max(times),
                            first_sequence=0, end_sequence=len(times))
        self.writer.gap(len(times), 7, 1)
        self.writer.gap(len(times) + 7, 0, 5)
        self.writer.write(folder / self.writer.source.node / f"20261122T233734.123456Z-{self.writer.source.publisher_id:016x}.poa.zst")


def inv(node, second, peer, host, *names, type=1, direction="inbound"):
    payload = node.message(second, peer, host, "inv", direction)
    for name in names:
        payload.items.add(type=type, hash=HASHES[name])


def write_archive(folder):
    alice, bob = Node("alice", 1), Node("bob", 2**63 + 2)
    # Transactions: a is seen by both nodes, b and c by alice, d by bob, by wtxid.
    inv(alice, 10, 1, "198.51.100.4", "a", "b")
    inv(alice, 11, 2, "198.51.100.5", "a", "c")
    inv(bob, 10.5, 7, "198.51.100.5", "a")
    inv(bob, 12, 7, "198.51.100.5", "d", type=5)
    inv(alice, 9, 3, "198.51.100.6", "a", direction="outbound")
    for node, second, name, fee in ((alice, 12, "a", 400), (alice, 13, "b", 810), (bob, 12.5, "a", 400)):
        node.add(second, lambda event: event.mempool.added.MergeFrom(
            event_pb2.Event().mempool.added.__class__(txid=HASHES[name], vsize_vbytes=200, fee_sat=fee)))
    for txid, reason in (("c", "min relay fee not met"), ("c", "min relay fee not met"), ("d", "dust")):
        alice.add(14, lambda event: (setattr(event.mempool.rejected, "txid", HASHES[txid]), setattr(event.mempool.rejected, "reason", reason)))

    def replaced(more, vsize):
        def fill(event):
            content = event.mempool.replaced
            content.replaced_txid, content.replaced_vsize_vbytes, content.replaced_fee_sat = HASHES["a"], 100, 1000
            content.replacement_txid, content.replacement_vsize_vbytes, content.replacement_fee_sat = HASHES["b"], vsize, 1000 + more
        return fill
    alice.add(15, replaced(100, 100))
    bob.add(15, replaced(300, 200))
    # Blocks.
    for node, second, height in ((alice, 20, 5), (bob, 22, 5), (alice, 30, 6)):
        node.add(second, lambda event: (setattr(event.validation.block_connected, "height", height),
                                        setattr(event.validation.block_connected, "hash", HASHES["a"])))
    for peer, host, agent in ((1, "198.51.100.4", b"/Satoshi:31.0.0/"), (2, "198.51.100.5", b"/Satoshi:30.0.0/")):
        alice.message(1, peer, host, "version").user_agent = agent
    alice.message(2, 4, "198.51.100.4", "version").user_agent = b"/\xff/"
    bob.message(1, 7, "198.51.100.5", "version").user_agent = b"/Satoshi:30.0.0/"
    for second, peer, host, name in ((40, 1, "198.51.100.4", "a"), (41, 1, "198.51.100.4", "b"), (42, 2, "198.51.100.5", "a")):
        alice.message(second, peer, host, "cmpctblock").header.hash = HASHES[name]
    for second, peer, host, name in ((40.5, 1, "198.51.100.4", "a"), (42.5, 2, "198.51.100.5", "a")):
        alice.message(second, peer, host, "getblocktxn", "outbound").block_hash = HASHES[name]
    for second, peer, host in ((50, 2, "198.51.100.5"), (51, 1, "198.51.100.4")):
        alice.message(second, peer, host, "headers").headers.add(hash=HASHES["c"])
    # Connections: 11.0.0.0/8 is AS 64500.
    for node, second, peer, address in ((alice, 60, 1, "11.0.0.1:1"), (alice, 61, 2, "11.0.0.1:2"), (alice, 3700, 3, "11.0.0.2:1"),
                                        (bob, 59, 1, "11.0.0.1:3"), (bob, 62, 2, "203.0.113.9:1"), (alice, -5, 9, "11.0.0.3:1")):
        node.add(second, lambda event: (setattr(event.connection.inbound, "peer_id", peer), setattr(event.connection.inbound, "address", address),
                                        setattr(event.connection.inbound, "connection_type", "inbound")))
    for second, kind, host in ((100, "inbound", "198.51.100.4"), (102, "inbound", "198.51.100.5"), (100.5, "feeler", "198.51.100.7")):
        def closed(event):
            content = event.connection.closed
            content.address, content.connection_type, content.established_s = f"{host}:8333", kind, START // SECOND + 90
        alice.add(second, closed)

    def peers(*known):
        def fill(event):
            for address, mapped_as in known:
                event.rpc.getpeerinfo.peers.add(addr=address, mapped_as=mapped_as)
            event.rpc.getpeerinfo.peers.add(addr="198.51.100.8:1")
        return fill
    alice.add(70, peers(("11.0.0.1:1", 64500), ("11.0.0.2:1", 64500), ("12.0.0.1:1", 64501)))
    alice.add(130, peers(("11.0.0.1:1", 64500)))
    # Addresses, pings, losses.
    for second, host, addresses in ((80, "198.51.100.4", ["203.0.113.5", "203.0.113.6", "203.0.113.5"]), (81, "198.51.100.5", ["203.0.113.5"])):
        payload = alice.message(second, 1 if host.endswith("4") else 2, host, "addrv2")
        for address in addresses:
            payload.addresses.add(network=1, address=address, port=8333)
    for second, peer, host, nonce, sent in ((90, 1, "198.51.100.4", 2**63 + 5, 0.25), (91, 1, "198.51.100.4", 6, 0.5), (92, 2, "198.51.100.5", 6, 1)):
        alice.message(second, peer, host, "ping", "outbound").nonce = nonce
        alice.message(second + sent, peer, host, "pong").nonce = nonce
    alice.message(93, 2, "198.51.100.5", "ping", "outbound")  # without a nonce
    for second, count in ((5, 10), (6, 20)):
        bob.add(second, lambda event: (setattr(event.events_lost, "cause", 1), setattr(event.events_lost, "count", count)))
    alice.write(folder)
    bob.write(folder)


def hex_of(name):
    return HASHES[name].hex()


ANSWERS = {
    1: [("alice", "198.51.100.4", 1, START + 10 * SECOND), ("bob", "198.51.100.5", 7, START + 10 * SECOND + SECOND // 2)],
    2: [(hex_of("a"), 2, SECOND // 2)],
    3: [("alice", "198.51.100.4", 2), ("bob", "198.51.100.5", 2), ("alice", "198.51.100.5", 1)],
    4: [(hex_of("c"), 1, 1)],
    5: [(2.0, 2), (4.0, 1)],
    6: [("alice", 2, 2.5 * SECOND), ("bob", 1, 2.0 * SECOND)],
    7: [("min relay fee not met", 2, 1), ("dust", 1, 1)],
    8: [(2, 200.0, 1)],
    9: [(5, 2, 2 * SECOND), (6, 1, 0)],
    10: [("/Satoshi:30.0.0/", 1, 1), ("/Satoshi:31.0.0/", 2, 1)],
    11: [("alice", hex_of("c"), "198.51.100.5")],
    12: [("addrv2", 1, START + 80 * SECOND, START + 80 * SECOND), ("cmpctblock", 2, START + 40 * SECOND, START + 41 * SECOND),
         ("connection_closed", 1, START + 100 * SECOND, START + 100 * SECOND), ("getblocktxn", 1, START + 40 * SECOND + SECOND // 2, START + 40 * SECOND + SECOND // 2),
         ("headers", 1, START + 51 * SECOND, START + 51 * SECOND), ("inv", 1, START + 10 * SECOND, START + 10 * SECOND),
         ("ping", 2, START + 90 * SECOND, START + 91 * SECOND), ("pong", 2, START + 90 * SECOND + SECOND // 4, START + 91 * SECOND + SECOND // 2),
         ("version", 2, START + SECOND, START + 2 * SECOND)],
    13: [(64500, 4, 2)],
    14: [(START, 64500, 2), (START, 64501, 1)],
    15: [("alice", START - HOUR, 1, 1), ("alice", START, 2, 1), ("alice", START + HOUR, 1, 1), ("bob", START, 2, 2)],
    16: [("11.0.0.1", 2, START + 59 * SECOND)],
    17: [("feeler", 1, 10.5), ("inbound", 2, 11.0)],
    18: [("/Satoshi:30.0.0/", 2, 1), ("/Satoshi:31.0.0/", 1, 1), (b"/\xff/", 1, 1)],
    19: [("198.51.100.4", 2)],
    20: [("bob", "RING_FULL", START, 30)],
    21: [("alice", "NOT_RECEIVED", 1, 7), ("alice", "PUBLISHER_CRASHED", 1, 0), ("bob", "NOT_RECEIVED", 1, 7), ("bob", "PUBLISHER_CRASHED", 1, 0)],
    22: [("198.51.100.4", 3, 2, 3), ("198.51.100.5", 1, 1, 1)],
    23: [("alice", "198.51.100.4", START + 80 * SECOND, 2), ("alice", "198.51.100.5", START + 81 * SECOND, 1)],
    24: [("alice", "inbound", "addrv2", 2, 20), ("alice", "inbound", "cmpctblock", 3, 30), ("alice", "inbound", "headers", 2, 20),
         ("alice", "inbound", "inv", 2, 20), ("alice", "inbound", "pong", 3, 30), ("alice", "inbound", "version", 3, 30),
         ("alice", "outbound", "getblocktxn", 2, 20), ("alice", "outbound", "inv", 1, 10), ("alice", "outbound", "ping", 4, 40),
         ("bob", "inbound", "inv", 2, 20), ("bob", "inbound", "version", 1, 10)],
    25: [("alice", "198.51.100.4", 2, SECOND // 4), ("alice", "198.51.100.5", 1, SECOND)],
}


def questions():
    """By number: the statement as it stands in the page."""
    text = (recipes.ROOT / PAGE).read_text()
    found = {int(number): sql for number, sql in re.findall(r"^### (\d+)\. .*?^```sql\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)}
    assert len(found) == text.count("```sql")
    return found


QUESTIONS = questions()


@pytest.fixture(scope="module")
def exported():
    """A folder with the tables as SQLite and as CSV."""
    with harness.temporary_directory() as directory:
        write_archive(directory / "archive")
        (directory / "asmap.dat").write_bytes(encode({"11.0.0.0/8": 64500}))
        for option in ("sqlite", "csv", "json"):
            archive_tool("export", f"--{option}", directory / option, "--asmap", directory / "asmap.dat", directory / "archive")
        yield directory


def test_asks_what_has_an_answer():
    assert list(QUESTIONS) == list(range(1, len(ANSWERS) + 1)) and len(QUESTIONS) >= 20


@pytest.mark.parametrize("number", QUESTIONS)
def test_answers_on_sqlite(exported, number):
    database = sqlite3.connect(f"file:{exported / 'sqlite'}?mode=ro", uri=True)
    database.create_function("unhex", 1, bytes.fromhex, deterministic=True)  # built in from 3.41 on
    assert database.execute(QUESTIONS[number]).fetchall() == ANSWERS[number]


def statements_for_clickhouse(database):
    """What makes the tables and fills them, from the SQLite file."""
    schema = archive_tool("export", "--schema", "clickhouse").decode()
    yield "CREATE DATABASE peer_observer"
    for statement in schema.strip().rstrip(";").split(";\n"):
        yield statement
        table = re.match(r"CREATE TABLE IF NOT EXISTS `peer_observer`.`(\w+)`", statement)[1]
        types = dict(re.findall(r"`(\w+)` (Nullable\(\w+\)|\w+)[,)]", statement))
        cursor = database.execute(f"SELECT * FROM {table}")
        names = [column[0] for column in cursor.description]

        def literal(name, value):
            if value is None:
                return "NULL"
            if isinstance(value, (str, bytes)):
                return f"unhex('{(value.encode() if isinstance(value, str) else value).hex()}')"
            return str(value & 2**64 - 1 if "UInt64" in types[name] else value)
        rows = ["(" + ", ".join(map(literal, names, row)) + ")" for row in cursor]
        if rows:
            yield f"INSERT INTO peer_observer.{table} ({', '.join(f'`{name}`' for name in names)}) VALUES {', '.join(rows)}"


def same(row, answer):
    """A row of texts, and values."""
    def text(value):
        return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
    return len(row) == len(answer) and all(type(should_be)(is_there) == should_be if isinstance(should_be, (int, float)) else is_there == text(should_be)
                                           for is_there, should_be in zip(row, answer))


def assert_same(number, rows, answers):
    assert len(rows) == len(answers) and all(map(same, rows, answers)), f"question {number}: {rows}, not {answers}"


def test_answers_the_same_on_a_clickhouse_server(exported):
    with clickhouse_server.Server(exported / "server") as server:
        for statement in statements_for_clickhouse(sqlite3.connect(exported / "sqlite")):
            server.query(statement)
        for number, sql in QUESTIONS.items():
            assert_same(number, server.query(sql, database="peer_observer"), ANSWERS[number])


def node(module, script, what):
    """Runs `script` in node with `module`, which Debian does not have: NODE_PATH says where it is. `what` is JSON for it; so is the answer."""
    if not shutil.which("node") or subprocess.run(["node", "-e", f"require.resolve('{module}')"], capture_output=True).returncode != 0:
        pytest.skip(f"node has no {module}")
    done = subprocess.run(["node", "-e", script], input=json.dumps(what), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


CHDB = """
const { Session } = require('chdb');
const { folder, statements, questions } = JSON.parse(require('fs').readFileSync(0));
const session = new Session(folder);
for (const statement of statements) session.query(statement);
session.query('USE peer_observer');
const answers = questions.map(sql => { const tsv = session.query(sql, 'TSVRaw'); return tsv.split('\\n').slice(0, -1).map(line => line.split('\\t')); });
session.cleanup();
console.log(JSON.stringify(answers));
"""

DUCKDB = """
const { DuckDBInstance } = require('@duckdb/node-api');
const { statements, questions } = JSON.parse(require('fs').readFileSync(0));
(async () => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  for (const statement of statements) await connection.run(statement);
  const answers = [];
  for (const sql of questions) answers.push((await connection.runAndReadAll(sql)).getRowsJson().map(row => row.map(String)));
  console.log(JSON.stringify(answers));
})();
"""


def replaced(answers):
    """Where bytes that are not UTF-8 have been text on the way."""
    return [tuple(value.decode("utf-8", "replace") if isinstance(value, bytes) else value for value in row) for row in answers]


def test_answers_the_same_on_the_engine_of_today(exported):
    statements = list(statements_for_clickhouse(sqlite3.connect(exported / "sqlite")))
    answers = node("chdb", CHDB, {"folder": str(exported / "chdb"), "statements": statements, "questions": list(QUESTIONS.values())})
    for number, rows in zip(QUESTIONS, answers):
        assert_same(number, rows, replaced(ANSWERS[number]))


def test_answers_the_same_on_duckdb(exported):
    """Of the CSV files, where hashes are hex."""
    database = sqlite3.connect(exported / "sqlite")
    statements = []
    for path in (exported / "csv").glob("*.csv"):
        columns = database.execute("SELECT name, type FROM pragma_table_info(?)", (path.stem,)).fetchall()
        of_bytes = [f"unhex({name}) AS {name}" for name, kind in columns if kind == "BLOB"]
        replace = f"REPLACE ({', '.join(of_bytes)})" if of_bytes else ""
        types = ", ".join(f"'{name}': '{'BIGINT' if kind == 'INTEGER' and name not in ('publisher_id', 'nonce') else 'DOUBLE' if kind == 'REAL' else 'VARCHAR'}'"
                          for name, kind in columns)
        statements.append(f"CREATE TABLE {path.stem} AS SELECT * {replace} FROM read_csv('{path}', header = true, types = {{{types}}}, nullstr = '', allow_quoted_nulls = false)")
    questions = {number: sql for number, sql in QUESTIONS.items() if all(
        (exported / "csv" / f"{table}.csv").exists() for table in re.findall(r"(?:FROM|JOIN) (\w+)", sql))}
    assert len(questions) == len(QUESTIONS)
    answers = node("@duckdb/node-api", DUCKDB, {"statements": statements, "questions": list(questions.values())})
    for number, rows in zip(questions, answers):
        assert_same(number, rows, replaced(ANSWERS[number]))


def test_writes_parquet_as_the_page_says(exported):
    page = (recipes.ROOT / PAGE).read_text()
    of_duckdb = re.search(r'^duckdb -c "(.*)"$', page, re.MULTILINE)[1].replace("tables/", f"{exported}/csv/").replace("'mempool_added.parquet'", f"'{exported}/duckdb.parquet'")
    (rows,) = node("@duckdb/node-api", DUCKDB, {"statements": [of_duckdb], "questions": [f"SELECT lower(hex(txid)), fee_sat FROM '{exported}/duckdb.parquet' ORDER BY fee_sat, node"]})
    assert rows == [[hex_of("a"), "400"], [hex_of("a"), "400"], [hex_of("b"), "810"]]


def test_writes_parquet_of_the_tables_as_the_page_says(exported):
    """As today's engine writes it, and as another engine reads it."""
    page = (recipes.ROOT / PAGE).read_text()
    select = re.search(r"^curl '.*' --data '(.*) FORMAT Parquet'", page, re.MULTILINE)[1]
    statements = [*statements_for_clickhouse(sqlite3.connect(exported / "sqlite")), "USE peer_observer",
                  f"INSERT INTO FUNCTION file('{exported}/tables.parquet', Parquet) {select}"]
    node("chdb", CHDB, {"folder": str(exported / "tables"), "statements": statements, "questions": []})
    question = f"SELECT node, publisher_id, lower(hex(txid)), fee_sat FROM '{exported}/tables.parquet' ORDER BY fee_sat, node"
    (rows,) = node("@duckdb/node-api", DUCKDB, {"statements": [], "questions": [question]})
    assert rows == [["alice", "1", hex_of("a"), "400"], ["bob", str(2**63 + 2), hex_of("a"), "400"], ["alice", "1", hex_of("b"), "810"]]


def test_writes_parquet_of_the_sqlite_file_as_the_page_says(exported):
    page = (recipes.ROOT / PAGE).read_text()
    of_clickhouse = re.search(r'^clickhouse local -q "(.*)"$', page, re.MULTILINE)[1].replace("all.sqlite", str(exported / "sqlite")).replace(
        "INTO OUTFILE 'mempool_added.parquet' FORMAT Parquet", "")
    statement = f"INSERT INTO FUNCTION file('{exported}/chdb.parquet', Parquet) {of_clickhouse}"  # an engine without a client has no OUTFILE
    answer, = node("chdb", CHDB, {"folder": str(exported / "parquet"), "statements": ["CREATE DATABASE peer_observer", statement],
                                  "questions": [f"SELECT fee_sat FROM file('{exported}/chdb.parquet', Parquet) ORDER BY fee_sat"]})
    assert answer == [["400"], ["400"], ["810"]]
