#!/usr/bin/env python3
"""Measures the extractor and the archiver against what docs/performance.md promises: losses, latency, CPU, memory, time to start.

    cmake --preset bench && cmake --build --preset bench
    bench/flood/goals.py --build build/bench                      # as root, some minutes; a table on stdout
    bench/flood/goals.py --build build/bench --only latency idle
    bench/flood/goals.py --build build/bench --only soak --seconds 1800

Every figure is of this run, on this machine; what else runs on it counts too. The traffic is sim_node's.
"""

import argparse
import contextlib
import functools
import json
import os
import pathlib
import random
import re
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

import flood  # beside this file
from flood import ROOT, cpu_seconds, machine, metric, peak_mebibytes
from harness import Program, free_port, wait_until

RING_MEBIBYTES = 64
EXTRACTOR_NICE = -5  # as its unit runs it
INV_ENTRIES = 35
BLOCK_BYTES, BLOCKS = 2_000_000, 64


def resident_mebibytes(pid):
    """Resident memory without that of BPF maps, which the ring is one of."""
    kibibytes, is_map = 0, False
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            is_map = "bpf" in line.rpartition(" ")[2]
        elif line.startswith("Rss:") and not is_map:
            kibibytes += int(line.split()[1])
    return kibibytes / 1024


class Pipeline:
    """sim_node's extractor, running."""

    def __init__(self, build, stack):
        self.bin, self.stack = build / "bin", stack
        self.url = f"tcp://127.0.0.1:{free_port()}"
        address = f"127.0.0.1:{free_port()}"
        self.page = f"http://{address}/metrics"
        self.extractor = stack.enter_context(Program(
            "nice", "-n", EXTRACTOR_NICE, self.bin / "peer-observer-extractor", "--bitcoind", self.bin / "sim_node", "--node", "bench", "--listen", self.url,
            "--metrics-address", address))
        self.extractor.wait_for_log("tracepoints to")

    def subscribe(self, name, *options, stdout=subprocess.DEVNULL):
        tool = self.stack.enter_context(Program(self.bin / f"peer-observer-{name}", "--source", self.url, *options, stdout=stdout))
        tool.wait_for_log("connected")
        return tool

    def play(self, *options):
        """sim_node's summary, once every event has been taken out of the ring."""
        command = [self.bin / "sim_node", *options, "--wait-for-attach", 1, "--summary"]
        before = self.seen()
        summary = json.loads(subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout)
        wait_until(lambda: self.seen() - before >= summary["fired"], "every event", 120)
        return summary

    def seen(self):
        return metric(self.page, "peer_observer_extractor_events_total") + self.lost()

    def lost(self):
        return metric(self.page, "peer_observer_extractor_lost_events_total")


lost_events = 0  # of all pipelines


@contextlib.contextmanager
def pipeline(build):
    global lost_events
    with contextlib.ExitStack() as stack:
        running = Pipeline(build, stack)
        yield running
        lost_events += running.lost()


def compact_size(number):
    return bytes([number]) if number < 0xfd else b"\xfd" + struct.pack("<H", number) if number < 1 << 16 else b"\xfe" + struct.pack("<I", number)


