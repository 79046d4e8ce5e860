#!/usr/bin/env -S PATH=/usr/bin:${PATH} python3
"""What the rpc-extractor costs a node: the time of the node's RPC threads, with many peers and a full address manager.

    bench/rpc_load.py --build build/bench      # a Markdown table on stdout, after ten minutes

Starts a bitcoind on regtest that talks to this program only, fills its address manager, opens connections to it, lets the
extractor ask for everything at its default intervals, and reads from /proc what the node's threads for HTTP used.
"""

import argparse
import base64
import hashlib
import http.client
import json
import os
import pathlib
import random
import re
import selectors
import socket
import struct
import sys
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/bitcoind")]
import harness
from node import Node, find_bitcoind

MAGIC = bytes.fromhex("fabfb5da")  # regtest
BATCH = 500


def message(name, payload=b""):
    checksum = hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    return MAGIC + name.encode().ljust(12, b"\0") + struct.pack("<I", len(payload)) + checksum + payload


def version():
    address = bytes(26)
    return struct.pack("<iQq", 70016, 0, int(time.time())) + address + address + os.urandom(8) + b"\x05/rl:/" + struct.pack("<i?", 0, True)


class Peers:
    """Connections that shake hands and answer pings."""

    def __init__(self, port, count):
        self.selector = selectors.DefaultSelector()
        for _ in range(count):
            connection = socket.create_connection(("127.0.0.1", port))
            connection.sendall(message("version", version()))
            self.selector.register(connection, selectors.EVENT_READ, bytearray())
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            for key, _ in self.selector.select():
                data = key.fileobj.recv(1 << 16)
                if not data:
                    self.selector.unregister(key.fileobj)
                    continue
                key.data.extend(data)
                self._answer(key.fileobj, key.data)

    @staticmethod
    def _answer(connection, buffer):
        while len(buffer) >= 24 and len(buffer) >= 24 + (size := struct.unpack_from("<I", buffer, 16)[0]):
            name, payload = bytes(buffer[4:16]).rstrip(b"\0"), bytes(buffer[24:24 + size])
            del buffer[:24 + size]
            if name == b"version":
                connection.sendall(message("verack"))
            elif name == b"ping":
                connection.sendall(message("pong", payload))


def fill_addrman(node, wanted):
    """Adds random addresses until the tables have so many entries."""
    cookie = base64.b64encode((node.directory / "regtest" / ".cookie").read_bytes()).decode()
    connection = http.client.HTTPConnection("127.0.0.1", node.rpc_port, timeout=300)
    choice = random.Random(1)
    entries = added = 0
    while entries < wanted:
        calls = []
        for i in range(BATCH):
            address = f"{choice.randrange(11, 100)}.{choice.randrange(256)}.{choice.randrange(256)}.{choice.randrange(1, 255)}"
            calls.append({"id": i, "method": "addpeeraddress", "params": [address, 8333, choice.random() < 0.2]})
        connection.request("POST", "/", json.dumps(calls), {"Authorization": f"Basic {cookie}"})
        connection.getresponse().read()
        added += BATCH
        if added % (20 * BATCH) == 0:
            tables = node.rpc.getrawaddrman()
            entries = sum(map(len, tables.values()))
    return {name: len(table) for name, table in tables.items()}


def cpu_seconds(pid, wanted=lambda name: True):
    """Time on a CPU of the process's threads whose names are wanted."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        if wanted((task / "comm").read_text().strip()):
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def is_http(name):
    return name.startswith(("b-http", "http"))


def call_seconds(address):
    """{method: (calls, seconds)} so far, as the extractor measured them."""
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=30) as answer:
        page = answer.read().decode()
    found = {}
    for kind, method, value in re.findall(r'call_seconds_(count|sum){method="(\w+)"} (\S+)', page):
        found.setdefault(method, {})[kind] = float(value)
    return {method: (values["count"], values["sum"]) for method, values in found.items()}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--build", type=pathlib.Path, required=True)
    arguments.add_argument("--peers", type=int, default=125)
    arguments.add_argument("--entries", type=int, default=65_000)
    arguments.add_argument("--seconds", type=int, default=240, help="a multiple of 120, after which everything was asked for equally often")
    chosen = arguments.parse_args()
    os.environ["PEER_OBSERVER_BUILD"] = str(chosen.build.resolve())
    load = os.getloadavg()[0]
    with harness.temporary_directory() as directory, \
            Node(directory / "node", find_bitcoind(), f"-maxconnections={chosen.peers + 20}") as node:
        tables = fill_addrman(node, chosen.entries)
        Peers(node.port, chosen.peers)
        harness.wait_until(lambda: sum(p["version"] != 0 for p in node.rpc.getpeerinfo()) == chosen.peers, "all peers", 120)
        idle = cpu_seconds(node.pid, is_http)
        time.sleep(10)
        idle = cpu_seconds(node.pid, is_http) - idle
        extractor = harness.Program(
            harness.program("peer-observer-rpc-extractor"), "--rpc-address", f"127.0.0.1:{node.rpc_port}",
            "--cookie-file", node.directory / "regtest" / ".cookie", "--listen", f"ipc://{directory}/bus", "--metrics-address", "127.0.0.1:0")
        with extractor:
            address = re.search(r"http://([\d.:]+)/", extractor.wait_for_log("metrics on"))[1]
            started = cpu_seconds(node.pid, is_http)
            whole = cpu_seconds(node.pid)
            time.sleep(chosen.seconds - 1)  # the next round has not begun
            minutes = chosen.seconds / 60
            node_time = (cpu_seconds(node.pid, is_http) - started) / minutes
            whole = (cpu_seconds(node.pid) - whole) / minutes
            calls = call_seconds(address)
            status = pathlib.Path(f"/proc/{extractor.pid}/status").read_text()
            own = cpu_seconds(extractor.pid) / minutes
    peak = re.search(r"VmHWM:\s+(\d+)", status)[1]
    print(f"{os.cpu_count()} processors, load {load:.1f}:\n\n| with {chosen.peers} peers and {sum(tables.values())} entries in the address manager | a minute |\n| --- | ---: |")
    print(f"| CPU of the node's threads for RPC | {node_time:.3f} s |")
    print(f"| the same without the extractor | {6 * idle:.3f} s |")
    print(f"| CPU of all threads of the node | {whole:.3f} s |")
    print(f"| CPU of the extractor | {own:.3f} s |")
    print(f"| peak memory of the extractor | {int(peak) / 1024:.0f} MiB |")
    for method, (count, seconds) in sorted(calls.items(), key=lambda item: -item[1][1])[:3]:
        print(f"| `{method}`, {seconds / count * 1000:.1f} ms a call | {count / minutes:.1f} calls |")


if __name__ == "__main__":
    main()
