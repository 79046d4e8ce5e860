"""The logs that Bitcoin Core's functional tests leave, through the log-extractor: no text is lost, and what the events say is in the lines.

Needs root, and in BITCOIN_SOURCE a source tree of Bitcoin Core with a build. The nodes log all categories, with microseconds, names of threads and
source locations, so the tree says what each line must be.
"""

import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import harness

HERE = Path(__file__).parent
sys.path.insert(1, str(HERE))

from core_tree import CoreTree, NoTree

TESTS = (
    "p2p_compactblocks.py", "p2p_invalid_block.py", "p2p_mutated_blocks.py", "p2p_invalid_messages.py", "p2p_timeouts.py --v1transport",
    "p2p_v2_misbehaving.py", "p2p_disconnect_ban.py --v2transport", "p2p_eviction.py", "p2p_unrequested_blocks.py", "p2p_private_broadcast.py",
    "mempool_limit.py", "feature_addrman.py", "p2p_ibd_stalling.py --v2transport",
)
# Of lines that say one of these, no other event is made than one of its kind.
MARKS = {
    "BlockChecked: block hash=": {"block_checked"},
    "UpdateTip: new best=": {"tip_updated"},
    "] Saw new ": {"header_seen"},
    "Successfully reconstructed block": {"compact_block_reconstructed"},
    "using a cmpctblock of": {"compact_block_received", "compact_block_initialized"},
    ", disconnecting peer=": {"peer_disconnected", "block_download_stalled", "block_download_timeout", "headers_download_timeout", "handshake_failed"},
    "] Misbehaving: peer=": {"misbehaving"},
    "Block mutated: ": {"block_mutated"},
    "InvalidChainFound: invalid block=": {"block_invalid"},
    "V2 transport error: ": {"transport_error"},
    "Header error: ": {"transport_error"},
    "[privatebroadcast] ": {"private_broadcast"},
    "rolling minimum fee bumped": {"mempool_limited"},
    "] Bitcoin Core version ": {"node_started"},
}
EXPECTED_KINDS = set.union(*MARKS.values()) - {"block_download_timeout", "headers_download_timeout"}


@pytest.fixture(scope="module")
def tree():
    harness.require_root()
    try:
        return CoreTree.of_environment()
    except NoTree as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def logs(tree):
    with harness.temporary_directory() as folder:
        run = subprocess.run([sys.executable, "-B", HERE / "leave_logs", folder, str(os.cpu_count()), *TESTS], capture_output=True, text=True)
        assert run.returncode == 0 and "failed" not in run.stdout and "timed out" not in run.stdout, run.stdout + run.stderr
        found = sorted(folder.glob("t*/node*/regtest/debug.log"))
        assert len(found) > len(TESTS)
        yield found


def events_of(log, directory):
    """[(kind, event, line)], by way of a FIFO: so that the reader is there before the first line."""
    fifo, found = directory / "fifo", []
    os.mkfifo(fifo)

    def take(_, event):
        kind = event.log.WhichOneof("event")
        content = getattr(event.log, kind)
        found.append((kind, content, content if kind in ("line", "warning", "error", "node_stopped") else content.line))
    url = f"ipc://{directory}/bus"
    with harness.Program(harness.program("peer-observer-log-extractor"), "--debug-log", fifo, "--listen", url, "--node", "test") as extractor, \
            harness.Batches(url, take) as batches:
        content = log.read_bytes()
        fifo.write_bytes(content)
        size = len(content.replace(b"\n", b""))
        batches.wait_until(lambda: sum(len(line.raw.replace(b"\n", b"")) for _, _, line in found) >= size, "the whole log has come")
        assert extractor.stop() == 0
    fifo.unlink()
    return content, found


@pytest.fixture(scope="module")
def read(logs):
    """[(content of a log, its events)]"""
    with harness.temporary_directory() as directory:
        return [events_of(log, directory) for log in logs]


