"""Events arrive in the order in which the probes fired, and none is missing."""

import collections

import harness
from sim_node import copy_sim_node, play

EVENTS = 1_000_000
# Tracepoint, event, and where `sim_node --order` puts its running number; in the order in which it fires.
CARRIERS = [
    ("net:inbound_message", "message.inbound", "peer_id"),
    ("mempool:added", "mempool.added", "fee_sat"),
    ("net:outbound_message", "message.outbound", "peer_id"),
    ("net:inbound_connection", "connection.inbound", "peer_id"),
    ("mempool:removed", "mempool.removed", "fee_sat"),
    ("net:outbound_connection", "connection.outbound", "peer_id"),
    ("validation:block_connected", "validation.block_connected", "height"),
    ("net:misbehaving_connection", "connection.misbehaving", "peer_id"),
    ("mempool:replaced", "mempool.replaced", "replaced_fee_sat"),
    ("net:closed_connection", "connection.closed", "peer_id"),
    ("utxocache:flush", "utxocache.flush", "coins"),
    ("net:evicted_inbound_connection", "connection.evicted", "peer_id"),
]


def test_keeps_order_of_a_million_events(directory):
    path = copy_sim_node(directory)
    count = 0

    def check(sequence, event):
        nonlocal count
        _, kind, field = CARRIERS[count % len(CARRIERS)]
        context, name = kind.split(".")
        assert event.WhichOneof("context") == context, f"event {count}: {event}"
        inner = getattr(event, context)
        assert inner.WhichOneof("event") == name, f"event {count}: {event}"
        assert getattr(getattr(inner, name), field) == count
        assert sequence == count
        count += 1

    metrics = f"127.0.0.1:{harness.free_port()}"
    with harness.Extractor(path, directory, "--ring-size", 256, "--metrics-address", metrics) as extractor, \
            harness.Batches(extractor.url, check) as batches:
        extractor.wait_for_log("tracepoints to")
        fired = play(path, "--order", "--only", ",".join(tracepoint for tracepoint, *_ in CARRIERS),
                     "--events", EVENTS, "--rate", 100_000)
        assert fired["fired"] == fired["calls"] == EVENTS
        batches.wait_until(lambda: count >= EVENTS, f"{EVENTS} events")
        harness.wait_for_metric(metrics, "peer_observer_bus_published_events_total", EVENTS)
        assert harness.metric(metrics, "peer_observer_extractor_lost_events_total") == 0
        assert extractor.stop() == 0
        batches.end()
        assert count == EVENTS


def test_keeps_order_of_each_thread(directory):
    path = copy_sim_node(directory)
    threads, messages = 4, 50_000
    numbers = collections.defaultdict(list)
    sequences = []

    def note(sequence, event):
        message = event.message.inbound
        numbers[message.peer_id].append(message.payload.ping.nonce)
        sequences.append(sequence)

    with harness.Extractor(path, directory) as extractor, harness.Batches(extractor.url, note) as batches:
        extractor.wait_for_log("tracepoints to")
        play(path, "--flood", "ping", "--threads", threads, "--count", messages, "--rate", 100_000)
        batches.wait_until(lambda: len(sequences) >= threads * messages, "all messages")
        assert sequences == list(range(threads * messages))
        assert numbers == {peer: list(range(messages)) for peer in range(threads)}


def test_delivers_every_event_of_session(directory):
    """Realistic traffic with every tracepoint in it, by sim_node's own count."""
    path = copy_sim_node(directory)
    everything = ("--enable", "utxocache_coin", "--enable", "coin_selection", "--ring-size", "256")
    with harness.Extractor(path, directory, *everything) as extractor, harness.Events(extractor.url) as events:
        extractor.wait_for_log("attached 25 of 25 tracepoints to")
        fired = play(path, "--seed", 7, "--events", 20_000, "--rate", 10_000)
        harness.wait_until(lambda: len(events.list) >= fired["fired"], "all events")
        assert extractor.stop() == 0
        events.end()
        assert len(events.list) == fired["fired"] == 20_000
        assert harness.missing_events(events.list) == 0
        assert len({event.kind for event in events.list}) == len(fired["tracepoints"]) == 25
        for direction in ("inbound", "outbound"):
            types = collections.Counter(event.get("message_type", "") for event in events.find(f"message.{direction}"))
            assert types == fired[direction]
        times = [event.all["timestamp_ns"] for event in events.list]
        assert times == sorted(times)
