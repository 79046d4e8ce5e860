#!/usr/bin/env python3
"""Records compact blocks that could not be reconstructed, and the transactions that were asked for, as CSV.

A node that lacks transactions of a compact block (BIP152) asks the peer that sent it with getblocktxn, and gets blocktxn.
Each transaction asked for becomes a line. `outbound` requests are the observed node's, `inbound` ones its peers'.
"""

import argparse
import collections
import contextlib
import csv
import datetime
import os
import pathlib
import signal
import socket
import sys
import time

try:
    import google.protobuf  # noqa: F401
except ImportError:
    sys.exit(f"peer-observer-getblocktxn-recorder: {sys.executable} has no module google.protobuf; install python3-protobuf (pip: protobuf)")

try:
    import peer_observer
except ImportError:  # not installed: the package of the build that this program is in
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "python"))
    import peer_observer

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
        if event.WhichOneof("context") != "message":
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

    @staticmethod
    def _key(origin, event, direction, peer_id, block_hash):
        process = origin.node, origin.publisher_id, event.pid, event.process_start_ms
        return process, direction, peer_id, block_hash

    @staticmethod
    def _remember(memory, key, value):
        """Returns what had to be forgotten for it."""
        forgotten = memory.pop(key, None)
        memory[key] = value
        if len(memory) > MOST_REMEMBERED:
            return memory.popitem(last=False)[1]
        return forgotten


class Systemd:
    """What systemd wants to be told (sd_notify(3)). Does nothing where systemd did not start the process."""

    STATUS_SECONDS = 5

    def __init__(self):
        # Taken away: the logger that this program starts must not speak for it.
        path = os.environ.pop("NOTIFY_SOCKET", "")
        self._address = "\0" + path[1:] if path.startswith("@") else path
        microseconds = int(os.environ.pop("WATCHDOG_USEC", "0"))
        is_ours = os.environ.pop("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self._watchdog_seconds = microseconds / 1e6 / 4 if is_ours else 0
        self._next_watchdog = self._next_status = 0
        self._told = set()

    def once(self, word):
        if word not in self._told:
            self._told.add(word)
            self._tell(word)

    def alive(self, status):
        """Feeds the watchdog four times within its time, and passes the status on every five seconds."""
        now = time.monotonic()
        if self._watchdog_seconds > 0 and now >= self._next_watchdog:
            self._tell("WATCHDOG=1")
            self._next_watchdog = now + self._watchdog_seconds
        if now >= self._next_status:
            self._tell(f"STATUS={status}")
            self._next_status = now + self.STATUS_SECONDS

    def _tell(self, text):
        if self._address:
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
                end.sendto(text.encode(), self._address)


class Skipped:
    """Counts what was not valid and is skipped, and says so on stderr, at most once a second."""

    def __init__(self):
        self.count = 0
        self._next_line = 0

    def add(self, reason):
        self.count += 1
        if time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + 1
            print(f"peer-observer-getblocktxn-recorder: {reason}", file=sys.stderr)


def batches(arguments, on_wait, on_bad):
    if not arguments.archives:
        yield from peer_observer.live_batches(*arguments.source, logger=arguments.logger, tls_ca_file=arguments.tls_ca_file,
                                              tls_cert_key_file=arguments.tls_cert_key_file, on_wait=on_wait, on_bad=on_bad)
    for path in arguments.archives:
        yield from peer_observer.archive_batches(path, on_bad)


def default_logger():
    """The one beside this program, else the one on PATH."""
    beside = pathlib.Path(__file__).resolve().parent / "peer-observer-logger"
    return str(beside) if beside.exists() else beside.name


def parse_arguments():
    parser = argparse.ArgumentParser(prog="peer-observer-getblocktxn-recorder", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog="Example:\n  peer-observer-getblocktxn-recorder --source tcp://127.0.0.1:9331 --output asked.csv")
    parser.add_argument("archives", nargs="*", metavar="FILE", help="archive files to read, instead of live events")
    parser.add_argument("--source", action="append", default=[], metavar="URL", help="publisher of live events (default: tcp://127.0.0.1:9331)")
    parser.add_argument("--tls-ca-file", metavar="FILE", help="PEM certificates of those who may sign the publisher's certificate; needed for tls+tcp://")
    parser.add_argument("--tls-cert-key-file", metavar="FILE", help="PEM certificate and private key of this end; needed for tls+tcp://")
    parser.add_argument("--output", type=argparse.FileType("a", encoding="ascii"), default=sys.stdout, metavar="FILE", help="append to this file (default: stdout)")
    parser.add_argument("--logger", default=default_logger(), metavar="PROGRAM", help="where the module pynng is not installed: the logger to use")
    arguments = parser.parse_args()
    wants_tls = any(url.startswith("tls+tcp://") for url in arguments.source)
    if wants_tls != bool(arguments.tls_ca_file) or wants_tls != bool(arguments.tls_cert_key_file):
        parser.error("tls+tcp:// needs --tls-ca-file and --tls-cert-key-file, which nothing else does")
    return arguments


def main():
    arguments = parse_arguments()
    systemd = Systemd()
    writer = csv.writer(arguments.output, lineterminator="\n")
    if not arguments.output.seekable() or arguments.output.tell() == 0:
        writer.writerow(COLUMNS)
        arguments.output.flush()
    recorder = Recorder()
    skipped = Skipped()
    written = status = 0

    def alive():
        # The first time a batch has come, or the logger has not failed within a second: its options are good.
        systemd.once("READY=1")
        systemd.alive(f"{written} lines written, {recorder.waiting} requests wait for their answer, {skipped.count} bad events skipped")

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        for batch in batches(arguments, alive, skipped.add):
            alive()
            for origin, event in peer_observer.events_of([batch]):
                if rows := recorder.add(origin, event):
                    writer.writerows(rows)
                    arguments.output.flush()
                    written += len(rows)
    except KeyboardInterrupt:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
    except (peer_observer.DecodingError, OSError) as error:
        print(f"peer-observer-getblocktxn-recorder: {error}", file=sys.stderr)
        status = 1
    systemd.once("STOPPING=1")
    writer.writerows(recorder.end())
    arguments.output.flush()
    return status


if __name__ == "__main__":
    sys.exit(main())
