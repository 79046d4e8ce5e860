"""A subscriber that does not keep up: it learns exactly what it missed, and nobody else notices."""

import signal

import pytest

import harness
from sim_node import copy_sim_node, play

MEBIBYTE = 1 << 20
# What the publisher keeps for one subscriber at most, and the least that is sure to exceed it and the sockets' buffers.
QUEUE_BYTES = 256 * MEBIBYTE
MESSAGE_BYTES = 200_000
# At most so many are under way: they fit into the ring and into the other subscriber's queue (a quarter of QUEUE_BYTES
# when batches are this large), so that however slow the machine is, none is lost there.
FLOOD = 100
MESSAGES = FLOOD * -(-2 * QUEUE_BYTES // (MESSAGE_BYTES * FLOOD))


class Subscriber:
    """A logger, and the numbers of the messages that it printed."""

    def __init__(self, extractor):
        self.metrics = f"127.0.0.1:{harness.free_port()}"
        self.sequences = []
        self.logger = harness.Batches(extractor.url, self.note, options=("--metrics-address", self.metrics))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.logger.end()

    def note(self, sequence, event):
        message = event.message.inbound
        if message.message_type == "junk":
            assert int.from_bytes(message.raw[:8], "little") == sequence % FLOOD
            assert len(message.raw) == MESSAGE_BYTES
        self.sequences.append(sequence)

    def wait_for(self, sequence):
        self.logger.wait_until(lambda: self.sequences and self.sequences[-1] >= sequence, f"event {sequence}")

    def reported_missed(self):
        return harness.metric(self.metrics, "peer_observer_bus_missed_events_total")


def memory_peak(pid):
    """Bytes of memory that the process has used at most."""
    with open(f"/proc/{pid}/status") as status:
        line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def test_reports_missed_events_to_stopped_subscriber_only(monkeypatch):
    harness.measure_memory(monkeypatch)
    with harness.temporary_directory() as directory:
        path = copy_sim_node(directory)
        with harness.Extractor(path, directory, "--ring-size", 256) as extractor, \
                Subscriber(extractor) as stopped, Subscriber(extractor) as other:
            extractor.wait_for_log("tracepoints to")
            memory_before = memory_peak(extractor.pid)
            stopped.logger.signal(signal.SIGSTOP)
            for sent in range(FLOOD, MESSAGES + 1, FLOOD):
                play(path, "--flood", "junk", "--size", MESSAGE_BYTES, "--count", FLOOD)
                other.wait_for(sent - 1)
            stopped.logger.signal(signal.SIGCONT)
            # What waited for it comes first; then the next event shows it the gap.
            harness.wait_until(lambda: stopped.sequences, "the stopped one continues")
            last = MESSAGES
            while not stopped.sequences or stopped.sequences[-1] < MESSAGES:
                play(path, "--flood", "ping", "--count", 1)
                other.wait_for(last)
                last += 1
                assert last < MESSAGES + 1000, "the stopped one never caught up"
            stopped.wait_for(last - 1)

            assert other.sequences == list(range(last))
            assert other.reported_missed() == 0
            missed = last - len(stopped.sequences)
            assert missed > 0
            assert stopped.sequences == sorted(set(stopped.sequences))
            assert stopped.reported_missed() == missed
            stopped.logger.wait_for_log("missed")
            assert memory_peak(extractor.pid) - memory_before < (QUEUE_BYTES + 128 * MEBIBYTE) * harness.MEMORY_FACTOR


def test_gives_whole_batches_to_reconnecting_subscriber():
    """Subscribers join and leave a stream under load; each sees a gapless part of it."""
    with harness.temporary_directory() as directory:
        path = copy_sim_node(directory)
        with harness.Extractor(path, directory) as extractor:
            extractor.wait_for_log("tracepoints to")
            with harness.Program(path, "--flood", "ping", "--rate", 20_000):
                for _ in range(5):
                    with harness.Events(extractor.url) as events:
                        events.wait_for("message.inbound", count=2_000)
                    assert harness.missing_events(events.list) == 0
                    nonces = [int(event["payload"]["ping"]["nonce"], 16) for event in events.list]
                    assert nonces == list(range(nonces[0], nonces[0] + len(nonces)))


def test_reports_unknown_loss_of_killed_extractor_only():
    with harness.temporary_directory() as directory:
        path = copy_sim_node(directory)

        def extractor():
            metrics = f"127.0.0.1:{harness.free_port()}"
            started = harness.Extractor(path, directory, "--metrics-address", metrics)
            started.wait_for_log("tracepoints to")
            return started, metrics

        def publish(metrics):
            harness.wait_until(lambda: harness.metric(metrics, "peer_observer_bus_subscribers") == 1, "the logger is connected")
            mark = events.mark()
            play(path, "--flood", "ping", "--count", 1)
            events.wait_for("message.inbound", after=mark)
            return mark

        first, metrics = extractor()
        with first, harness.Events(first.url) as events:
            publish(metrics)
            assert first.stop() == 0
            second, metrics = extractor()
            with second:
                before = publish(metrics)
                assert not events.find("missed")
                second.kill()
            third, metrics = extractor()
            with third:
                publish(metrics)
                (missed,) = events.find("missed")
                assert missed["count"] is None
                kinds = [event.kind for event in events.list[before:]]
                assert kinds == ["message.inbound", "missed", "message.inbound"]
            events.wait_for_log("an unknown number of events is lost: node test, publisher ")
