#!/usr/bin/python3
"""Measures what peer-observer-web costs: messages of many peers at a steady rate, with open pages that read the feed and ask for the node.

    bench/web_load.py build/release --messages 5000 --peers 300 --pages 100 --seconds 30

A table on stdout. The publisher is this script: messages are inv of ten transactions, of which each peer announces the same ones, pings and pongs. Every figure is of this
run, on this machine; what else runs on it counts too. CPU time is the service's own, so a busy machine changes it little.
"""

import argparse
import contextlib
import os
import pathlib
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "bench/flood")]
BATCHES_PER_SECOND = 50


def message(event_pb2, number, peers):
    event = event_pb2.Event(timestamp_ns=time.time_ns(), pid=4711, process_start_ms=9)
    peer = number % peers
    is_ping = number % 20 == 0
    content = event.message.outbound if is_ping else event.message.inbound
    content.peer_id = peer
    content.address = f"203.0.113.{peer % 256}:{10000 + peer}"
    content.connection_type = "inbound"
    content.message_type = "ping" if is_ping else "inv"
    content.size = 8 if is_ping else 361
    if is_ping:
        content.payload.ping.nonce = number
    else:
        first = number // peers * 10
        for place in range(10):
            item = content.payload.inv.items.add(type=5)
            item.hash = (first + place).to_bytes(4, "little") * 8
    return event.SerializeToString()


def publish(liar, event_pb2, options, stop):
    from lies import make_batch

    number, started = 0, time.monotonic()
    while not stop.is_set():
        wanted = int((time.monotonic() - started) * options.messages)
        events = [message(event_pb2, number + place, options.peers) for place in range(min(wanted - number, 5000))]
        if events:
            liar.send(make_batch(number, events, node="alpha"))
            number += len(events)
        time.sleep(1 / BATCHES_PER_SECOND)


def read_forever(feed, stop):
    with contextlib.suppress(OSError, AssertionError, ValueError):
        while not stop.is_set():
            feed.next("sample")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--messages", type=int, default=5000, help="a second")
    parser.add_argument("--peers", type=int, default=300)
    parser.add_argument("--pages", type=int, default=100, help="readers of the feed; one of them asks for the node every two seconds")
    parser.add_argument("--seconds", type=int, default=30)
    options = parser.parse_args()
    os.environ["PEER_OBSERVER_BUILD"] = str(options.build.resolve())
    sys.path.insert(0, str(options.build / "python"))
    from flood import cpu_seconds, peak_mebibytes
    from proto import event_pb2

    import harness
    from lies import Liar
    from web_service import Web

    stop = threading.Event()
    with Liar() as liar, Web(liar.url) as web, contextlib.ExitStack() as pages:
        harness.wait_until(lambda: liar.subscribers, "the service has connected")
        threading.Thread(target=publish, args=(liar, event_pb2, options, stop), daemon=True).start()
        for _ in range(options.pages):
            feed = pages.enter_context(web.feed())
            threading.Thread(target=read_forever, args=(feed, stop), daemon=True).start()
        time.sleep(2)  # what is measured is the steady state
        before, events, begin = cpu_seconds(web.pid), web.get("health")["bus"]["events"], time.monotonic()
        slowest = 0
        while time.monotonic() < begin + options.seconds:
            asked = time.monotonic()
            web.get("nodes/alpha")
            slowest = max(slowest, time.monotonic() - asked)
            time.sleep(2)
        passed = time.monotonic() - begin
        health = web.get("health")
        rate = (health["bus"]["events"] - events) / passed
        share = (cpu_seconds(web.pid) - before) / passed
        print("| messages/s | peers | open pages | CPU, of a core | peak memory | slowest answer for the node | missed |")
        print("| --- | --- | --- | --- | --- | --- | --- |")
        print(f"| {rate:.0f} | {options.peers} | {options.pages} | {100 * share:.1f} % | {peak_mebibytes(web.pid):.0f} MiB | {1000 * slowest:.0f} ms | {health['bus']['missed_events']} |")
        stop.set()


main()
