"""What cannot be delivered is reported in the stream, where it would have been, and counted."""

import re
import signal

import pytest

import harness
from sim_node import copy_sim_node, play


class Ledger:
    """Follows the numbers of floods: each message is either there, or an events_lost in its place counts it."""

    def __init__(self, *floods):
        self.due = [number for messages in floods for number in range(messages)]
        self.received = 0
        self.reports = []

    def __call__(self, _, event):
        if event.WhichOneof("context") == "events_lost":
            lost = event.events_lost
            assert lost.tracepoint == "net:inbound_message"
            assert lost.Cause.Name(lost.cause) == "RING_FULL"
            self.reports.append(lost.count)
            return
        message = event.message.inbound
        number = message.payload.ping.nonce if message.message_type == "ping" else int.from_bytes(message.raw[:8], "little")
        assert number == self.due[self.accounted_for], f"{number} came as number {self.accounted_for} of all"
        self.received += 1

    @property
    def accounted_for(self):
        return self.received + sum(self.reports)

    def wait(self, batches):
        batches.wait_until(lambda: self.accounted_for >= len(self.due), "every message has come or is reported lost")
        assert self.accounted_for == len(self.due)


def test_reports_loss_where_ring_overflowed(directory):
    path = copy_sim_node(directory)
    before, during, after = 1_000, 50_000, 2_000
    ledger = Ledger(before, during, after)
    metrics = f"127.0.0.1:{harness.free_port()}"
    with harness.Extractor(path, directory, "--ring-size", 1, "--metrics-address", metrics) as extractor, \
            harness.Batches(extractor.url, ledger) as batches:
        extractor.wait_for_log("tracepoints to")
        play(path, "--flood", "ping", "--count", before)
        batches.wait_until(lambda: ledger.received == before, "the first messages")
        extractor.signal(signal.SIGSTOP)
        play(path, "--flood", "ping", "--count", during)
        extractor.signal(signal.SIGCONT)
        batches.wait_until(lambda: ledger.received > before, "the extractor has gone on")
        play(path, "--flood", "ping", "--count", after, "--rate", 1_000)
        ledger.wait(batches)
        lost = sum(ledger.reports)
        assert 0 < lost < during
        harness.wait_until(lambda: harness.metric(metrics, "peer_observer_extractor_lost_events_total") == lost,
                           "the metric shows the same number")


def test_reports_losses_at_the_end(directory):
    path = copy_sim_node(directory)
    ledger = Ledger(50_000)
    with harness.Extractor(path, directory, "--ring-size", 1) as extractor, harness.Batches(extractor.url, ledger) as batches:
        extractor.wait_for_log("tracepoints to")
        extractor.signal(signal.SIGSTOP)
        play(path, "--flood", "ping", "--count", len(ledger.due))
        extractor.signal(signal.SIGCONT)
        ledger.wait(batches)
        assert ledger.received > 0 and ledger.reports


def test_delivers_or_reports_large_payloads_in_small_ring(directory):
    path = copy_sim_node(directory)
    ledger = Ledger(300)
    with harness.Extractor(path, directory, "--ring-size", 1) as extractor, harness.Batches(extractor.url, ledger) as batches:
        extractor.wait_for_log("tracepoints to")
        play(path, "--flood", "junk", "--size", 400_000, "--count", len(ledger.due))
        ledger.wait(batches)
        assert ledger.received > 0


def faulty_stream(directory, fault, messages=10):
    """What arrives of messages of which every second one, from the second on, has a fault."""
    path = copy_sim_node(directory)
    with harness.Extractor(path, directory) as extractor, harness.Events(extractor.url) as events:
        extractor.wait_for_log("tracepoints to")
        play(path, "--fault", fault, "--events", messages)
        harness.wait_until(lambda: len(events.list) >= messages, "all events")
        events.end()
        assert len(events.list) == messages
        good, bad = events.list[0::2], events.list[1::2]
        for event in good:
            assert event["payload"]["ping"]["nonce"] == "0707070707070707"
            assert event["address"] == "127.0.0.1:8333"
            assert not event.all.get("unreadable_arguments")
        return bad


@pytest.mark.parametrize("fault", ["unreadable", "not-resident"])
def test_reports_unreadable_payload(directory, fault):
    for event in faulty_stream(directory, fault):
        assert event.kind == "message.inbound"
        assert event.all["unreadable_arguments"] == [6]
        assert event["address"] == "127.0.0.1:8333"
        assert event["message_type"] == "ping"
        assert event["size"] == 8
        assert event["decode_error"]
        assert not event.get("raw")
        assert "payload" not in event.fields


def test_reports_unreadable_text(directory):
    for event in faulty_stream(directory, "unreadable-text"):
        assert event.kind == "message.inbound"
        assert event.all["unreadable_arguments"] == [2]
        assert event["peer_id"] == 1
        assert not event["address"]
        assert event["connection_type"] == "inbound"
        assert event["payload"]["ping"]["nonce"] == "0707070707070707"


def test_keeps_type_and_size_of_payload_above_the_limit(directory):
    for event in faulty_stream(directory, "too-big"):
        assert event.kind == "message.inbound"
        assert (event["address"], event["message_type"], event["size"]) == ("127.0.0.1:8333", "ping", 4_000_001)
        assert event["truncated"]["reason"] == "MESSAGE_TOO_LARGE"
        assert not event.get("payload") and not event.get("raw") and not event.get("decode_error")
        assert not event.all.get("unreadable_arguments")


@pytest.mark.parametrize("mebibytes", [1, 2, 4])
def test_counts_message_larger_than_the_ring(directory, mebibytes):
    """The smallest such message is lost on an idle node, the largest that the extractor says to fit is not."""
    path = copy_sim_node(directory)
    with harness.Extractor(path, directory, "--ring-size", mebibytes) as extractor, harness.Events(extractor.url) as events:
        largest = int(re.search(r"messages of more than (\d+) bytes", extractor.wait_for_log("messages of more than")).group(1))
        assert mebibytes * 250_000 < largest < 4_000_000
        extractor.wait_for_log("tracepoints to")
        play(path, "--flood", "junk", "--size", largest, "--count", 1)
        assert events.wait_for("message.inbound")["size"] == largest
        play(path, "--flood", "junk", "--size", largest + 1, "--count", 1)
        lost = events.wait_for("events_lost")
        assert (lost["tracepoint"], lost["cause"], lost["count"]) == ("net:inbound_message", "TOO_BIG", 1)
        extractor.wait_for_log("lost 1 event, 1 since the start: too big for the ring buffer")


def test_warns_of_nothing_with_large_ring(directory):
    with harness.Extractor(copy_sim_node(directory), directory, "--ring-size", 8) as extractor:
        extractor.wait_for_log("tracepoints to")
        assert not [line for line in extractor.log if "do not fit" in line]
