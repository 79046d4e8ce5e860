"""What is recorded of requests for transactions of compact blocks."""

import csv
import os
import pathlib
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["PEER_OBSERVER_BUILD"])
sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path[:0] = [str(BUILD / "python"), str(ROOT / "tests")]

import getblocktxn_recorder as tool  # noqa: E402
import peer_observer  # noqa: E402
from peer_observer import DecodingError, Origin, events_of  # noqa: E402
from peer_observer.events import kind_of  # noqa: E402
from peer_observer.reading import parse_batch  # noqa: E402
from peer_observer import service  # noqa: E402
from peer_observer.proto import event_pb2  # noqa: E402
from archive_files import delimited, make_batch, write_archive  # noqa: E402

BLOCK = bytes(range(32))


def origin(sequence=0):
    return Origin("alice", 7, sequence)


def message(direction, peer_id=3):
    event = event_pb2.Event(timestamp_ns=1_700_000_000_000_000_001)
    peer_message = getattr(event.message, direction)
    peer_message.peer_id = peer_id
    peer_message.address = "192.0.2.1:8333"
    return event, peer_message.payload


def announcement(transactions=5):
    event, payload = message("inbound")
    payload.cmpctblock.header.hash = BLOCK
    payload.cmpctblock.short_ids.extend(range(transactions - 1))
    payload.cmpctblock.prefilled.add(index=0)
    return event


def request(direction="outbound", indexes=(1, 4), peer_id=3, block=BLOCK):
    event, payload = message(direction, peer_id)
    payload.getblocktxn.block_hash = block
    payload.getblocktxn.indexes.extend(indexes)
    return event


def answer(direction="inbound", count=2, peer_id=3):
    event, payload = message(direction, peer_id)
    payload.blocktxn.block_hash = BLOCK
    for number in range(count):
        payload.blocktxn.transactions.add(txid=bytes(31) + bytes([number]), wtxid=bytes(32), vsize_vbytes=100 + number)
    return event


def record(*events):
    recorder = tool.Recorder()
    rows = [row for number, event in enumerate(events) for row in recorder.add(origin(number), event)]
    return [dict(zip(tool.COLUMNS, row)) for row in rows], [dict(zip(tool.COLUMNS, row)) for row in recorder.end()]


def test_writes_row_for_each_requested_transaction():
    rows, unanswered = record(announcement(), request(), answer())
    assert unanswered == []
    assert [row["index"] for row in rows] == [1, 4]
    assert [row["vsize"] for row in rows] == [100, 101]
    assert rows[1]["txid"] == "01" + "00" * 31
    assert rows[0]["block_hash"] == BLOCK[::-1].hex()
    assert rows[0]["block_transactions"] == 5
    assert rows[0]["requested"] == 2
    assert rows[0]["time"] == "2023-11-14T22:13:20.000000001Z"
    assert rows[0]["direction"] == "outbound"


def test_matches_requests_of_peers_with_answers_of_node():
    rows, _ = record(request("inbound"), answer("outbound"))
    assert [row["direction"] for row in rows] == ["inbound", "inbound"]
    assert rows[0]["block_transactions"] == ""


def test_ignores_answer_of_another_peer():
    rows, unanswered = record(request(peer_id=3), answer(peer_id=4))
    assert rows == []
    assert [row["txid"] for row in unanswered] == ["", ""]


def test_leaves_rest_of_short_answer_empty():
    rows, _ = record(request(indexes=(0, 1, 2)), answer(count=1))
    assert [row["vsize"] for row in rows] == [100, "", ""]


def test_bounds_requests_without_answer():
    recorder = tool.Recorder()
    rows = []
    for number in range(tool.MOST_REMEMBERED + 10):
        rows += recorder.add(origin(number), request(indexes=(1,), block=number.to_bytes(32, "little")))
    assert len(rows) == 10
    assert len(recorder.end()) == tool.MOST_REMEMBERED


def run(*arguments):
    return subprocess.run([sys.executable, BUILD / "bin/peer-observer-getblocktxn-recorder", *map(str, arguments)], capture_output=True, text=True, timeout=60)


def test_reads_archives(tmp_path):
    archive = tmp_path / "a.poa.zst"
    write_archive(archive, [announcement(), request(), answer(), request(indexes=(2,))])
    done = run(archive)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert [(row["index"], row["vsize"]) for row in rows] == [("1", "100"), ("4", "101"), ("2", "")]


@pytest.mark.parametrize("cut", [5, 40])
def test_fails_on_damaged_archive(tmp_path, cut):
    archive = tmp_path / "a.poa.zst"
    write_archive(archive, [request(), answer()])
    archive.write_bytes(archive.read_bytes()[:-cut])
    done = run(archive)
    assert done.returncode == 1
    assert "peer-observer-getblocktxn-recorder:" in done.stderr
    assert done.stdout.startswith("time,node,")


