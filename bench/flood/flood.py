#!/usr/bin/env python3
"""What tracing costs the node and ourselves, and whether anything is lost, while messages come as fast as one thread can send them.

    cmake --preset bench && cmake --build --preset bench
    bench/flood/flood.py --build build/bench                     # as root; a table on stdout
    bench/flood/flood.py --build build/bench --json flood.json --repetitions 7
    bench/flood/flood.py --build build/bench --parts
    bench/flood/flood.py --build build/bench --against ../before/build/bench     # two trees, in turn

Each line of the table is one size of message. In each repetition every kind of tracer has its turn, so that whatever else the machine
does meets all of them. Times are nanoseconds a message on the sending thread (sim_node, in the node's place); ratios are taken within a
repetition, against a BPF program that does nothing; what is shown is the median over the repetitions, with minimum and maximum of ratios.
"""

import argparse
import json
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
sys.dont_write_bytecode = True

from harness import Program, free_port, wait_until  # noqa: E402


SIZES = [8, 36, 300, 1300, 4096, 65536, 4_000_000]
# Of a message of so many bytes, as many messages as the ring has room for: what the programs of parts.bpf.c do.
PARTS = {
    (36, 200_000): {"empty": "nothing", "clock_and_pid": "clock and process id", "one_read": "48 bytes of the node's memory",
                    "ring_record": "a record in the ring", "bare_capture": "bare capture: three reads, clock, process id, record"},
    (4096, 15_000): {"empty": "nothing", "bare_capture_4096": "bare capture: the payload, clock, process id, record"},
}
TICK = os.sysconf("SC_CLK_TCK")


def count_for(size, budget):
    """Enough messages for a run of some seconds, fewer large ones."""
    return max(50, min(budget, 1_000_000_000 // (size + 2000)))


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def peak_mebibytes(pid):
    return int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1)) / 1024


class Flood:
    def __init__(self, build):
        self.bin = build / "bin"

    def send(self, size, count, threads, traced):
        command = [self.bin / "sim_node", "--flood", "flood", "--size", size, "--count", count, "--threads", threads, "--summary"]
        if traced:
            command += ["--wait-for-attach", 1]
        output = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout
        return json.loads(output)

    def untraced(self, size, count, threads):
        return {"ns": self.send(size, count, threads, False)["ns_per_call"]}

    def empty(self, size, count, threads):
        return self.part("empty", size, count, threads)

    def part(self, name, size, count, threads):
        with Program(self.bin / "part_tracer", self.bin / "sim_node", name) as tracer:
            tracer.wait_for_log("attached")
            return {"ns": self.send(size, count, threads, True)["ns_per_call"]}

    def extractor(self, size, count, threads):
        return self.traced(size, count, threads, "logger", "--format", "protobuf")

    def archived(self, size, count, threads):
        with tempfile.TemporaryDirectory() as directory:
            return self.traced(size, count, threads, "archiver", "--directory", directory)

    def traced(self, size, count, threads, tool_name, *tool_options):
        bus, metrics = free_port(), free_port()
        extractor_command = [self.bin / "peer-observer-extractor", "--bitcoind", self.bin / "sim_node", "--node", "bench", "--listen",
                             f"tcp://127.0.0.1:{bus}", "--metrics-address", f"127.0.0.1:{metrics}"]
        tool_command = [self.bin / f"peer-observer-{tool_name}", "--source", f"tcp://127.0.0.1:{bus}", *tool_options]
        with Program(*extractor_command) as extractor, Program(*tool_command, stdout=subprocess.DEVNULL) as tool:
            extractor.wait_for_log("tracepoints to")
            page = f"http://127.0.0.1:{metrics}/metrics"
            wait_until(lambda: metric(page, "peer_observer_bus_subscribers") == 1, f"the {tool_name}'s connection")
            before = cpu_seconds(extractor.pid), cpu_seconds(tool.pid)
            sent = self.send(size, count, threads, True)
            total = count * threads
            wait_until(lambda: arrived(page) >= total, "every message counted", 120)
            wait_until(lambda: is_idle(tool.pid), f"the {tool_name} to finish", 120)
            return {
                "ns": sent["ns_per_call"],
                "extractor_cpu_ns": (cpu_seconds(extractor.pid) - before[0]) / total * 1e9,
                "tool_cpu_ns": (cpu_seconds(tool.pid) - before[1]) / total * 1e9,
                "lost": metric(page, "peer_observer_extractor_lost_events_total"),
                "bytes": metric(page, "peer_observer_bus_published_bytes_total"),
                "peak_mebibytes": peak_mebibytes(extractor.pid),
            }

    def bpftrace(self, size, count, threads):
        script = (ROOT / "bench/flood/log_messages.bt").read_text().replace("PROGRAM", str((self.bin / "sim_node").resolve()))
        with tempfile.TemporaryFile() as output, Program("/usr/bin/bpftrace", "-e", script, stdout=output) as tracer:
            wait_until(lambda: os.fstat(output.fileno()).st_size > 0, "bpftrace to attach")
            sent = self.send(size, count, threads, True)
            wait_until(lambda: is_idle(tracer.pid), "bpftrace to finish", 120)
            tracer.stop()
            output.seek(0)
            lines = sum(1 for line in output if line.startswith(b"peer"))
        return {"ns": sent["ns_per_call"], "lost": count * threads - lines}


