#!/usr/bin/python3
"""Records compact blocks that could not be reconstructed, and the transactions that were asked for, as CSV.

A node that lacks transactions of a compact block (BIP152) asks the peer that sent it with getblocktxn, and gets blocktxn.
Each transaction asked for becomes a line. `outbound` requests are the observed node's, `inbound` ones its peers'.
"""

import argparse
import collections
import csv
import datetime
import pathlib
import signal
import sys
import time

try:
    import google.protobuf  # noqa: F401
except ImportError:
    sys.exit(f"peer-observer-getblocktxn-recorder: {sys.executable} has no module google.protobuf; install python3-protobuf (pip: protobuf)")

try:
    import peer_observer
except ImportError:  # not where Python looks: the package of the build, or below the prefix, that this program is in
    folder = pathlib.Path(__file__).resolve().parent.parent
    sys.path[:0] = [str(folder / "python"), str(folder / "lib/peer-observer/python")]
    import peer_observer
from peer_observer import service  # noqa: E402

NAME = "peer-observer-getblocktxn-recorder"
COLUMNS = ["time", "node", "direction", "peer_id", "address", "block_hash", "block_transactions", "requested", "index", "txid", "wtxid", "vsize"]
OPPOSITE = {"inbound": "outbound", "outbound": "inbound"}
# Peers can send any number of announcements and requests that nothing follows.
MOST_REMEMBERED = 10_000


class Request:
    """One getblocktxn, until its answer comes."""

    def __init__(self, origin, event, direction, block_transactions):
        self.origin = origin
        self.event = event
        self.direction = direction
        self.block_transactions = block_transactions

    def rows(self, transactions=()):
        """A row for each transaction asked for; without txid, wtxid and vsize where there was no answer."""
        message = getattr(self.event.message, self.direction)
        asked = message.payload.getblocktxn
        seconds, nanoseconds = divmod(self.event.timestamp_ns, 10**9)
        time = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
        for position, index in enumerate(asked.indexes):
            found = transactions[position] if position < len(transactions) else None
            answer = [found.txid[::-1].hex(), found.wtxid[::-1].hex(), found.vsize_vbytes] if found else ["", "", ""]
            yield [f"{time}.{nanoseconds:09}Z", self.origin.node, self.direction, message.peer_id, message.address,
                   asked.block_hash[::-1].hex(), self.block_transactions, len(asked.indexes), index, *answer]


class Recorder:
    """Gets events in their order, returns rows when a request is answered."""

    def __init__(self):
        self._announced = collections.OrderedDict()  # (node, block hash): transactions in the block
        self._requests = collections.OrderedDict()  # (process of a node, direction, peer id, block hash): Request

    def add(self, origin, event):
        context = event.WhichOneof("context")
        if context == "connection" and event.connection.WhichOneof("event") in ("closed", "evicted"):
            peer_id = getattr(event.connection, event.connection.WhichOneof("event")).peer_id
            return self._give_up(origin, event, lambda request_peer, _: request_peer == peer_id)
        if context == "validation" and event.validation.WhichOneof("event") == "block_connected":
            # Later than any answer that helped; of this block itself one may still come.
            connected = event.validation.block_connected.hash
            return self._give_up(origin, event, lambda _, block_hash: block_hash != connected)
        if context != "message":
            return []
        direction = event.message.WhichOneof("event")
        if direction not in OPPOSITE:
            return []
        message = getattr(event.message, direction)
        payload = message.payload.WhichOneof("payload")
        if payload == "cmpctblock":
            block = message.payload.cmpctblock
            # The lists may have been left out.
            transactions = max(block.short_id_count, len(block.short_ids)) + max(block.prefilled_count, len(block.prefilled))
            self._remember(self._announced, (origin.node, block.header.hash), transactions)
            return self._give_up(origin, event, lambda _, block_hash: block_hash == block.header.previous_block_hash)
        elif payload == "getblocktxn":
            return self._request(origin, event, direction, message)
        elif payload == "blocktxn":
            answer = message.payload.blocktxn
            request = self._requests.pop(self._key(origin, event, OPPOSITE[direction], message.peer_id, answer.block_hash), None)
            return list(request.rows(answer.transactions)) if request else []
        return []

    @property
    def waiting(self):
        """How many requests have no answer yet."""
        return len(self._requests)

    def end(self):
        """Rows of the requests that were not answered."""
        rows = [row for request in self._requests.values() for row in request.rows()]
        self._requests.clear()
        return rows

    def _request(self, origin, event, direction, message):
        block_hash = message.payload.getblocktxn.block_hash
        known = self._announced.get((origin.node, block_hash), "")
        forgotten = self._remember(self._requests, self._key(origin, event, direction, message.peer_id, block_hash),
                                   Request(origin, event, direction, known))
        return list(forgotten.rows()) if forgotten else []

    def _give_up(self, origin, event, is_over):
        """Rows of the requests of the event's process that get no answer any more."""
        process = self._process(origin, event)
        over = [key for key in self._requests if key[0] == process and is_over(key[2], key[3])]
        return [row for key in over for row in self._requests.pop(key).rows()]

    @staticmethod
    def _process(origin, event):
        return origin.node, origin.publisher_id, event.pid, event.process_start_ms

    @staticmethod
    def _key(origin, event, direction, peer_id, block_hash):
        return Recorder._process(origin, event), direction, peer_id, block_hash

    @staticmethod
    def _remember(memory, key, value):
        """Returns what had to be forgotten for it."""
        forgotten = memory.pop(key, None)
        memory[key] = value
        if len(memory) > MOST_REMEMBERED:
            return memory.popitem(last=False)[1]
        return forgotten


