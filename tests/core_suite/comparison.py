"""Holds the events of a session against what its nodes wrote: debug.log, and the files of -capturemessages."""

import dataclasses
from collections import Counter, defaultdict

import capture_file
import test_lists
from node_runs import digest_of
from ordering import Difference, compare_as_subsequence, compare_by_thread, compare_in_order
from rejections import compare_decode_errors
from witnesses import logged_type

MAX_MESSAGE_BYTES = 4_000_000  # Core's MAX_PROTOCOL_MESSAGE_LENGTH
MESSAGE_TOO_LARGE = 4  # Truncated.Reason

# Kinds whose tracepoint fires behind the line, and the category of the line.
BEHIND_THE_LINE = {
    "message.outbound": "net",
    "connection.misbehaving": "net",
    "connection.closed": "net",
    "connection.evicted": "net",
    "connection.inbound": "net",
    "validation.block_connected": "bench",
    "mempool.removed": "validation",
    "mempool.replaced": "mempool",
    "orphan.add": "txpackages",
    "addrman.attempt_add": "addrman",
    "addrman.move_to_good": "addrman",
}
# Where Core puts what it sends to a peer that was added by a name that it did not resolve itself: CService's ::, port 0.
NAMED_PEERS = capture_file.folder_name("[::]:0")

# Only nodes with our patches have these tracepoints.
PATCHED = {"orphan.add": "orphan:add", "addrman.attempt_add": "addrman:attempt_add", "addrman.move_to_good": "addrman:move_to_good"}


@dataclasses.dataclass
class Figures:
    runs: int = 0
    events: int = 0
    compared: Counter = dataclasses.field(default_factory=Counter)
    overtaken: int = 0
    captured: int = 0
    captured_bytes: int = 0
    accepted: Counter = dataclasses.field(default_factory=Counter)
    not_compared: Counter = dataclasses.field(default_factory=Counter)
    differences: list = dataclasses.field(default_factory=list)  # (where, Difference)


def compare_run(run, tracepoints, figures):
    """One run of a node: events of each kind against lines."""
    log, killed = run.log, not run.log.ended_in_order
    figures.runs += 1
    figures.events += run.events
    found = []
    for kind, category in BEHIND_THE_LINE.items():
        if kind in PATCHED and PATCHED[kind] not in tracepoints:
            continue
        lines, keys = log.lines.get(kind, []), run.keys.get(kind, [])
        if log.switched_by_rpc or not log.logs(category):
            figures.not_compared[f"{kind}: the node's log was off or switched"] += len(keys)
            if run.test.split()[0] not in test_lists.SWITCH_THEIR_LOG:
                found.append(Difference("log switched where it was not expected", f"{kind}, {log.categories}"))
            continue
        differences, overtaken = compare_by_thread(kind, lines, keys, killed)
        found += differences
        figures.overtaken += overtaken
        figures.compared[kind] += len(keys)
    for kind, messages in run.messages.items():
        if without := [message for message in messages if not message.address]:
            found.append(Difference("message without the peer's address", f"{len(without)} × {kind}, the first is event {without[0].sequence}"))
    if log.switched_by_rpc or not log.logs("net"):
        figures.not_compared["message.inbound: the node's log was off or switched"] += len(run.keys["message.inbound"])
    else:
        found += _compare_received(run, killed, figures) + _compare_sent(run, figures)
        found += _compare_outbound_connections(run, killed, figures)
        if "net:processed_message" in tracepoints:
            found += _compare_processed(run.keys["message.inbound"], run.keys["message.processed"], figures)
    if not log.switched_by_rpc and log.logs("validation") and log.logs("mempoolrej"):
        found += _compare_mempool(run, killed, figures)
    figures.differences += [(f"{run.test}: {log}", difference) for difference in found]