def metric(page, name):
    """The sum over all labels."""
    with urllib.request.urlopen(page, timeout=10) as response:
        text = response.read().decode()
    return sum(float(value) for value in re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE))


def arrived(page):
    return metric(page, "peer_observer_extractor_events_total") + metric(page, "peer_observer_extractor_lost_events_total")


def is_idle(pid, seen={}):
    """True when the process has used no processor time since the last call."""
    now = cpu_seconds(pid)
    previous, seen[pid] = seen.get(pid), now
    return previous == now


def memcpy_ns(build, size):
    return float(subprocess.run([build / "bin/part_tracer", "--memcpy", str(size)], check=True, capture_output=True, text=True).stdout)


def measure(arguments):
    flood = Flood(arguments.build)
    tracers = {"untraced": flood.untraced, "empty": flood.empty, "extractor": flood.extractor, "archived": flood.archived}
    if shutil.which("bpftrace") and not arguments.no_bpftrace:
        tracers["bpftrace"] = flood.bpftrace
    results = []
    for threads in arguments.threads:
        for size in arguments.sizes:
            runs = {name: [] for name in tracers}
            copies = []
            for _ in range(arguments.repetitions):
                for name, run in tracers.items():
                    runs[name].append(run(size, count_for(size, arguments.budget), threads))
                copies.append(memcpy_ns(arguments.build, size))
            results.append({"size": size, "threads": threads, "messages": count_for(size, arguments.budget) * threads,
                            "memcpy_ns": statistics.median(copies), "runs": runs})
            print(f"{size} bytes, {threads} thread(s): done", file=sys.stderr)
    return results


def median(runs, key):
    values = [run[key] for run in runs if key in run]
    return statistics.median(values) if values else float("nan")


def ratios(result, name):
    return [run["ns"] / empty["ns"] for run, empty in zip(result["runs"][name], result["runs"]["empty"], strict=True)]


def table(results):
    lines = ["| bytes | threads | messages | untraced ns | empty ns | extractor ns | ratio to empty | ratio to empty + memcpy | bpftrace ratio "
             "| extractor CPU ns | logger CPU ns | archiver CPU ns | bytes an event | lost | bpftrace lost | peak MiB |",
             "| ---: " * 16 + "|"]
    for result in results:
        runs = result["runs"]
        of_extractor = ratios(result, "extractor")
        with_copy = [run["ns"] / (empty["ns"] + result["memcpy_ns"]) for run, empty in zip(runs["extractor"], runs["empty"], strict=True)]
        bpftrace = f"{statistics.median(ratios(result, 'bpftrace')):.1f}" if "bpftrace" in runs else "-"
        bpftrace_lost = f"{max(run['lost'] for run in runs['bpftrace']):.0f}" if "bpftrace" in runs else "-"
        lines.append(
            f"| {result['size']} | {result['threads']} | {result['messages']} | {median(runs['untraced'], 'ns'):.1f} | {median(runs['empty'], 'ns'):.0f} "
            f"| {median(runs['extractor'], 'ns'):.0f} | {statistics.median(of_extractor):.2f} ({min(of_extractor):.2f}–{max(of_extractor):.2f}) "
            f"| {statistics.median(with_copy):.2f} | {bpftrace} | {median(runs['extractor'], 'extractor_cpu_ns'):.0f} "
            f"| {median(runs['extractor'], 'tool_cpu_ns'):.0f} | {median(runs['archived'], 'tool_cpu_ns'):.0f} "
            f"| {median(runs['extractor'], 'bytes') / result['messages']:.0f} | {max(run['lost'] for run in runs['extractor']):.0f} | {bpftrace_lost} "
            f"| {max(run['peak_mebibytes'] for run in runs['extractor']):.0f} |")
    return "\n".join(lines)


