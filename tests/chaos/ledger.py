"""Follows sequence numbers: what came, what did not, and whether everything is one or the other."""

import threading

from peer_observer import DecodingError, reading

FLOOD_ADDRESS = "127.0.0.1:8333"  # of the peers of `sim_node --flood`


class Publisher:
    """One stream of numbers, as one subscriber sees it."""

    def __init__(self, first):
        self.first = first
        self.next = first
        self.received = 0

    @property
    def missing(self):
        return self.next - self.first - self.received


class Ledger:
    """What one run of the logger prints, until it ends. `error` is for the test, which runs in another thread."""

    def __init__(self, stream):
        self.publishers = {}
        self.floods = {}  # (publisher, process): the number that its next message has
        self.late_floods = set()  # processes whose first messages the extractor did not see
        self.unsure = True  # the logger was not there
        self.lost = 0  # reported by the extractor since the last message of a flood
        self.newest_ns = 0  # time of the event that came last
        self.error = None
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def _read(self, stream):
        try:
            for batch in reading.delimited_batches(stream):
                self._add(batch)
        except DecodingError as error:
            if "ends within" not in str(error):  # it was killed
                self.error = error
        except Exception as error:
            self.error = error

    def _add(self, batch):
        key = (batch.node, batch.publisher_id)
        self.unsure |= key not in self.publishers
        # The logger was there before one that follows another publisher of its node: its numbers are missing from 0 on.
        follows = any(node == batch.node for node, _ in self.publishers)
        publisher = self.publishers.setdefault(key, Publisher(0 if follows else batch.first_sequence))
        assert batch.first_sequence >= publisher.next, f"{key}: {batch.first_sequence} comes after {publisher.next}"
        self.unsure |= batch.first_sequence > publisher.next
        publisher.received += len(batch.events)
        publisher.next = batch.first_sequence + len(batch.events)
        if batch.events:
            self.newest_ns = batch.events[-1].timestamp_ns
        for event in batch.events:
            self._follow_flood(key, event)

    def _follow_flood(self, key, event):
        """Of the messages of a flood each is there, or reported lost in its place."""
        if event.WhichOneof("context") == "events_lost":
            self.lost += event.events_lost.count
            return
        message = event.message.inbound
        if message.payload.WhichOneof("payload") != "ping" or message.address != FLOOD_ADDRESS:
            return
        flood = (key, event.pid)
        number = message.payload.ping.nonce
        expected = self.floods.get(flood, None if event.pid in self.late_floods else 0)
        assert self.unsure or expected is None or number == expected + self.lost, f"message {number} instead of {expected}, {self.lost} lost"
        self.unsure = False
        self.lost = 0
        self.floods[flood] = number + 1

    @property
    def received(self):
        return sum(publisher.received for publisher in list(self.publishers.values()))

    @property
    def missing(self):
        return sum(publisher.missing for publisher in list(self.publishers.values()))

    def begin(self, late=()):
        """Another flood begins; what was lost before is not its own."""
        self.late_floods.update(late)
        self.lost = 0

    def check(self):
        if self.error:
            raise self.error

    def end(self):
        self._thread.join(30)
        self.check()


def tile(pieces):
    """(first, count) of events and gaps of one publisher: one behind the other without hole or overlap? (start, end) of all."""
    pieces = sorted(piece for piece in pieces if piece[1] > 0)
    start = end = pieces[0][0]
    for first, count in pieces:
        assert first == end, f"after {end} comes {first}"
        end += count
    return start, end
