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
    "mempool_limit.py", "feature_addrman.py", "p2p_ibd_stalling.py --v2transport", "wallet_createwallet.py",
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
    """Of TESTS; with PEER_OBSERVER_LONG_TESTS=1 of all tests. PEER_OBSERVER_CORE_LOGS: a folder in which leave_logs has left them."""
    if folder := os.environ.get("PEER_OBSERVER_CORE_LOGS"):
        yield sorted(Path(folder).glob("t*/**/debug.log"))
        return
    tests = ("all",) if os.environ.get("PEER_OBSERVER_LONG_TESTS") else TESTS
    with harness.temporary_directory() as folder:
        run = subprocess.run([sys.executable, "-B", HERE / "leave_logs", folder, str(os.cpu_count()), *tests], capture_output=True, text=True)
        assert run.returncode == 0 and "failed" not in run.stdout and "timed out" not in run.stdout, run.stdout + run.stderr
        found = sorted(folder.glob("t*/**/debug.log"))
        assert len(found) > len(tests)
        yield found


def events_of(content, directory):
    """[(kind, event, line)] of a log, by way of a FIFO: so that the reader is there before the first line."""
    fifo, found = directory / "fifo", []
    os.mkfifo(fifo)

    def take(_, event):
        kind = event.log.WhichOneof("event")
        content = getattr(event.log, kind)
        found.append((kind, content, content if kind in ("line", "warning", "error", "node_stopped") else content.line))
    url = f"ipc://{directory}/bus"
    with harness.Program(harness.program("peer-observer-log-extractor"), "--debug-log", fifo, "--listen", url, "--node", "test") as extractor, \
            harness.Batches(url, take) as batches:
        fifo.write_bytes(content)
        size = len(content.replace(b"\n", b""))
        batches.wait_until(lambda: sum(len(line.raw.replace(b"\n", b"")) for _, _, line in found) >= size, "the whole log has come")
        assert extractor.stop() == 0
    fifo.unlink()
    return found


# Behind the time: thread, source location and function, which the nodes of Core's tests log.
PARTS = re.compile(rb"^((?:\[\*\] )?[0-9T:.-]{19,26}Z (?:\(mocktime: \S+\) )?)\[[^\]\n]*\] \[[^:\]\n]+:\d+\] \[[^\]\n]*\] ", re.MULTILINE)


class Findings:
    """What the events of all logs say, one log after the other: together they do not fit into memory."""

    MOST = 20  # problems of a sort

    def __init__(self, tree):
        self.tree, self.sources = tree, {}
        self.logs = self.lines = self.named = 0
        self.kinds, self.fields, self.checked, self.reasons = set(), set(), set(), set()
        self.problems = {check: [] for check in (lost_text, wrong_kinds, wrong_fields, wrong_prefixes, other_categories)}
        self.wallet_lines = 0

    def check(self, check, *of):
        problems = self.problems[check]
        problems += itertools.islice(check(self, *of), self.MOST - len(problems))

    def add(self, content, events):
        self.logs += 1
        self.lines += len(events)
        for check in (lost_text, wrong_kinds, wrong_fields, wrong_prefixes):
            self.check(check, content, events)
        self.reasons |= {event.reject_reason.decode() for kind, event, _ in events if kind in ("block_checked", "block_invalid", "block_mutated")}


@pytest.fixture(scope="module")
def findings(logs, tree):
    result = Findings(tree)
    with harness.temporary_directory() as directory:
        for log in logs:
            content = log.read_bytes()
            events = events_of(content, directory)
            result.add(content, events)
            if b"[WalletLogPrintf]" in content:
                # As a node writes it that has only -debug.
                result.check(other_categories, events, events_of(PARTS.sub(rb"\1", content), directory))
    print(f"{result.logs} logs, {result.lines} lines, {result.wallet_lines} of wallets")
    return result


def lost_text(_, content, events):
    if b"".join(line.raw for _, _, line in events).replace(b"\n", b"") != content.replace(b"\n", b""):
        yield f"text is missing of {content[:200]}"
    for _, _, line in events:
        if content[line.file_offset:line.file_offset + len(line.raw)] != line.raw or line.is_continuation or line.HasField("truncated_from_bytes"):
            yield f"not as it stands in the file: {line}"


def wrong_kinds(findings, _, events):
    for kind, _, line in events:
        findings.kinds.add(kind)
        text = line.raw.decode(errors="replace")
        for mark, allowed in MARKS.items():
            if mark in text.split("\n")[0] and "not disconnecting" not in text and kind not in allowed:
                yield f"{kind}: {text}"