def _compare_received(run, killed, figures):
    """The tracepoint fires before the line, and one thread does both."""
    keys = run.keys["message.inbound"]
    found = compare_in_order("message.inbound", run.log.lines.get("message.inbound", []), keys, killed)
    figures.compared["message.inbound"] += len(keys)
    if not found:
        messages = [(message.message_type, message.size, message.decode_error, message.truncated is not None)
                    for message in run.messages["message.inbound"]]
        found += compare_decode_errors(messages, run.log.complaints, figures.accepted)
    return found


def _compare_sent(run, figures):
    found = []
    by_rpc = {line.key for line in run.log.lines.get("message.outbound", ()) if line.thread.startswith("http")}
    for message in run.messages["message.outbound"]:
        if message.size > MAX_MESSAGE_BYTES and message.truncated != MESSAGE_TOO_LARGE:
            found.append(Difference("message above 4,000,000 bytes without MESSAGE_TOO_LARGE", f"event {message.sequence}"))
        if message.decode_error is not None:
            # A test may have the node send anything. What Core sends by itself can be decoded.
            if (message.peer_id, logged_type(message.message_type), message.size) in by_rpc:
                figures.accepted["sent by RPC (sendmsgtopeer)"] += 1
            else:
                found.append(Difference("sent message cannot be decoded", f"event {message.sequence}: {message.message_type}, {message.decode_error}"))
    return found


def _compare_outbound_connections(run, killed, figures):
    """Their line comes well before the tracepoint, so that only the peers are compared. An id is given once."""
    inbound = {line.key[0] for line in run.log.lines.get("connection.inbound", ())}
    logged = Counter(line.key for line in run.log.lines.get("connection.opened", ()) if line.key[0] not in inbound)
    published = Counter(run.keys["connection.outbound"])
    figures.compared["connection.outbound"] += sum(published.values())
    if logged == published or killed and sum(((logged - published) + (published - logged)).values()) <= 1:
        return []
    return [Difference("connection.outbound: other peers", f"lines only {logged - published}, events only {published - logged}")]


def _compare_mempool(run, killed, figures):
    lines, keys = run.log.lines, run.keys
    # Core signals only those that are in the mempool still when it has been cut to its size.
    cut = Counter(txid for txid, reason in keys["mempool.removed"] if reason == "sizelimit")
    added = [line.key for line in lines.get("mempool.added", ())]
    kept, position = [], 0
    for key in keys["mempool.added"]:
        if position < len(added) and added[position] == key:
            position += 1
        elif cut[key[0]]:
            cut[key[0]] -= 1
            continue
        kept.append(key)
    found = compare_in_order("mempool.added", lines.get("mempool.added", []), kept, killed)
    figures.compared["mempool.added"] += len(keys["mempool.added"])

    logged, published = sum(line.key[0] for line in lines.get("mempool.removed_for_block", ())), len(keys["mempool.removed_for_block"])
    figures.compared["mempool.removed (block)"] += published
    if logged != published and not killed:
        found.append(Difference("mempool.removed (block): another number", f"{logged} by the log, {published} events"))

    rejected = lines.get("mempool.rejected", [])
    figures.compared["mempool.rejected"] += len(rejected)
    return found + compare_as_subsequence("mempool.rejected", rejected, keys["mempool.rejected"], lambda line, event: line[0] == event[0] and (
        line[1] == event[1] or line[1].startswith(event[1] + ", ")))


def _compare_processed(received, processed, figures):
    """Every message that was received, but for one that the end of the node interrupts."""
    figures.compared["message.processed"] += len(processed)
    rest = iter(received)
    strange = [key for key in processed if not any(key == other for other in rest)]
    if strange or len(received) - len(processed) > 1:
        return [Difference("message.processed: other messages than were received", f"{len(received)} received, {len(processed)} processed, {strange[:1]}")]
    return []


def compare_strangers(results, stream, figures):
    """Events of processes without a log."""
    test_of = {pid: result.command for result in results for pid, _ in result.processes}
    for (pid, start_ms), count in stream.strangers.items():
        test = test_of.get(pid, "no test")
        if (why := test_lists.WITHOUT_LOG.get(test.split()[0])):
            figures.not_compared[f"events of nodes without a log: {test} {why}"] += count
        else:
            figures.differences.append((test, Difference("events of a process without a log", f"{count} of pid {pid}, started {start_ms} ms after boot")))


