"""Archives from end to end: sim_node's traffic recorded, read back in every way, replayed, and recorded again."""

import json
import pathlib
import shutil
import subprocess
import sys
import urllib.request

import pytest

import harness
from archiving import Archiver, archive_tool, files, json_events

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "pipeline"))
from sim_node import copy_sim_node, play  # noqa: E402

EVENTS = 20_000


@pytest.fixture(scope="module")
def recorded():
    """A folder with an archive of one session, and what a logger saw of it. Nothing may change it."""
    harness.require_root()
    with harness.temporary_directory() as directory:
        path = copy_sim_node(directory)
        folder = directory / "archive"
        with harness.Extractor(path, directory) as extractor, \
                Archiver(folder, extractor.url, "--frame-size", 16, "--rotate-size", 1) as archiver, \
                harness.Events(extractor.url) as seen:
            extractor.wait_for_log("tracepoints to")
            fired = play(path, "--seed", 7, "--events", EVENTS, "--rate", 20_000)["fired"]
            harness.wait_until(lambda: len(seen.list) >= fired, "the events at the logger", 60)
            harness.wait_until(lambda: archiver.written() >= fired, "the events in the archive", 60)
            assert archiver.stop() == 0
        yield folder, [event.all for event in seen.list]


@pytest.fixture
def copy(recorded):
    with harness.temporary_directory() as directory:
        yield shutil.copytree(recorded[0], directory / "archive")


def test_reads_every_published_event(recorded):
    folder, seen = recorded
    assert not list(folder.rglob("*.open"))
    assert json_events(folder) == seen


def test_filters_as_the_logger_does(recorded):
    folder, seen = recorded
    wanted = [event for event in seen if event["kind"] == "message.inbound" and event["event"]["message_type"] == "inv"]
    assert wanted
    assert json_events("--kind", "message.inbound", "--message-type", "inv", folder) == wanted
    times = sorted(event["timestamp_ns"] for event in seen)
    start, end = times[len(times) // 3], times[len(times) // 2]
    in_range = [event for event in seen if start <= event["timestamp_ns"] < end]
    seconds = [f"{time // 10**9}.{time % 10**9:09}" for time in (start, end)]
    assert json_events("--from", seconds[0], "--to", seconds[1], folder) == in_range
    assert json_events("--from-sequence", 100, "--to-sequence", 120, folder) == seen[100:120]
    assert json_events("--count", 7, folder) == seen[:7]
    assert archive_tool("cat", "--node", "nobody", folder, status=2) == b""


def test_reads_archive_with_standard_tools(recorded):
    folder, seen = recorded
    from proto import event_pb2
    whole = b"".join(subprocess.run(["zstd", "-dc", file], check=True, capture_output=True).stdout for file in files(folder))
    assert archive_tool("cat", "--format", "protobuf", folder) == whole
    batch = event_pb2.EventBatch()
    size = shift = position = 0
    while True:
        byte = whole[position]
        size |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:
            break
    batch.ParseFromString(whole[position:position + size])
    assert batch.events[0].timestamp_ns == seen[0]["timestamp_ns"]


def test_reads_archive_with_python_package(recorded):
    folder, seen = recorded
    import peer_observer
    from peer_observer.events import kind_of
    read = [(origin.sequence, kind_of(event), event.timestamp_ns) for file in files(folder) for origin, event in peer_observer.archive_events(file)]
    assert read == [(event["sequence"], event["kind"], event["timestamp_ns"]) for event in seen]


def test_finds_all_events_with_info_and_verify(recorded):
    folder, seen = recorded
    lines = archive_tool("info", folder).decode()
    assert f"events      {len(seen)}\n" in lines
    assert "missing     0 events" in lines
    inbound_inv = sum(event["kind"] == "message.inbound" and event["event"]["message_type"] == "inv" for event in seen)
    row = next(line.split() for line in lines.splitlines() if line.startswith("message.inbound") and " inv " in line)
    assert int(row[2]) == inbound_inv
    verdicts = archive_tool("verify", folder).decode().splitlines()
    assert len(verdicts) == len(files(folder)) > 0
    assert all(": ok, " in line for line in verdicts)


def test_replays_into_identical_archive(recorded):
    folder, seen = recorded
    with harness.temporary_directory() as directory:
        url = f"tcp://127.0.0.1:{harness.free_port()}"
        replay = harness.Program(harness.program("peer-observer-archive"), "replay", "--listen", url, "--speed", "max",
                                 "--events-per-second", 200_000, folder)
        with replay, Archiver(directory / "second", url) as archiver:
            assert replay.wait() == 0
            harness.wait_until(lambda: archiver.written() >= len(seen), "the events in the second archive")
            assert archiver.stop() == 0
        assert archive_tool("cat", "--format", "protobuf", directory / "second") == archive_tool("cat", "--format", "protobuf", folder)
        assert json_events(directory / "second") == seen


def counters_of(text):
    """Metric lines about the node, without times of day and what is measured in the tool itself."""
    own = ("process_", "peer_observer_", "exposer_", "peerobserver_publishers_up", "#")
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in text.splitlines()
            if line and not line.startswith(own) and "timestamp" not in line and "_seconds" not in line.split("{")[0]}


