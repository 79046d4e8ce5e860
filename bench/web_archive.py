#!/usr/bin/env -S PATH=/usr/bin:${PATH} python3
"""Measures peer-observer-web over a large archive: how long it takes to open, a node's and a peer's page in it, and its memory while a day is played.

    bench/web_archive.py build/release --mebibytes 1024 --hours 24
    bench/web_archive.py build/release --archive DIR          # one of yours

Two tables on stdout. The archive is made first, by the archiver, of messages whose hashes do not compress, evenly over the hours; --keep DIR leaves it there.
Wall time and the service's own CPU time: on a busy machine, believe the latter.
"""

import argparse
import os
import pathlib
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/archive"), str(ROOT / "bench/flood"), str(ROOT / "bench")]
ITEMS = 30  # of an inv: about a kilobyte that does not compress
BATCH = 500
WAITING = 20_000  # events that the archiver has not written yet
NS = 1_000_000_000


def make_archive(folder, options):
    from archiving import Archiver
    from lies import Liar, make_batch
    from made_messages import MessageMaker

    import harness

    maker, number = MessageMaker(options.peers, ITEMS, shares=False), 0
    end = time.time_ns()
    events = options.mebibytes * (1 << 20) // (ITEMS * 32) * 20 // 19
    step = options.hours * 3600 * NS // events
    with Liar() as liar, Archiver(folder, liar.url) as archiver:
        harness.wait_until(lambda: liar.subscribers, "the archiver has connected")
        while number < events:
            batch = [maker.message(number + place, end - (events - number - place) * step) for place in range(min(BATCH, events - number))]
            liar.send(make_batch(number, batch, node="alpha"))
            number += len(batch)
            harness.wait_until(lambda: number - archiver.written() < WAITING, "the archiver has written", 300)
        harness.wait_until(lambda: archiver.written() == number, "all events in the archive", 300)
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--archive", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--keep", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--mebibytes", type=int, default=1024)
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--peers", type=int, default=300)
    options = parser.parse_args()
    os.environ["PEER_OBSERVER_BUILD"] = str(options.build.resolve())
    sys.path.insert(0, str(options.build / "python"))
    from flood import cpu_seconds

    from web_service import Web

    def resident_mebibytes(pid):
        text = pathlib.Path(f"/proc/{pid}/status").read_text()
        return int(text.partition("VmRSS:")[2].split()[0]) / 1024

    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        folder = options.archive or make_archive(options.keep or pathlib.Path(name) / "archive", options)
        begin = time.monotonic()
        with Web("--archive", str(folder)) as web:
            print("| step | wall time | CPU time |\n| --- | --- | --- |")
            print(f"| start until it serves | {time.monotonic() - begin:.2f} s | {cpu_seconds(web.pid):.2f} s |")

            def measure(step, path):
                begin, before = time.monotonic(), cpu_seconds(web.pid)
                answer = web.get(path)
                print(f"| {step} | {time.monotonic() - begin:.2f} s | {cpu_seconds(web.pid) - before:.2f} s |", flush=True)
                return answer
            archive = measure("list of nodes", "archive")
            node = archive["nodes"][0]
            first, last = node["from_ns"], node["to_ns"] + 1
            measure("fleet, at the end", f"nodes?at_ns={last}")
            middle = (first + last) // 2
            window = f"from_ns={middle - 600 * NS}&at_ns={middle}"
            found = measure("node, in the middle, of ten minutes", f"nodes/{node['node']}?{window}")
            peer = max(found["peers"], key=lambda peer: peer["messages_in"])
            measure("a peer of it", f"nodes/{node['node']}/peers/{peer['peer_id']}?process={peer['process']}&{window}")
            other = middle + (last - middle) // 2
            measure("the peer, at another moment", f"nodes/{node['node']}/peers/{peer['peer_id']}?process={peer['process']}&from_ns={other - 600 * NS}&at_ns={other}")
            size = sum(file.stat().st_size for file in folder.rglob("*.poa.zst*"))
            print(f"\n{size / (1 << 20):.0f} MiB, {node['events']:,} events.\n\n| hours played | events | memory |\n| --- | --- | --- |")
            begin_at = last - 24 * 3600 * NS + 1  # what one view may reach back
            played = max(first, begin_at)
            for step in range(1, 13):
                at = played + (last - played) * step // 12
                while True:
                    answer = web.get(f"health?from_ns={played}&at_ns={at}")
                    if answer["read_until_ns"] >= at:
                        break
                print(f"| {(at - played) / 3600 / NS:.0f} | {answer['bus']['events']:,} | {resident_mebibytes(web.pid):.0f} MiB |", flush=True)


if __name__ == "__main__":
    main()