def compare_losses(runs, stream, figures):
    """What the extractor reports as lost must be what is missing, and is a difference all the same."""
    kinds = {"net:inbound_message": "message.inbound", "net:outbound_message": "message.outbound"}
    for tracepoint, count in stream.lost.items():
        kind = kinds.get(tracepoint, tracepoint.replace(":", ".").replace("net.", "connection.").replace("_connection", ""))
        missing = sum(len(run.log.lines.get(kind, ())) - len(run.keys.get(kind, ())) for run in runs)
        figures.differences.append(("the stream", Difference("lost", f"{count} of {tracepoint} reported, {missing} missing by the logs")))


def compare_captures(results, runs, figures):
    """Each record against the event with the same bytes. Runs of one data directory share files, and so do peers of one address."""
    by_folder = defaultdict(list)
    for run in runs:
        by_folder[run.log.path.parent].append(run)
    for folder in sorted(folder for result in results if result.folder.exists() for folder in result.folder.rglob("message_capture")):
        of_folder = by_folder.pop(folder.parent, [])
        events = defaultdict(list)
        for run in of_folder:
            for kind, messages in run.messages.items():
                for message in messages:
                    events[capture_file.folder_name(message.address), kind].append(message)
        named = sum(1 for path in (folder / NAMED_PEERS).glob("*.dat") for _ in capture_file.read_records(path.open("rb"), path))
        figures.not_compared["captured bytes: the peer was added by a name"] += named
        for path in sorted(folder.glob("*/*.dat")):
            direction = capture_file.DIRECTIONS.get(path.name)
            if direction is None:
                figures.differences.append((str(path), Difference("capture: another file", path.name)))
            elif path.parent.name != NAMED_PEERS:
                messages = events.pop((path.parent.name, f"message.{direction}"), [])
                _compare_file(path, messages, figures, any(not run.log.ended_in_order for run in of_folder))
        left = sum(map(len, events.values()))
        if left != named:
            figures.differences.append((str(folder), Difference("capture: events of other peers", f"{left}, of {[address for address, _ in events]}")))
    for folder, of_folder in by_folder.items():
        count = sum(len(messages) for run in of_folder for messages in run.messages.values())
        if count:
            figures.not_compared["captured bytes: the test deleted them"] += count


def _compare_file(path, messages, figures, killed):
    waiting = defaultdict(list)
    for message in reversed(messages):
        waiting[message.message_type, message.size].append(message)
    with open(path, "rb") as file:
        try:
            for record in capture_file.read_records(file, path):
                alike = waiting[record.message_type, len(record.payload)]
                digest = digest_of(record.payload)
                # Two threads may have come in another order here: the same bytes, further back.
                place = next((i for i in range(len(alike) - 1, -1, -1) if alike[i].digest == digest), None)
                figures.captured += 1
                figures.captured_bytes += len(record.payload)
                if place is not None:
                    alike.pop(place)
                elif alike and alike[-1].truncated is not None and alike[-1].digest is None:
                    alike.pop()
                    figures.not_compared["captured bytes: the event was cut"] += 1
                elif not killed:
                    nearest = f"the event {alike[-1].sequence} has others" if alike else "no event of this type and size is left"
                    figures.differences.append((str(path), Difference("capture: other bytes", f"{record.message_type}, {len(record.payload)} bytes: {nearest}")))
        except capture_file.DamagedCapture as error:
            figures.not_compared["captured bytes: Core damaged its file"] += sum(map(len, waiting.values()))
            if not killed:
                figures.differences.append((str(path), Difference("capture: damaged", str(error))))
            return
    left = [message for alike in waiting.values() for message in alike]
    if left and not (killed and len(left) <= 2):
        figures.differences.append((str(path), Difference("capture: events without a record", f"{len(left)}, the first {left[0].message_type}, event {left[0].sequence}")))