class Notices:
    """Counts what was skipped or missed, and says so on stderr, at most once a second."""

    def __init__(self):
        self.bad = self.gaps = self.missed = 0
        self._next_line = 0

    def skipped(self, reason):
        self.bad += 1
        self._say(reason)

    def missing(self, origin, count):
        self.gaps += 1
        self.missed += count or 0
        self._say(f"missed {'an unknown number of' if count is None else count} events of node {origin.node}, "
                  f"publisher {origin.publisher_id:016x}, from number {origin.sequence} on")

    def _say(self, line):
        if time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + 1
            print(f"{NAME}: {line}", file=sys.stderr)


def batches(arguments, on_wait, notices):
    options = {"on_bad": notices.skipped, "on_missed": notices.missing}
    if not arguments.archives:
        yield from peer_observer.live_batches(*arguments.source, logger=arguments.logger, tls_ca_file=arguments.tls_ca_file,
                                              tls_cert_key_file=arguments.tls_cert_key_file, on_wait=on_wait, **options)
    for path in arguments.archives:
        yield from peer_observer.archive_batches(path, **options)


def default_logger():
    """The one beside this program, else the one on PATH."""
    beside = pathlib.Path(__file__).resolve().parent / "peer-observer-logger"
    return str(beside) if beside.exists() else beside.name


def parse_arguments():
    parser = argparse.ArgumentParser(prog=NAME, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog=f"Example:\n  {NAME} --source tcp://127.0.0.1:9331 --output asked.csv")
    parser.add_argument("archives", nargs="*", metavar="FILE", help="archive files to read instead of live events")
    parser.add_argument("--source", action="append", metavar="URL", help="publisher of live events; may be repeated (default: tcp://127.0.0.1:9331)")
    parser.add_argument("--tls-ca-file", metavar="FILE", help="PEM certificates of the CAs that may sign the publisher's certificate; required for tls+tcp://")
    parser.add_argument("--tls-cert-key-file", metavar="FILE", help="PEM certificate and private key of this end; required for tls+tcp://")
    parser.add_argument("--output", metavar="FILE", help="append to this file (default: stdout)")
    parser.add_argument("--logger", default=default_logger(), metavar="PROGRAM", help="logger to run if the Python module pynng is not installed")
    service.add_options(parser)
    arguments = service.parse(parser)
    arguments.source = arguments.source or []
    wants_tls = any(url.startswith("tls+tcp://") for url in arguments.source)
    if wants_tls != bool(arguments.tls_ca_file) or wants_tls != bool(arguments.tls_cert_key_file):
        parser.error("tls+tcp:// needs --tls-ca-file and --tls-cert-key-file, which nothing else does")
    return arguments


class Output:
    """CSV; names of the columns first, unless the file has them already."""

    def __init__(self, path):
        self._file = open(path, "a", encoding="ascii") if path else sys.stdout
        self._writer = csv.writer(self._file, lineterminator="\n")
        self.lines = 0
        if not self._file.seekable() or self._file.tell() == 0:
            self._writer.writerow(COLUMNS)
            self._file.flush()

    def write(self, rows):
        if rows:
            self._writer.writerows(rows)
            self._file.flush()
            self.lines += len(rows)


def record(arguments, recorder, notices, output, systemd):
    def alive():
        # The first time a batch has come, or the logger has not failed within a second: its options are good.
        systemd.once("READY=1")
        systemd.alive(f"{output.lines} lines written, {recorder.waiting} requests wait for their answer, {notices.bad} bad events skipped")

    for batch in batches(arguments, alive, notices):
        alive()
        for origin, event in peer_observer.events_of([batch]):
            output.write(recorder.add(origin, event))


def main():
    arguments = parse_arguments()
    systemd, recorder, notices = service.Systemd(), Recorder(), Notices()
    status = 0
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    output = None
    try:
        output = Output(arguments.output)
        if arguments.metrics_address:
            service.Metrics(arguments.metrics_address, NAME, {
                "peer_observer_getblocktxn_recorder_lines_total": ("Lines written: transactions that were requested.", "counter", lambda: output.lines),
                "peer_observer_getblocktxn_recorder_waiting_requests": ("Requests without an answer yet.", "gauge", lambda: recorder.waiting),
                "peer_observer_bad_events_total": ("Events, and batches, that were not valid and were skipped.", "counter", lambda: notices.bad),
                "peer_observer_bus_missed_events_total": ("Events that publishers sent and that did not arrive.", "counter", lambda: notices.missed),
            })
        record(arguments, recorder, notices, output, systemd)
    except KeyboardInterrupt:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
    except (peer_observer.DecodingError, OSError) as error:
        print(f"{NAME}: {error}", file=sys.stderr)
        status = 1
    systemd.once("STOPPING=1")
    if output:
        output.write(recorder.end())
    return status


if __name__ == "__main__":
    sys.exit(main())
