"""The comparison itself: each difference that it is for is found, and nothing else."""

import io
import os
import struct
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path[1:1] = [str(Path(__file__).parent), os.environ["PEER_OBSERVER_BUILD"] + "/python"]

from capture_file import DamagedCapture, folder_name, read_records
from comparison import Figures, _compare_file
from debug_log import read_logs
from node_runs import digest_of
from ordering import compare_as_subsequence, compare_by_thread, compare_in_order
from rejections import compare_decode_errors
from witnesses import rules_of

START = '2026-01-02T03:04:05.678901Z [init] [init/common.cpp:99] [LogPackageVersion] Bitcoin Core version v31.99.0\n' \
        '2026-01-02T03:04:05.678902Z [init] [common/args.cpp:9] [logArgsPrefix] Command-line arg: capturemessages="{}"\n' \
        '2026-01-02T03:04:05.678903Z [init] [common/args.cpp:9] [logArgsPrefix] Command-line arg: debug=""\n'
HASH_A, HASH_B = "a" * 64, "b" * 64


def entry(thread, category, message, function="operator()"):
    return f"2026-01-02T03:04:05.678901Z (mocktime: 2014-01-01T00:00:00Z) [{thread}] [net.cpp:1] [{function}] [{category}] {message}\n"


def logs_of(tmp_path, *lines):
    path = tmp_path / "debug.log"
    path.write_bytes("".join(lines).encode(errors="surrogateescape"))
    return read_logs(path, rules_of)


def lines_of(tmp_path, kind, *lines):
    log, = logs_of(tmp_path, START.format("7.8"), *lines)
    return log.lines.get(kind, [])


def send(thread, what, peer=0, size=8):
    return entry(thread, "net", f"sending {what} ({size} bytes) peer={peer}")


def sorts(result):
    differences = result[0] if isinstance(result, tuple) else result
    return [difference.sort for difference in differences]


def test_finds_process_of_log_section(tmp_path):
    first, second = logs_of(tmp_path, "\n" * 5, START.format("41.1000"), entry("init", "net", "x"), "\n" * 5, START.format("42.2000"),
                            "2026-01-02T03:04:05Z [shutoff] Shutdown done\n")
    assert (first.pid, first.start_ticks, first.ended_in_order) == (41, 1000, False)
    assert (second.pid, second.start_ticks, second.ended_in_order) == (42, 2000, True)


def test_reads_log_with_invalid_utf8_and_long_messages(tmp_path):
    lines = lines_of(tmp_path, "message.outbound", "CTransaction(hash=aa)\n    CTxIn()\n", entry("net", "net", "\udcff\udcfe"), send("msghand", "ping"))
    assert [line.key for line in lines] == [(0, "ping", 8)]


def test_knows_logged_kinds_by_categories(tmp_path):
    argument = '2026-01-02T03:04:05Z [init] Command-line arg: {}="{}"\n'.format
    log, = logs_of(tmp_path, START.format("7.8"), argument("debugexclude", "net"))
    assert log.logs("validation") and not log.logs("net")
    log, = logs_of(tmp_path, START.format("7.8"), argument("debug", "0"), argument("debug", "bench"))
    assert log.logs("bench") and not log.logs("net")


def test_finds_no_difference_in_equal_order(tmp_path):
    lines = lines_of(tmp_path, "message.outbound", send("msghand", "ping"), send("msghand", "inv"), send("http", "tx"))
    assert compare_by_thread("m", lines, [(0, "ping", 8), (0, "inv", 8), (0, "tx", 8)]) == ([], 0)


def test_allows_another_thread_to_overtake(tmp_path):
    lines = lines_of(tmp_path, "message.outbound", send("http", "tx"), send("msghand", "ping"), send("msghand", "inv"))
    assert compare_by_thread("m", lines, [(0, "ping", 8), (0, "tx", 8), (0, "inv", 8)]) == ([], 1)
    assert sorts(compare_by_thread("m", lines, [(0, "inv", 8), (0, "ping", 8), (0, "tx", 8)])) == ["m: order"]


def test_requires_order_of_one_thread(tmp_path):
    lines = lines_of(tmp_path, "message.outbound", send("msghand", "ping"), send("msghand", "inv"))
    assert sorts(compare_by_thread("m", lines, [(0, "inv", 8), (0, "ping", 8)])) == ["m: order"]