def test_reports_gaps_of_live_events(tmp_path):
    def batch(first, count):
        return event_pb2.EventBatch(schema_version=1, node="alice", publisher_id=7, first_sequence=first, events=[request()] * count).SerializeToString()

    logger = tmp_path / "logger"
    (tmp_path / "stream").write_bytes(b"".join(delimited(batch(*numbers)) for numbers in ((10, 2), (12, 1), (20, 1), (25, 0))))
    logger.write_text(f"#!/bin/sh\ncat {tmp_path}/stream\n")
    logger.chmod(0o700)
    missed = []
    assert len(list(peer_observer.live_batches(logger=str(logger), on_missed=lambda origin, count: missed.append((origin, count))))) == 4
    assert missed == [(origin(13), 7), (origin(21), 4)]
    done = run("--logger", logger)
    assert "missed 7 events of node alice, publisher 0000000000000007, from number 13 on" in done.stderr


def closed(peer_id=3):
    event = event_pb2.Event(timestamp_ns=1)
    event.connection.closed.peer_id = peer_id
    return event


def connected(block):
    event = event_pb2.Event(timestamp_ns=1)
    event.validation.block_connected.hash = block
    return event


NEXT_BLOCK = bytes(reversed(BLOCK))


def test_writes_unanswered_requests_when_peer_leaves():
    rows, unanswered = record(request(peer_id=3), request(peer_id=4), closed(3))
    assert [(row["peer_id"], row["txid"]) for row in rows] == [(3, ""), (3, "")]
    assert [row["peer_id"] for row in unanswered] == [4, 4]


def test_writes_unanswered_requests_when_next_block_comes():
    rows, unanswered = record(request(), connected(BLOCK))
    assert rows == [] and len(unanswered) == 2, "the answer may still come"
    rows, unanswered = record(request(), connected(BLOCK), connected(NEXT_BLOCK))
    assert len(rows) == 2 and unanswered == []
    announced = announcement()
    announced.message.inbound.payload.cmpctblock.header.hash = NEXT_BLOCK
    announced.message.inbound.payload.cmpctblock.header.previous_block_hash = BLOCK
    rows, unanswered = record(request(), announced)
    assert len(rows) == 2 and unanswered == []


def test_keeps_request_when_another_process_has_a_block():
    other = connected(NEXT_BLOCK)
    other.pid = 99
    rows, unanswered = record(request(), other)
    assert rows == [] and len(unanswered) == 2


def test_prints_version_of_the_build():
    assert run("--version").stdout == f"peer-observer-getblocktxn-recorder {(ROOT / 'VERSION').read_text().strip()}\n"


def test_prefers_command_line_to_config_file(tmp_path):
    logger = fake_logger(tmp_path / "logger")
    config = tmp_path / "recorder.conf"
    config.write_text(f"# where from\nsource = tcp://a:1\nsource = tcp://b:2\n\nlogger={logger}\noutput = {tmp_path}/out.csv\n")
    assert run("--config", config).returncode == 0
    assert (tmp_path / "logger.arguments").read_text() == "--format protobuf --source tcp://a:1 --source tcp://b:2\n"
    assert (tmp_path / "out.csv").read_text().startswith("time,")
    assert run("--config", config, "--source", "tcp://c:3").returncode == 0
    assert (tmp_path / "logger.arguments").read_text() == "--format protobuf --source tcp://c:3\n"


@pytest.mark.parametrize(("text", "reason"), [("sauce = x", "line 1: 'sauce' is not an option"), ("\nsource", "line 2: 'source' is not an option"),
                                              ("config = x", "'config' is not an option"), (None, "No such file")])
def test_names_mistake_in_config_file(tmp_path, text, reason):
    config = tmp_path / "recorder.conf"
    if text is not None:
        config.write_text(text)
    done = run("--config", config)
    assert done.returncode == 2
    assert str(config) in done.stderr and reason in done.stderr


def test_refuses_config_file_that_is_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    done = run("--config", tmp_path / "fifo")
    assert done.returncode == 2 and "not a regular file" in done.stderr


def test_serves_metrics():
    metrics = service.Metrics("127.0.0.1:0", "test", {"lines_total": ("Lines.", "counter", lambda: 3)})
    with urllib.request.urlopen(f"http://{metrics.address}/metrics", timeout=60) as answer:
        lines = answer.read().decode().splitlines()
    assert "lines_total 3.0" in lines and "# TYPE lines_total counter" in lines
    assert any(line.startswith('peer_observer_build_info{service="test",version="') for line in lines)
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"http://{metrics.address}/other", timeout=60)


