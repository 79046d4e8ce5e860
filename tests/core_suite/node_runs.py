"""The events of a session, each with the run of a node that it is of."""

import dataclasses
import hashlib
import time
from collections import Counter, defaultdict

import peer_observer
from debug_log import NodeLog, read_logs
from peer_observer.events import kind_of
from witnesses import key_of, rules_of

TICKS_PER_SECOND = 100  # USER_HZ, of which /proc/PID/stat makes its times


def digest_of(payload):
    return hashlib.blake2b(payload, digest_size=16).digest()


class Message:
    """What is kept of a message's event."""

    __slots__ = ("sequence", "peer_id", "address", "message_type", "size", "digest", "decode_error", "truncated")

    def __init__(self, sequence, event):
        self.sequence = sequence
        self.peer_id = event.peer_id
        self.address = event.address
        self.message_type = event.message_type
        self.size = event.size
        # None where the extractor left bytes out.
        self.digest = digest_of(event.raw) if len(event.raw) == event.size else None
        self.decode_error = event.decode_error if event.HasField("decode_error") else None
        self.truncated = event.truncated.reason if event.HasField("truncated") else None


@dataclasses.dataclass
class NodeRun:
    test: str
    log: NodeLog
    keys: dict = dataclasses.field(default_factory=lambda: defaultdict(list))
    messages: dict = dataclasses.field(default_factory=lambda: defaultdict(list))
    events: int = 0

    @property
    def start_ms(self):
        """Since boot; rounded down to ticks."""
        return self.log.start_ticks * 1000 // TICKS_PER_SECOND


class Stream:
    """All events of the archive: those of known runs in `runs`, and what is wrong with the stream as such."""

    def __init__(self, runs, check_payload):
        self.runs = runs
        self.events = 0
        self.kinds = Counter()
        self.lost = Counter()  # by tracepoint
        self.strangers = Counter()  # by (pid, start)
        self.faults = Counter()
        self.examples = {}
        self._check_payload = check_payload
        self._by_pid = defaultdict(list)
        for run in runs:
            self._by_pid[run.log.pid].append(run)
        for of_pid in self._by_pid.values():
            of_pid.sort(key=lambda run: run.start_ms)
        self._boot_ns = time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def _fault(self, sort, text):
        self.faults[sort] += 1
        self.examples.setdefault(sort, text)

    def _run_of(self, event):
        of_pid = self._by_pid.get(event.pid, ())
        if event.process_start_ms:
            return next((run for run in of_pid if run.start_ms == event.process_start_ms // 10 * 10), None)
        since_boot_ms = (event.timestamp_ns - self._boot_ns) // 1_000_000
        return next((run for run in reversed(of_pid) if run.start_ms <= since_boot_ms + 10), None)

    def read(self, paths):
        expected = {}
        for path in paths:
            for batch in peer_observer.archive_batches(path):
                if batch.first_sequence != expected.get(batch.publisher_id, 0):
                    self._fault("sequence numbers", f"{path}: {batch.first_sequence} comes where {expected.get(batch.publisher_id, 0)} was expected")
                expected[batch.publisher_id] = batch.first_sequence + len(batch.events)
                for index, event in enumerate(batch.events):
                    self._take(batch.first_sequence + index, event)

    def _take(self, sequence, event):
        kind = kind_of(event)
        self.events += 1
        self.kinds[kind] += 1
        if "unknown" in kind:
            self._fault("event without arm", f"event {sequence}: {event}")
            return
        if kind == "events_lost":
            self.lost[event.events_lost.tracepoint] += event.events_lost.count
            return
        run = self._run_of(event)
        if run is None:
            self.strangers[event.pid, event.process_start_ms] += 1
            return
        if event.unreadable_arguments:
            self._fault("unreadable arguments", f"event {sequence}, {kind}: {list(event.unreadable_arguments)}")
        run.events += 1
        context = getattr(event, event.WhichOneof("context"))
        inner = getattr(context, context.WhichOneof("event"))
        if kind == "mempool.removed" and inner.reason == "block":
            run.keys["mempool.removed_for_block"].append(1)
        elif kind == "addrman.attempt_add" and not inner.inserted:
            pass
        elif (key := key_of(kind, inner)) is not None:
            run.keys[kind].append(key)
        if kind in ("message.inbound", "message.outbound"):
            run.messages[kind].append(Message(sequence, inner))
            for sort, text in self._check_payload(inner):
                self._fault(sort, f"event {sequence}, pid {event.pid}: {text}")


def runs_of(results):
    """Of each debug.log below the tests' folders. Runs that logged no pid of ours are none of this session."""
    runs = []
    for result in results:
        for path in sorted(result.folder.rglob("*")) if result.folder.exists() else ():
            if path.is_file() and path.name in ("debug.log", "foo.log"):
                runs += [NodeRun(result.command, log) for log in read_logs(path, rules_of) if log.pid is not None]
    return runs
