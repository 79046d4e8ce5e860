#!/usr/bin/python3
"""Runs a benchmark and prints a Markdown table of CPU time, the least of five runs, and allocations: bench/table.py PROGRAM [FILTER]"""

import json
import os
import platform
import subprocess
import sys

UNITS = (("ms", 1e6), ("µs", 1e3), ("ns", 1))
NANOSECONDS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}


def time_text(nanoseconds):
    unit, factor = next(((unit, factor) for unit, factor in UNITS if nanoseconds >= factor), UNITS[-1])
    return f"{nanoseconds / factor:.3g} {unit}"


def processor():
    with open("/proc/cpuinfo") as file:
        return next((line.partition(":")[2].strip() for line in file if line.startswith("model name")), platform.machine())


def main():
    program, *filters = sys.argv[1:]
    command = [program, "--benchmark_format=json", "--benchmark_repetitions=5", "--benchmark_min_time=0.1", *(f"--benchmark_filter={text}" for text in filters)]
    load = os.getloadavg()[0]
    results = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)["benchmarks"]
    least = {}
    for result in results:
        if result["run_type"] == "iteration":
            before = least.setdefault(result["name"], result)
            least[result["name"]] = min(before, result, key=lambda run: run["cpu_time"])
    print(f"{processor()}, {os.cpu_count()} processors, load {load:.1f}:\n\n| benchmark | CPU time | allocations |\n| --- | ---: | ---: |")
    for result in least.values():
        allocations = f"{result['allocations']:.0f}" if "allocations" in result else ""
        print(f"| `{result['name']}` | {time_text(result['cpu_time'] * NANOSECONDS[result['time_unit']])} | {allocations} |")


main()