def test_serves_metrics_while_it_runs(tmp_path):
    logger = tmp_path / "logger"
    logger.write_text("#!/bin/sh\nexec sleep 600\n")
    logger.chmod(0o700)
    with subprocess.Popen([sys.executable, BUILD / "bin/peer-observer-getblocktxn-recorder", "--logger", logger, "--metrics-address", "127.0.0.1:0",
                           "--output", tmp_path / "out.csv"], stderr=subprocess.PIPE, text=True) as program:
        try:
            address = program.stderr.readline().split("http://")[1].split("/")[0]
            with urllib.request.urlopen(f"http://{address}/metrics", timeout=60) as answer:
                assert "peer_observer_getblocktxn_recorder_lines_total 0.0" in answer.read().decode()
        finally:
            program.terminate()
            assert program.wait(60) == 0
    done = run("--metrics-address", "127.0.0.1:x")
    assert done.returncode == 1 and "cannot serve metrics on 127.0.0.1:x" in done.stderr


def test_appends_to_output_with_one_header(tmp_path):
    archive, output = tmp_path / "a.poa.zst", tmp_path / "out.csv"
    write_archive(archive, [request(), answer()])
    for _ in range(2):
        assert run("--output", output, archive).returncode == 0
    lines = output.read_text().splitlines()
    assert len(lines) == 5
    assert sum(line.startswith("time,") for line in lines) == 1


def test_names_and_skips_invalid_events(tmp_path):
    """A batch of which one event is none, and something that is not a batch."""
    archive = tmp_path / "a.poa.zst"
    bad_event = make_batch([announcement(), request()]) + b"\x2a\x03\xff\xff\xff" + make_batch([answer()])
    write_archive(archive, [], delimited(bad_event) + delimited(b"\xff\xff") + delimited(make_batch([request(indexes=(2,))])))
    done = run(archive)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert [(row["index"], row["vsize"]) for row in rows] == [("1", "100"), ("4", "101"), ("2", "")]
    assert done.stderr == ("peer-observer-getblocktxn-recorder: event 2 of node alice, publisher 0000000000000007, is skipped: "
                           "it is not valid protobuf (3 bytes)\n")


def test_keeps_sequence_numbers_after_invalid_event():
    bad = []
    data = make_batch([request()]) + b"\x2a\x03\xff\xff\xff" + make_batch([answer()])
    batch = parse_batch(data, bad.append)
    assert [(origin.sequence, kind_of(event)) for origin, event in events_of([batch])] == [
        (0, "message.outbound"), (1, "unknown"), (2, "message.inbound")]
    assert len(bad) == 1
    with pytest.raises(DecodingError):
        parse_batch(b"\xff")


def test_separates_requests_of_two_processes():
    asked, answered, restarted = request(), answer(), answer()
    asked.pid = answered.pid = restarted.pid = 1
    restarted.process_start_ms = 5
    rows, unanswered = record(asked, restarted)
    assert rows == [] and len(unanswered) == 2
    rows, unanswered = record(asked, answered)
    assert len(rows) == 2 and unanswered == []


def test_uses_counts_for_lists_that_were_left_out():
    cut = announcement()
    payload = cut.message.inbound.payload.cmpctblock
    del payload.short_ids[:]
    payload.short_id_count, payload.prefilled_count = 4, 1
    rows, _ = record(cut, request(), answer())
    assert rows[0]["block_transactions"] == 5


def test_names_package_of_missing_module(tmp_path):
    """A python3 without protobuf: one that finds its own modules only."""
    (tmp_path / "google").mkdir()
    (tmp_path / "google/__init__.py").write_text("")  # hides the real one
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, BUILD / "bin/peer-observer-getblocktxn-recorder", "--help"], capture_output=True, text=True,
                          timeout=60, env=environment)
    assert done.returncode != 0
    assert "python3-protobuf" in done.stderr
    assert done.stderr.count("\n") == 1


def fake_logger(path, exit_status=0):
    """A program that notes its arguments beside itself, and has nothing to say."""
    path.write_text(f'#!/bin/sh\necho "$@" > {path}.arguments\nexit {exit_status}\n')
    path.chmod(0o700)
    return path


def test_passes_tls_files_to_the_logger(tmp_path):
    logger = fake_logger(tmp_path / "logger")
    done = run("--source", "tls+tcp://a:1", "--tls-ca-file", "ca.pem", "--tls-cert-key-file", "me.pem", "--logger", logger)
    assert done.returncode == 0, done.stderr
    arguments = (tmp_path / "logger.arguments").read_text()
    assert arguments == "--format protobuf --source tls+tcp://a:1 --tls-ca-file ca.pem --tls-cert-key-file me.pem\n"


@pytest.mark.parametrize("options", [["--source", "tls+tcp://a:1"], ["--source", "tcp://a:1", "--tls-ca-file", "ca.pem"],
                                     ["--source", "tls+tcp://a:1", "--tls-ca-file", "ca.pem"]])
def test_refuses_tls_files_that_do_not_fit_urls(options):
    done = run(*options)
    assert done.returncode == 2
    assert "tls+tcp:// needs" in done.stderr


def test_fails_when_the_logger_fails(tmp_path):
    done = run("--logger", fake_logger(tmp_path / "logger", exit_status=2))
    assert done.returncode == 1
    assert "ended with status 2" in done.stderr