def scrape(address):
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=harness.TIMEOUT) as answer:
        return counters_of(answer.read().decode())


def test_replays_into_identical_metrics():
    harness.require_root()
    with harness.temporary_directory() as directory:
        path = copy_sim_node(directory)
        folder = directory / "archive"
        addresses = [f"127.0.0.1:{harness.free_port()}" for _ in range(2)]
        command = harness.program("peer-observer-metrics")
        with harness.Extractor(path, directory) as extractor, Archiver(folder, extractor.url) as archiver, \
                harness.Program(command, "--source", extractor.url, "--metrics-address", addresses[0]) as metrics:
            metrics.wait_for_log("connected")
            extractor.wait_for_log("tracepoints to")
            fired = play(path, "--seed", 8, "--events", EVENTS, "--rate", 20_000)["fired"]
            harness.wait_until(lambda: archiver.written() >= fired, "the events in the archive", 60)
            received = "peer_observer_bus_received_events_total"
            harness.wait_until(lambda: harness.metric(addresses[0], received) >= fired, "the events at the metrics tool")
            assert archiver.stop() == 0
            live = scrape(addresses[0])
        url = f"tcp://127.0.0.1:{harness.free_port()}"
        with harness.Program(harness.program("peer-observer-archive"), "replay", "--listen", url, "--speed", "max",
                             "--events-per-second", 200_000, folder) as replay, \
                harness.Program(command, "--source", url, "--metrics-address", addresses[1]):
            assert replay.wait() == 0
            harness.wait_until(lambda: harness.metric(addresses[1], received) >= fired, "the events at the second one")
            replayed = scrape(addresses[1])
        assert len(live) > 100
        assert {name: (value, replayed.get(name)) for name, value in live.items() if replayed.get(name) != value} == {}