def texts_of(descriptor, value):
    """How a value may stand in a line."""
    if descriptor.type == descriptor.TYPE_BYTES:
        is_hash = len(value) == 32 and descriptor.name.endswith(("hash", "txid"))
        return [value[::-1].hex().encode() if is_hash else value]
    if descriptor.type == descriptor.TYPE_DOUBLE:
        return [f"{value:.{digits}f}".encode() for digits in (1, 6, 8)]
    return [str(value).encode()]


CONSTANTS = re.compile(r"\{reject_reason=([^}]*)\}|\{reason=([^}]*)\}")
GIVEN = {text.encode() for pair in CONSTANTS.findall((HERE.parents[1] / "services/log-extractor/table.cpp").read_text()) for text in pair if text}


def wrong_fields(findings, _, events):
    for kind, content, line in events:
        if content is line:
            continue
        message = line.raw[line.message_offset:]
        for descriptor, value in content.ListFields():
            if descriptor.name == "line" or descriptor.type == descriptor.TYPE_BOOL or value in GIVEN:
                continue
            findings.fields.add((kind, descriptor.name))
            if not any(text in message for text in texts_of(descriptor, value)):
                yield f"{kind}.{descriptor.name}: {value} of {line.raw}"


def is_as_source_has_it(findings, line):
    """Against the tree, once for each place in it."""
    key = (line.source_file, line.source_line, line.category)
    if key in findings.checked:
        return True
    findings.checked.add(key)
    if line.source_file not in findings.sources:
        findings.sources[line.source_file] = (findings.tree.source / "src" / line.source_file).read_text()
    source = findings.sources[line.source_file]
    if line.function != "operator()" and not re.search(rf"\b{re.escape(line.function)}\(", source):
        return False
    flag = re.search(r"\bBCLog::(\w+),", source.splitlines()[line.source_line - 1])
    findings.named += flag is not None
    return flag is None or (line.category and flags_of(findings)[line.category] == flag[1])


def flags_of(findings):
    flags = dict(re.findall(r'\{"(\w+)", BCLog::(\w+)\}', (findings.tree.source / "src/logging.cpp").read_text()))
    assert len(flags) > 20
    return flags


def other_categories(findings, events, bare_events):
    """A wallet's lines begin with its name in brackets (WalletLogPrintf, wallet/wallet.h), which looks like a category. Here the source location tells."""
    if len(events) != len(bare_events):
        yield f"{len(events)} and {len(bare_events)} messages"
    for (_, _, line), (_, _, bare) in zip(events, bare_events):
        findings.wallet_lines += line.function == "WalletLogPrintf" and re.match(rb"\[[a-z0-9]+\] ", line.raw[line.message_offset:]) is not None
        if (line.category, line.level, line.raw[line.message_offset:]) != (bare.category, bare.level, bare.raw[bare.message_offset:]):
            yield f"{line} and {bare}"


def wrong_prefixes(findings, _, events):
    flags = flags_of(findings)
    for _, _, line in events:
        if not (line.time_us > 1_000_000_000_000_000 and line.has_microseconds and line.thread and line.function
                and line.level in ("trace", "debug", "info", "warning", "error") and line.category in {*flags, ""}
                and line.raw[line.message_offset - 2:line.message_offset] in (b"] ", b"Z ") and is_as_source_has_it(findings, line)):
            yield str(line)


def test_loses_no_text(findings):
    assert findings.problems[lost_text] == []
    assert findings.lines > 1000


def test_assigns_kind_of_each_line(findings):
    assert findings.problems[wrong_kinds] == []
    if "PEER_OBSERVER_CORE_LOGS" not in os.environ: # of whatever tests these are
        assert EXPECTED_KINDS <= findings.kinds
    assert len(findings.kinds) > 20, findings.kinds


def test_reads_every_field_from_its_line(findings):
    assert findings.problems[wrong_fields] == []
    assert len(findings.fields) > 40


def test_reads_prefixes_as_the_source_writes_them(findings):
    assert findings.problems[wrong_prefixes] == []
    assert len(findings.checked) > 200 and findings.named > 100


def test_tells_wallets_from_categories(findings):
    assert findings.problems[other_categories] == []
    assert findings.wallet_lines > 30


def test_reports_expected_reasons_of_refused_blocks(findings, tree):
    """p2p_invalid_block.py says what RPC and log must say."""
    expected = {"bad-txnmrklroot", "bad-txns-duplicate", "bad-cb-amount", "bad-txns-inputs-duplicate"} & set(
        re.findall(r"bad-[\w-]+", (tree.tests / "p2p_invalid_block.py").read_text() + (tree.tests / "p2p_mutated_blocks.py").read_text()))
    assert expected and expected <= findings.reasons