def test_loses_no_text(read):
    for content, events in read:
        assert b"".join(line.raw for _, _, line in events).replace(b"\n", b"") == content.replace(b"\n", b"")
        for _, _, line in events:
            assert content[line.file_offset:line.file_offset + len(line.raw)] == line.raw
            assert not line.is_continuation and not line.HasField("truncated_from_bytes")


def test_assigns_kind_of_each_line(read):
    kinds = set()
    for kind, _, line in itertools.chain.from_iterable(events for _, events in read):
        kinds.add(kind)
        text = line.raw.decode(errors="replace")
        for mark, allowed in MARKS.items():
            if mark in text.split("\n")[0] and "not disconnecting" not in text:
                assert kind in allowed, text
    assert EXPECTED_KINDS <= kinds
    assert len(kinds) > 20, kinds


def texts_of(descriptor, value):
    """How a value may stand in a line."""
    if descriptor.type == descriptor.TYPE_BYTES:
        is_hash = len(value) == 32 and descriptor.name.endswith(("hash", "txid"))
        return [value[::-1].hex().encode() if is_hash else value]
    if descriptor.type == descriptor.TYPE_DOUBLE:
        return [f"{value:.{digits}f}".encode() for digits in (1, 6, 8)]
    return [str(value).encode()]


def test_reads_every_field_from_its_line(read):
    fields = set()
    constants = re.compile(r"\{reject_reason=([^}]*)\}|\{reason=([^}]*)\}")
    given = {text.encode() for pair in constants.findall((HERE.parents[1] / "services/log-extractor/table.cpp").read_text()) for text in pair if text}
    for kind, content, line in itertools.chain.from_iterable(events for _, events in read):
        if content is line:
            continue
        message = line.raw[line.message_offset:]
        for descriptor, value in content.ListFields():
            if descriptor.name == "line" or descriptor.type == descriptor.TYPE_BOOL or value in given:
                continue
            assert any(text in message for text in texts_of(descriptor, value)), f"{kind}.{descriptor.name}: {value} of {line.raw}"
            fields.add((kind, descriptor.name))
    assert len(fields) > 40


def test_reads_prefixes_as_the_source_writes_them(read, tree):
    sources, checked, named = {}, set(), 0
    flags = dict(re.findall(r'\{"(\w+)", BCLog::(\w+)\}', (tree.source / "src/logging.cpp").read_text()))
    assert len(flags) > 20
    for _, _, line in itertools.chain.from_iterable(events for _, events in read):
        assert line.time_us > 1_600_000_000_000_000 and line.has_microseconds, line.raw
        assert line.thread and line.function, line.raw
        assert line.level in ("trace", "debug", "info", "warning", "error"), line.raw
        assert line.category in {*flags, ""}, line.raw
        assert line.raw.startswith(line.raw[:line.message_offset]) and line.raw[line.message_offset - 2:line.message_offset] in (b"] ", b"Z ")
        key = (line.source_file, line.source_line, line.category)
        if key in checked:
            continue
        checked.add(key)
        if line.source_file not in sources:
            sources[line.source_file] = (tree.source / "src" / line.source_file).read_text()
        assert line.function == "operator()" or re.search(rf"\b{re.escape(line.function)}\(", sources[line.source_file]), line.raw
        if flag := re.search(r"\bBCLog::(\w+),", sources[line.source_file].splitlines()[line.source_line - 1]):
            assert line.category and flags[line.category] == flag[1], line.raw
            named += 1
    assert len(checked) > 200 and named > 100


def test_reports_expected_reasons_of_refused_blocks(read, tree):
    """p2p_invalid_block.py says what RPC and log must say."""
    expected = {"bad-txnmrklroot", "bad-txns-duplicate", "bad-cb-amount", "bad-txns-inputs-duplicate"} & set(
        re.findall(r"bad-[\w-]+", (tree.tests / "p2p_invalid_block.py").read_text() + (tree.tests / "p2p_mutated_blocks.py").read_text()))
    reasons = {content.reject_reason.decode() for kind, content, _ in itertools.chain.from_iterable(events for _, events in read)
               if kind in ("block_checked", "block_invalid", "block_mutated")}
    assert expected and expected <= reasons