def a_transaction(build):
    """The payload of one of sim_node's tx messages, of the middle size."""
    listing = subprocess.run([build / "bin/sim_node", "--events", "3000", "--list"], check=True, capture_output=True, text=True).stdout
    calls = [line.split("\t") for line in listing.splitlines() if line.startswith("net:inbound_message\t")]
    sizes = sorted((call[6] for call in calls if call[4] == "tx"), key=len)
    return bytes.fromhex(sizes[len(sizes) // 2])


def payloads(build):
    """name: (type, payload)"""
    chance = random.Random(1)
    tx = a_transaction(build)
    count = BLOCK_BYTES // len(tx)
    entries = b"".join(struct.pack("<I", 5) + chance.randbytes(32) for _ in range(INV_ENTRIES))
    return {
        "ping": ("ping", chance.randbytes(8)),
        f"inv of {INV_ENTRIES}": ("inv", compact_size(INV_ENTRIES) + entries),
        f"tx of {len(tx)} bytes": ("tx", tx),
        "block": ("block", chance.randbytes(80) + compact_size(count) + tx * count),
    }


def measure_cpu(build, directory, options):
    """What an event costs the extractor, from the ring to a socket with one subscriber."""
    for name, (message_type, payload) in payloads(build).items():
        if message_type == "block":
            continue
        file = directory / message_type
        file.write_bytes(payload)
        costs, lost = [], 0
        for _ in range(options.repetitions):
            with pipeline(build) as running:
                running.subscribe("logger", "--format", "protobuf")
                before = cpu_seconds(running.extractor.pid)
                count = 400_000
                running.play("--flood", message_type, "--payload", file, "--count", count, "--rate", 150_000)
                costs.append((cpu_seconds(running.extractor.pid) - before) / count * 1e6)
                lost += running.lost()
        yield f"CPU of the extractor for a {name}", f"{statistics.median(costs):.2f} µs; {lost:.0f} lost"


def archive_check(build, folder, expected):
    info = subprocess.run([build / "bin/peer-observer-archive", "info", folder], check=True, capture_output=True, text=True).stdout
    rows = [line.split() for line in info.splitlines()]
    events, missing = (sum(int(row[1]) for row in rows if row and row[0] == name) for name in ("events", "missing"))
    global lost_events
    lost_events += expected - events
    return f"{events} of {expected} events in the archive, {missing} missing"


def measure_loss(build, directory, options):
    """Nothing lost from the probe to the archive on disk."""
    floods = {
        f"the messages of a session at {options.rate}/s for {options.seconds} s": [
            "--repeat", 50_000, "--only", "net:inbound_message,net:outbound_message", "--rate", options.rate, "--duration", options.seconds],
        f"36 bytes as fast as a thread can for {options.fast_seconds} s": ["--flood", "ping", "--size", 36, "--duration", options.fast_seconds],
    }
    for name, arguments in floods.items():
        if 0 in arguments:
            continue
        with tempfile.TemporaryDirectory(dir=directory) as folder, pipeline(build) as running:
            archiver = running.subscribe("archiver", "--directory", folder)
            before = [cpu_seconds(program.pid) for program in (running.extractor, archiver)]
            summary = running.play(*arguments)
            archiver_page_idle(archiver)
            extractor_cpu, archiver_cpu = (cpu_seconds(program.pid) - start for program, start in
                                           zip((running.extractor, archiver), before, strict=True))
            lost, peak = running.lost(), peak_mebibytes(running.extractor.pid)
            assert archiver.stop() == 0
            fired = summary["fired"]
            yield name, (f"{fired / summary['seconds']:.0f}/s; {lost:.0f} lost in the kernel, {archive_check(build, folder, fired)}; "
                         f"CPU an event {extractor_cpu / fired * 1e6:.2f} µs extractor, {archiver_cpu / fired * 1e6:.2f} µs archiver; peak {peak:.0f} MiB")


def archiver_page_idle(archiver):
    wait_until(lambda: flood.is_idle(archiver.pid) or time.sleep(0.3), "the archiver to finish", 300)


def measure_burst(build, directory, options):
    file = directory / "block"
    file.write_bytes(payloads(build)["block"][1])
    with pipeline(build) as running:
        running.subscribe("logger", "--format", "protobuf")
        summary = running.play("--flood", "block", "--payload", file, "--count", BLOCKS, "--rate", BLOCKS)
        yield (f"{BLOCKS} blocks of {BLOCK_BYTES / 1e6:.0f} MB within a second, ring of {RING_MEBIBYTES} MiB",
               f"{running.lost():.0f} lost in {summary['seconds']:.2f} s")


def read_latencies(stream, latencies):
    """Of each batch of a logger's protobuf: seconds from its first event's probe to here."""
    from google.protobuf.internal import decoder
    buffer = b""
    while chunk := os.read(stream.fileno(), 1 << 20):
        now = time.time_ns()
        buffer += chunk
        position = 0
        while len(buffer) - position > 10:
            size, start = decoder._DecodeVarint(buffer, position)
            if len(buffer) < start + size:
                break
            timestamp = first_timestamp(buffer[start:start + min(size, 200)])
            if timestamp:
                latencies.append((now - timestamp) / 1e9)
            position = start + size
        buffer = buffer[position:]


def first_timestamp(batch):
    """The fixed64 timestamp that an event begins with, of the first event of an EventBatch."""
    marker = batch.find(b"\x09")
    while marker >= 0 and marker + 9 <= len(batch):
        value, = struct.unpack_from("<Q", batch, marker + 1)
        if abs(value - time.time_ns()) < 60_000_000_000:
            return value
        marker = batch.find(b"\x09", marker + 1)
    return None


def measure_latency(build, directory, options):
    for rate in (10, 100_000):
        with pipeline(build) as running:
            logger = running.subscribe("logger", "--format", "protobuf", stdout=subprocess.PIPE)
            latencies = []
            reader = threading.Thread(target=read_latencies, args=(logger.process.stdout, latencies), daemon=True)
            reader.start()
            running.play("--flood", "ping", "--rate", rate, "--duration", 20)
            quantiles = statistics.quantiles(latencies, n=100)
            yield (f"latency from the probe to a subscriber at {rate}/s",
                   f"p50 {quantiles[49] * 1e3:.1f} ms, p99 {quantiles[98] * 1e3:.1f} ms, of {len(latencies)} batches")


def measure_idle(build, directory, options):
    with pipeline(build) as running, Program(build / "bin/sim_node", "--rate", 1):
        running.subscribe("logger")
        time.sleep(5)
        before = cpu_seconds(running.extractor.pid)
        time.sleep(30)
        share = (cpu_seconds(running.extractor.pid) - before) / 30
        yield "idle node (one event a second): CPU of the extractor", f"{share * 100:.2f} % of a core"
        yield "idle node: resident memory beside the ring", f"{resident_mebibytes(running.extractor.pid):.1f} MiB"


def measure_start(build, directory, options):
    times = []
    with Program(build / "bin/sim_node", "--rate", 1000):
        for _ in range(options.repetitions):
            url = f"tcp://127.0.0.1:{free_port()}"
            with Program(build / "bin/peer-observer-logger", "--source", url, "--format", "protobuf", stdout=subprocess.PIPE) as logger:
                start = time.monotonic()
                with Program(build / "bin/peer-observer-extractor", "--bitcoind", build / "bin/sim_node", "--node", "bench", "--listen", url):
                    os.read(logger.process.stdout.fileno(), 1)
                    times.append(time.monotonic() - start)
    yield "start of the extractor to the first event at a waiting logger", f"{statistics.median(times) * 1e3:.0f} ms"


def measure_soak(build, directory, options):
    with pipeline(build) as running:
        logger = running.subscribe("logger", "--format", "protobuf")
        with Program(build / "bin/sim_node", "--repeat", 50_000, "--rate", 50_000):
            samples = []
            for _ in range(2):
                time.sleep(20 if not samples else options.seconds)
                before = cpu_seconds(running.extractor.pid), running.seen(), time.monotonic()
                time.sleep(10)
                seconds = time.monotonic() - before[2]
                samples.append((resident_mebibytes(running.extractor.pid), resident_mebibytes(logger.pid),
                                (cpu_seconds(running.extractor.pid) - before[0]) / seconds, (running.seen() - before[1]) / seconds))
        for when, (memory, logger_memory, cpu, rate) in zip(("start", f"after {options.seconds} s"), samples, strict=True):
            yield f"soak, {when}", (f"{rate:.0f} events/s; extractor {memory:.1f} MiB beside the ring and {cpu * 100:.0f} % of a core; "
                                    f"logger {logger_memory:.1f} MiB")
        yield "soak, lost", f"{running.lost():.0f}"


MEASURES = {"cpu": measure_cpu, "loss": measure_loss, "burst": measure_burst, "latency": measure_latency, "idle": measure_idle,
            "start": measure_start, "soak": measure_soak}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/bench", help="build folder (default: build/bench)")
    parser.add_argument("--only", nargs="+", choices=MEASURES, default=[name for name in MEASURES if name != "soak"],
                        help="default: all but soak")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--rate", type=int, default=300_000, help="messages a second of the mix")
    parser.add_argument("--seconds", type=int, default=60, help="of the mix, and of the soak")
    parser.add_argument("--fast-seconds", type=int, default=10, help="of the flood without a limit; 0: leave it out")
    parser.add_argument("--fail-on-loss", action="store_true", help="exit with 1 if any event was lost")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("goals.py: tracing needs root")
    table = functools.partial(print, flush=True)
    table(f"{machine()}\n\n| what | measured |\n| --- | --- |")
    with tempfile.TemporaryDirectory() as directory:
        for name in options.only:
            for what, measured in MEASURES[name](options.build.resolve(), pathlib.Path(directory), options):
                table(f"| {what} | {measured} |")
    if options.fail_on_loss and lost_events > 0:
        sys.exit(f"goals.py: {lost_events:.0f} events were lost")


if __name__ == "__main__":
    main()