def test_requires_event_before_next_line_of_its_thread(tmp_path):
    lines = lines_of(tmp_path, "message.outbound", send("http", "tx"), entry("http", "rpc", "done"), send("msghand", "ping"))
    assert sorts(compare_by_thread("m", lines, [(0, "ping", 8), (0, "tx", 8)])) == ["m: order"]


@pytest.mark.parametrize("keys, sort", [
    ([(0, "ping", 8)], "m: line without event"),
    ([(0, "ping", 8), (0, "inv", 9)], "m: line without event"),
    ([(0, "ping", 8), (1, "inv", 8)], "m: line without event"),
    ([(0, "ping", 8), (0, "inv", 8), (0, "inv", 8)], "m: event without line"),
])
def test_finds_missing_changed_or_additional_event(tmp_path, keys, sort):
    lines = lines_of(tmp_path, "message.outbound", send("msghand", "ping"), send("msghand", "inv"))
    assert sort in sorts(compare_by_thread("m", lines, keys))
    assert sort in sorts(compare_in_order("m", lines, keys))


def test_allows_one_more_line_of_killed_node(tmp_path):
    lines = lines_of(tmp_path, "message.outbound", send("msghand", "ping"), send("msghand", "inv"))
    assert compare_by_thread("m", lines, [(0, "ping", 8)], killed=True) == ([], 0)
    assert compare_by_thread("m", lines, [(0, "ping", 8), (0, "inv", 8)], killed=True) == ([], 0)
    assert sorts(compare_by_thread("m", lines, [], killed=True))
    assert sorts(compare_by_thread("m", lines, [(0, "ping", 8)])) == ["m: line without event"]


def test_reads_lines_of_every_kind(tmp_path):
    def one(kind, *lines):
        found = lines_of(tmp_path, kind, *lines)
        assert len(found) == 1
        return tuple(found[0].key)

    assert one("message.inbound", entry("msghand", "net", "received: inv (37 bytes) peer=3")) == (3, "inv", 37)
    assert one("connection.misbehaving", entry("msghand", "net", "Misbehaving: peer=0")) == (0, "")
    assert one("connection.misbehaving", entry("msghand", "net", "Misbehaving: peer=1: inv message size = 50001")) == (1, "inv message size = 50001")
    assert one("connection.closed", entry("net", "net", "Resetting socket for peer=4")) == (4,)
    assert one("connection.evicted", entry("net", "net", "selected inbound connection for eviction, disconnecting peer=8")) == (8,)
    assert one("connection.inbound", entry("net", "net", "Added connection peer=5"),
               entry("net", "net", "connection from 127.0.0.1:77 accepted")) == (5, "127.0.0.1:77")
    assert one("mempool.added", entry("http", "validation", f"Enqueuing TransactionAddedToMempool: txid={HASH_A} wtxid={HASH_B}")) == (HASH_A,)
    assert one("mempool.removed", entry("http", "validation", f"Enqueuing TransactionRemovedFromMempool: txid={HASH_A} wtxid={HASH_B} reason=expiry")) \
        == (HASH_A, "expiry")
    assert one("mempool.replaced", entry("http", "mempool", f"replacing mempool tx {HASH_A} (wtxid={HASH_B}, fees=5, vsize=6). "
                                         f"New tx {HASH_B} (wtxid={HASH_A}, fees=7, vsize=8)")) == (HASH_A, 5, 6, True, HASH_B, 7, 8)
    assert one("mempool.replaced", entry("http", "mempool", f"replacing mempool tx {HASH_A} (wtxid={HASH_B}, fees=5, vsize=6). "
                                         f"New package {HASH_B} with 2 txs, fees=7, vsize=8")) == (HASH_A, 5, 6, False, HASH_B, 7, 8)
    assert one("mempool.rejected", entry("msghand", "mempoolrej", f"{HASH_A} (wtxid={HASH_B}) from peer=0 was not accepted: a, b")) == (HASH_A, "a, b")
    assert one("validation.block_connected", entry("msghand", "bench", "    - Index writing: 0.00ms"),
               entry("msghand", "validation", f"BlockChecked: block hash={HASH_A} state=Valid")) == (HASH_A,)
    assert one("orphan.add", entry("msghand", "txpackages", f"stored orphan tx {HASH_A} (wtxid={HASH_B}), weight: 616 (mapsz 3 outsz 4)")) \
        == (HASH_A, HASH_B, 616)
    assert one("addrman.attempt_add", entry("msghand", "addrman", "Added 1.2.3.4:8333 mapped to AS5 to new[6][7]")) == ("1.2.3.4:8333", 5, 6, 7)
    assert one("addrman.move_to_good", entry("msghand", "addrman", "Moved 1.2.3.4:8333 to tried[6][7]")) == ("1.2.3.4:8333", 0, 6, 7)


