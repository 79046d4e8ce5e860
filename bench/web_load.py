#!/usr/bin/env -S PATH=/usr/bin:${PATH} python3
"""Measures what peer-observer-web costs: messages of many peers at a steady rate, with open pages.

    bench/web_load.py build/release --messages 5000 --peers 300 --pages 100 --seconds 30
    bench/web_load.py build/release --tabs 8          # of the pages, 8 in a real browser; as root

A table on stdout. The publisher is a process of its own: messages are inv of ten transactions, of which each peer announces the same ones, and pings.
Pages ask as those of a browser do: of ten, six are the feed (which asks for /health every five seconds, too), two ask for the fleet every two seconds, one for the node
every two seconds, one for anomalies every five seconds. They read everything and draw nothing, so that a hundred of them fit on a small machine. One more reader of the feed takes nothing at all.
Every figure is of this run, on this machine; what else runs on it counts too. CPU time is the service's own, so a busy machine changes it little.
"""

import argparse
import contextlib
import multiprocessing
import os
import pathlib
import selectors
import socket
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "bench/flood"), str(ROOT / "bench")]
BATCHES_PER_SECOND = 25
# (path, seconds between requests; None = a stream)
FEED, HEALTH = ("/api/v1/feed", None), ("/api/v1/health", 5)
PAGES = [[FEED, HEALTH]] * 6 + [[("/api/v1/nodes", 2), HEALTH]] * 2 + [[("/api/v1/nodes/alpha", 2), HEALTH], [("/api/v1/anomalies", 5), HEALTH]]
TABS = ("#/messages", "#/messages", "#/", "#/node/alpha")


def publish(pipe, options):
    from lies import Liar, make_batch
    from made_messages import MessageMaker

    maker, number = MessageMaker(options.peers), 0
    with Liar() as liar:
        pipe.send(liar.url)
        while not liar.subscribers:
            time.sleep(0.01)
        started = time.monotonic()
        while not pipe.poll():
            wanted = int((time.monotonic() - started) * options.messages)
            events = [maker.message(number + place, time.time_ns()) for place in range(min(wanted - number, 5000))]
            if events:
                liar.send(make_batch(number, events, node="alpha"))
                number += len(events)
            time.sleep(1 / BATCHES_PER_SECOND)


class Asker:
    """One connection of a page: asks again and again, and throws away what comes."""

    def __init__(self, address, path, every, selector, offset):
        self.path, self.every, self.next = path, every, time.monotonic() + offset
        self.socket = socket.create_connection(address)
        self.socket.setblocking(False)
        self.host = f"{address[0]}:{address[1]}"
        selector.register(self.socket, selectors.EVENT_READ, self)

    def ask_if_due(self, now):
        if self.next is None or now < self.next:
            return
        self.socket.send(f"GET {self.path} HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode())
        self.next = None if self.every is None else now + self.every


def read_pages(pipe, address, count):
    """Until told to end; then how many bytes came."""
    selector, received = selectors.DefaultSelector(), 0
    askers = [Asker(address, path, every, selector, (every or 1) * place / count) for place in range(count) for path, every in PAGES[place % len(PAGES)]]
    slow = socket.create_connection(address)
    slow.send(f"GET /api/v1/feed?rate=500 HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\n\r\n".encode())
    while not pipe.poll():
        now = time.monotonic()
        for asker in askers:
            asker.ask_if_due(now)
        for key, _ in selector.select(0.1):
            data = key.fileobj.recv(1 << 20)
            received += len(data)
            if not data:
                selector.unregister(key.fileobj)
    pipe.send(received)


@contextlib.contextmanager
def process(function, *arguments):
    ours, theirs = multiprocessing.Pipe()
    child = multiprocessing.Process(target=function, args=(theirs, *arguments), daemon=True)
    child.start()
    try:
        yield ours
    finally:
        with contextlib.suppress(OSError):  # it has ended
            ours.send("end")
        child.join(10)


@contextlib.contextmanager
def open_tabs(url, count):
    """So many pages of one browser, which all believe that somebody looks at them."""
    if not count:
        yield
        return
    sys.path.insert(0, str(ROOT / "tests/web"))
    from browser import Browser
    with tempfile.TemporaryDirectory() as name, Browser(pathlib.Path(name)) as browser:
        for place in range(count):
            browser.driver.switch_to.new_window("tab")
            browser.driver.get(f"{url}/{TABS[place % len(TABS)]}")
            browser.driver.execute_cdp_cmd("Emulation.setFocusEmulationEnabled", {"enabled": True})
        yield


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--messages", type=int, default=5000, help="a second")
    parser.add_argument("--peers", type=int, default=300)
    parser.add_argument("--pages", type=int, default=100)
    parser.add_argument("--tabs", type=int, default=0, help="so many of the pages are in a real browser")
    parser.add_argument("--seconds", type=int, default=30)
    options = parser.parse_args()
    os.environ["PEER_OBSERVER_BUILD"] = str(options.build.resolve())
    sys.path.insert(0, str(options.build / "python"))
    from flood import cpu_seconds, peak_mebibytes

    import harness
    from web_service import Web

    with process(publish, options) as publisher, Web(publisher.recv()) as web:
        harness.wait_until(lambda: web.get("health")["bus"]["events"] > 0, "the service has events")
        with process(read_pages, web.address, options.pages - options.tabs) as pages, open_tabs(f"http://{web.address[0]}:{web.address[1]}", options.tabs):
            time.sleep(5)  # what is measured is the steady state
            before, health, begin = cpu_seconds(web.pid), web.get("health"), time.monotonic()
            slowest = 0
            while time.monotonic() < begin + options.seconds:
                asked = time.monotonic()
                web.get("nodes/alpha")
                slowest = max(slowest, time.monotonic() - asked)
                time.sleep(2)
            passed = time.monotonic() - begin
            after = web.get("health")
            share = (cpu_seconds(web.pid) - before) / passed
            rate = (after["bus"]["events"] - health["bus"]["events"]) / passed
            requests = (after["clients"]["requests"] - health["clients"]["requests"]) / passed
            pages.send("end")
            received = pages.recv() / passed
            print("| messages/s | peers | pages | of them in a browser | requests/s | MB/s to pages | CPU, of a core | peak memory | slowest answer for the node | missed |")
            print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
            print(f"| {rate:.0f} | {options.peers} | {options.pages} | {options.tabs} | {requests:.0f} | {received / 1e6:.1f} | {100 * share:.1f} % | {peak_mebibytes(web.pid):.0f} MiB"
                  f" | {1000 * slowest:.0f} ms | {after['bus']['missed_events']} |")


if __name__ == "__main__":
    main()
