#!/usr/bin/env -S PATH=/usr/bin:${PATH} python3
"""What the log that the log-extractor reads costs a node: bytes and CPU time, at a given rate of messages.

    bench/log_cost.py [--seconds 20] [--rounds 3]      # a Markdown table on stdout, after five minutes

Starts a bitcoind on regtest that talks to this program only, three ways: without -debug, with the lines of docs/operations.md but net, and with all of
them. Four peers send pings, inv and addrv2 by a fixed schedule. Read from /proc is what all threads of the node have used. The ways take turns, so that
whatever else the machine does hits all of them; of each, the round with the least CPU time counts.
"""

import argparse
import os
import pathlib
import random
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/bitcoind"), str(ROOT / "tests/scenarios")]
import harness
import p2p
from node import Node, find_bitcoind
from table import processor

BESIDE_NET = ("-debug=cmpctblock", "-debug=validation", "-logtimemicros=1", "-logratelimit=0")
WAYS = {"no `debug`": (), "`debug=cmpctblock`, `validation`": BESIDE_NET, "these and `debug=net`": (*BESIDE_NET, "-debug=net")}
PEERS = 4
RATES = (20, 200)  # messages a second to the node: a node of the main network with 10 peers, and with 100


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def messages(rng):
    """Without end: half pings, which are answered, the others announcements."""
    while True:
        yield "ping", rng.randbytes(8)
        yield "inv", p2p.inventory(p2p.WTX, [rng.randbytes(32) for _ in range(10)])
        yield "ping", rng.randbytes(8)
        yield "addrv2", p2p.addrv2(2, rng)


def measure(directory, options, rate, seconds):
    """(bytes of the log, seconds of CPU time, messages to the node)"""
    rng = random.Random(1)
    with Node(directory, find_bitcoind(), *options) as node:
        node.rpc.generatetoaddress(1, "bcrt1qs758ursh4q9z627kt3pp5yysm78ddny6txaqgw")
        peers = [p2p.Peer(node, f"127.0.0.{number + 2}") for number in range(PEERS)]
        log = directory / "regtest/debug.log"
        size, used, started, sent = log.stat().st_size, cpu_s(node.pid), time.monotonic(), 0
        for kind, payload in messages(rng):
            due = started + sent / rate
            if due >= started + seconds:
                break
            time.sleep(max(0, due - time.monotonic()))
            peers[sent // 4 % PEERS].send(kind, payload)
            sent += 1
        for peer in peers:
            peer.sync()
        result = log.stat().st_size - size, cpu_s(node.pid) - used, sent
        for peer in peers:
            peer.close()
        return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20, help="how long messages come in a round (default: 20)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured (default: 3)")
    given = parser.parse_args()
    load, found = os.getloadavg()[0], {}
    with harness.temporary_directory() as folder:
        for number in range(given.rounds):
            for rate in RATES:
                for way, options in WAYS.items():
                    directory = folder / f"{number}-{rate}-{len(found)}-{list(WAYS).index(way)}"
                    found.setdefault((rate, way), []).append(measure(directory, options, rate, given.seconds))
    print(f"{processor()}, {os.cpu_count()} processors, load {load:.1f}:\n")
    print("| messages a second to the node | log | log, bytes a second | a message to the node | CPU of the node | to that without `debug` |")
    print("| ---: | --- | ---: | ---: | ---: | ---: |")
    for rate in RATES:
        base = min(cpu for _, cpu, _ in found[rate, "no `debug`"])
        for way in WAYS:
            size, cpu, sent = min(found[rate, way], key=lambda run: run[1])
            print(f"| {rate} | {way} | {size / given.seconds:,.0f} | {size / sent:,.0f} | {cpu / given.seconds:.1%} | {cpu / base:.2f} |")


if __name__ == "__main__":
    main()