def test_requires_event_for_rejections_except_by_rpc(tmp_path):
    lines = lines_of(tmp_path, "mempool.rejected", entry("msghand", "mempoolrej", f"{HASH_A} (wtxid={HASH_B}) from peer=0 was not accepted: a, b"))
    same = lambda line, event: line[0] == event[0] and line[1].startswith(event[1])  # noqa: E731
    assert compare_as_subsequence("r", lines, [(HASH_B, "x"), (HASH_A, "a")], same) == []
    assert sorts(compare_as_subsequence("r", lines, [(HASH_B, "x")], same)) == ["r: line without event"]


CAUGHT = "ProcessMessages(inv, 3 bytes): Exception 'end of data' (St9exception) caught"


@pytest.mark.parametrize("error, lines, sort", [
    (None, [], None),
    ("cut", [CAUGHT], None),
    (None, [CAUGHT], "rejection: decoded, Core refuses"),
    ("cut", [], "rejection: decode error, Core says nothing"),
    ("cut", ["Misbehaving: peer=0: inv message size = 50001"], None),
    ("cut", ["Misbehaving: peer=0: mutated block"], "rejection: decode error, Core says nothing"),
    ("cut", [CAUGHT.replace("3 bytes", "4 bytes")], "rejection: another size"),
])
def test_expects_decode_error_where_core_refuses(error, lines, sort):
    assert sorts(compare_decode_errors([("inv", 3, error, False)], [lines], Counter())) == ([sort] if sort else [])


def record(message_type, payload, time_us=1):
    return struct.pack("<q12sI", time_us, message_type, len(payload)) + payload


def test_reads_capture_record_by_record():
    data = record(b"ping", b"12345678", 5) + record(b"verack", b"") + record(b"getcfheaders", b"x")
    assert [tuple(one) for one in read_records(io.BytesIO(data))] == [(5, "ping", b"12345678"), (1, "verack", b""), (1, "getcfheaders", b"x")]
    assert folder_name("[::1]:8333") == "[__1]_8333"


def sorts_of_capture(tmp_path, data, *messages):
    path = tmp_path / "msgs_recv.dat"
    path.write_bytes(data)
    figures = Figures()
    _compare_file(path, [SimpleNamespace(message_type=name, size=len(payload), digest=digest_of(payload), truncated=None, sequence=number)
                         for number, (name, payload) in enumerate(messages)], figures, killed=False)
    return [difference.sort for _, difference in figures.differences]


PINGS = record(b"ping", b"12345678") + record(b"ping", b"abcdefgh")


@pytest.mark.parametrize("messages, expected", [
    ([b"12345678", b"abcdefgh"], []),
    ([b"abcdefgh", b"12345678"], []),
    ([b"12345678", b"abcdefgX"], ["capture: other bytes", "capture: events without a record"]),
    ([b"12345678"], ["capture: other bytes"]),
    ([b"12345678", b"abcdefgh", b"abcdefgh"], ["capture: events without a record"]),
])
def test_compares_captured_bytes_with_events(tmp_path, messages, expected):
    assert sorts_of_capture(tmp_path, PINGS, *(("ping", payload) for payload in messages)) == expected


@pytest.mark.parametrize("data, error", [
    (record(b"ping", b"12345678")[:-1], "byte 0 ends within its payload: 7 of 8"),
    (record(b"verack", b"") + b"1234", "byte 24 ends within its header"),
    (record(b"pi\0ng", b""), "message type that is none"),
    (struct.pack("<q12sI", 1, b"tx", 0xFFFFFFFF), "payload of 4294967295 bytes"),
])
def test_reports_place_of_damage_in_capture(data, error):
    with pytest.raises(DamagedCapture, match=error):
        list(read_records(io.BytesIO(data)))