def parts_table(arguments, size, count, parts):
    """What the parts of a capture cost by themselves, and together; nothing with a memcpy of the payload beside it, for comparison."""
    flood, times = Flood(arguments.build), {}
    for _ in range(arguments.repetitions):
        for name in parts:
            times.setdefault(name, []).append(flood.part(name, size, count, 1)["ns"])
        times.setdefault("nothing, and a memcpy", []).append(times["empty"][-1] + memcpy_ns(arguments.build, size))
        times.setdefault("the extractor", []).append(flood.extractor(size, count, 1)["ns"])
    lines = [f"| program at the probe, {size} bytes | ns | ns above empty | ratio to empty |", "| --- | ---: | ---: | ---: |"]
    for name, found in times.items():
        pairs = list(zip(found, times["empty"], strict=True))
        lines.append(f"| {parts.get(name, name)} | {statistics.median(found):.0f} | {statistics.median(ns - empty for ns, empty in pairs):.0f} "
                     f"| {statistics.median(ns / empty for ns, empty in pairs):.2f} |")
    return "\n".join(lines)


def comparison_table(arguments):
    """This build beside another one, in turn: medians of the ratios within each repetition."""
    builds = {"before": Flood(arguments.against), "after": Flood(arguments.build)}
    lines = ["| bytes | threads | node ns before | node ns after | ratio | extractor CPU ratio | logger CPU ratio | lost before | lost after |",
             "| ---: " * 9 + "|"]
    for threads in arguments.threads:
        for size in arguments.sizes:
            count = count_for(size, arguments.budget)
            runs = {name: [] for name in builds}
            for _ in range(arguments.repetitions):
                for name, flood in builds.items():
                    runs[name].append(flood.extractor(size, count, threads))

            def ratio(key):
                found = [after[key] / before[key] for before, after in zip(runs["before"], runs["after"], strict=True) if before[key]]
                return f"{statistics.median(found):.2f} ({min(found):.2f}–{max(found):.2f})" if found else "-"

            lines.append(f"| {size} | {threads} | {median(runs['before'], 'ns'):.0f} | {median(runs['after'], 'ns'):.0f} | {ratio('ns')} "
                         f"| {ratio('extractor_cpu_ns')} | {ratio('tool_cpu_ns')} | {sum(run['lost'] for run in runs['before']):.0f} "
                         f"| {sum(run['lost'] for run in runs['after']):.0f} |")
            print(f"{size} bytes, {threads} thread(s): done", file=sys.stderr)
    return "\n".join(lines)


def machine():
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return f"{model.group(1) if model else platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/bench", help="build folder (default: build/bench)")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--budget", type=int, default=300_000, help="messages of each run at most")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="bytes of payload")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--no-bpftrace", action="store_true", help="leave bpftrace out even where it is installed")
    parser.add_argument("--parts", action="store_true", help="instead: what the parts of a capture cost by themselves")
    parser.add_argument("--against", type=pathlib.Path, metavar="BUILD", help="instead: this build beside that one, of another tree")
    parser.add_argument("--json", type=pathlib.Path, help="also write every single figure to this file")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("flood.py: tracing needs root")

    if arguments.parts:
        tables = [parts_table(arguments, size, count, parts) for (size, count), parts in PARTS.items()]
        print(f"{machine()}; {arguments.repetitions} repetitions, interleaved", *tables, sep="\n\n")
        return
    if arguments.against:
        print(f"{machine()}; {arguments.repetitions} repetitions, interleaved\n", comparison_table(arguments), sep="\n")
        return
    results = measure(arguments)
    print(f"{machine()}; {arguments.repetitions} repetitions, interleaved\n")
    print(table(results))
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": machine(), "results": results}, indent=1))


if __name__ == "__main__":
    main()
