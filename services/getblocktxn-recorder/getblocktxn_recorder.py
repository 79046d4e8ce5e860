#!/usr/bin/env python3
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
        self._requests = collections.OrderedDict()  # (node, publisher, direction, peer id, block hash): Request

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
            self._remember(self._announced, (origin.node, block.header.hash), len(block.short_ids) + len(block.prefilled))
        elif payload == "getblocktxn":
            return self._request(origin, event, direction, message)
        elif payload == "blocktxn":
            answer = message.payload.blocktxn
            request = self._requests.pop(self._key(origin, OPPOSITE[direction], message.peer_id, answer.block_hash), None)
            return list(request.rows(answer.transactions)) if request else []
        return []

    def end(self):
        """Rows of the requests that were not answered."""
        rows = [row for request in self._requests.values() for row in request.rows()]
        self._requests.clear()
        return rows

    def _request(self, origin, event, direction, message):
        block_hash = message.payload.getblocktxn.block_hash
        known = self._announced.get((origin.node, block_hash), "")
        forgotten = self._remember(self._requests, self._key(origin, direction, message.peer_id, block_hash),
                                   Request(origin, event, direction, known))
        return list(forgotten.rows()) if forgotten else []

    @staticmethod
    def _key(origin, direction, peer_id, block_hash):
        return origin.node, origin.publisher_id, direction, peer_id, block_hash

    @staticmethod
    def _remember(memory, key, value):
        """Returns what had to be forgotten for it."""
        forgotten = memory.pop(key, None)
        memory[key] = value
        if len(memory) > MOST_REMEMBERED:
            return memory.popitem(last=False)[1]
        return forgotten


def events(arguments):
    if not arguments.archives:
        yield from peer_observer.live_events(*arguments.source, logger=arguments.logger)
    for path in arguments.archives:
        yield from peer_observer.archive_events(path)


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
    parser.add_argument("--output", type=argparse.FileType("a", encoding="ascii"), default=sys.stdout, metavar="FILE", help="append to this file (default: stdout)")
    parser.add_argument("--logger", default=default_logger(), metavar="PROGRAM", help="where the module pynng is not installed: the logger to use")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    writer = csv.writer(arguments.output, lineterminator="\n")
    if not arguments.output.seekable() or arguments.output.tell() == 0:
        writer.writerow(COLUMNS)
        arguments.output.flush()
    recorder = Recorder()
    status = 0
    try:
        for origin, event in events(arguments):
            if rows := recorder.add(origin, event):
                writer.writerows(rows)
                arguments.output.flush()
    except KeyboardInterrupt:
        pass
    except (peer_observer.DecodingError, OSError) as error:
        print(f"peer-observer-getblocktxn-recorder: {error}", file=sys.stderr)
        status = 1
    writer.writerows(recorder.end())
    arguments.output.flush()
    return status


if __name__ == "__main__":
    sys.exit(main())