def test_reports_reads_and_repairs_damaged_file(copy):
    victim = max(files(copy), key=lambda file: file.stat().st_size)
    before = json_events(victim)
    data = bytearray(victim.read_bytes())
    data[len(data) * 3 // 4] ^= 0xFF
    victim.write_bytes(data)
    report = archive_tool("verify", victim, status=1).decode()
    assert "DAMAGED" in report and "offset " in report
    cat = subprocess.run([harness.program("peer-observer-archive"), "cat", "--format", "json", victim], capture_output=True, timeout=120)
    assert cat.returncode == 1
    assert b" error 1 places are damaged; the rest was printed" in cat.stderr and b"critical" not in cat.stderr
    left = [json.loads(line) for line in cat.stdout.splitlines()]
    assert 0 < len(left) < len(before)
    archive_tool("repair", victim)
    assert ": ok, " in archive_tool("verify", victim).decode()
    repaired = json_events(victim)
    missing = [event for event in repaired if event["kind"] == "missed"]
    assert sum(event["event"]["count"] for event in missing) == len(before) - len(left)
    assert [event for event in repaired if event["kind"] != "missed"] == left
    archive_tool("verify", "--no-gaps", victim, status=1)


def test_closes_files_of_killed_archiver(copy):
    victim = files(copy)[-1]
    before = json_events(copy)
    victim.rename(f"{victim}.open")
    with open(f"{victim}.open", "ab") as file:
        file.write(b"\x28\xb5\x2f\xfdtorn")
    with harness.Program(harness.program("peer-observer-archiver"), "--directory", copy,
                         "--source", f"tcp://127.0.0.1:{harness.free_port()}") as archiver:
        archiver.wait_for_log("whose writer was stopped")
        second = subprocess.run([harness.program("peer-observer-archiver"), "--directory", copy], capture_output=True, timeout=30)
        assert second.returncode == 1
        assert b"another archiver" in second.stderr
        assert archiver.stop() == 0
    assert victim.exists()
    assert json_events(copy) == before
    archive_tool("verify", copy)


def test_merges_nodes_by_time(copy):
    # A second publisher with other times: the first one's events from the middle on.
    half = copy.parent / "half.poa.zst"
    before = json_events(copy)
    middle = sorted(event["timestamp_ns"] for event in before)[len(before) // 2]
    seconds = f"{middle // 10**9}.{middle % 10**9:09}"
    archive_tool("merge", "--output", half, "--from", seconds, copy)
    assert json_events(half) == [event for event in before if event["timestamp_ns"] >= middle]
    archive_tool("verify", half)
    assert b"exists" in subprocess.run([harness.program("peer-observer-archive"), "merge", "--output", half, copy],
                                       capture_output=True, timeout=60).stderr


def test_stops_cat_on_closed_pipe(recorded):
    cat = f"{harness.program('peer-observer-archive')} cat --format json {recorded[0]} | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", cat], capture_output=True, timeout=60)
    assert done.stdout.splitlines()[-1] == b"0", done.stderr


def test_exits_with_status_2_and_one_line_on_wrong_usage(tmp_path):
    for arguments, reason in (([], "no verb is given"), (["juggle"], "there is no verb 'juggle'"), (["cat"], "give the files"),
                              (["cat", tmp_path], "no archive file"), (["cat", "--from", "noon", __file__], "'noon' is not a time"),
                              (["merge", __file__], "--output is needed"),
                              (["cat", "--from", "2026-11-22", "--to", "2026-11-21", __file__], "--from is not before --to"),
                              (["cat", "--from-sequence", "5", "--to-sequence", "5", __file__], "no event is in between"),
                              (["cat", "--count", "0", __file__], "would print nothing"),
                              (["cat", "--kind", "connection", "--message-type", "version", __file__], "has a message type")):
        assert reason in refusal(*arguments)


def test_refuses_node_that_is_not_in_archive(recorded):
    for verb in ("cat", "info"):
        assert "nothing here is of node 'gamma', only of test" in refusal(verb, "--node", "gamma", recorded[0])


def test_reports_an_unreadable_file_in_one_line(tmp_path):
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for verb in ("cat", "info", "verify"):
        done = subprocess.run([harness.program("peer-observer-archive"), verb, loop], capture_output=True, text=True, timeout=30)
        assert done.returncode == 1
        assert str(loop) in done.stderr and done.stderr.count("\n") == 1
        assert "filesystem error" not in done.stderr


def test_refuses_archiver_that_would_keep_nothing(tmp_path):
    done = subprocess.run([harness.program("peer-observer-archiver"), "--directory", tmp_path / "a", "--kind", "connection",
                           "--message-type", "version"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    assert "no event of the kind connection has a message type" in done.stderr
    assert not (tmp_path / "a").exists()


def test_refuses_a_folder_that_cannot_be_made():
    done = subprocess.run([harness.program("peer-observer-archiver"), "--directory", "/proc/x"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert "cannot create the folder /proc/x: No such file or directory" in done.stderr
    assert "filesystem error" not in done.stderr


def refusal(*arguments):
    done = subprocess.run([harness.program("peer-observer-archive"), *map(str, arguments)], capture_output=True, text=True, timeout=30)
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1
    return done.stderr
