#!/usr/bin/env -S PATH=/usr/bin:${PATH} python3
"""Runs a benchmark and prints a Markdown table of CPU time, the least of five runs, and its counters: bench/table.py [--once] PROGRAM [FILTER]

--once: one run, for figures that depend on what the process did before, such as memory.
"""

import json
import os
import platform
import subprocess
import sys

UNITS = (("s", 1e9), ("ms", 1e6), ("µs", 1e3), ("ns", 1))
NANOSECONDS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
OF_EVERY_BENCHMARK = {
    *("name", "family_index", "per_family_instance_index", "run_name", "run_type", "repetitions", "repetition_index", "threads"),
    *("iterations", "real_time", "cpu_time", "time_unit"),
}


def time_text(nanoseconds):
    unit, factor = next(((unit, factor) for unit, factor in UNITS if nanoseconds >= factor), UNITS[-1])
    return f"{nanoseconds / factor:.3g} {unit}"


def processor():
    with open("/proc/cpuinfo") as file:
        return next((line.partition(":")[2].strip() for line in file if line.startswith("model name")), platform.machine())


def number_text(number):
    return f"{number:,.0f}" if number >= 1000 or number == int(number) else f"{number:.3g}"


def main():
    arguments = sys.argv[1:]
    runs = ["--benchmark_repetitions=1"] if arguments[0] == "--once" else ["--benchmark_repetitions=5", "--benchmark_min_time=0.1"]
    program, *filters = arguments[1:] if arguments[0] == "--once" else arguments
    command = [program, "--benchmark_format=json", *runs, *(f"--benchmark_filter={text}" for text in filters)]
    load = os.getloadavg()[0]
    results = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)["benchmarks"]
    least = {}
    for result in results:
        if result["run_type"] == "iteration":
            before = least.setdefault(result["name"], result)
            least[result["name"]] = min(before, result, key=lambda run: run["cpu_time"])
    counters = list(dict.fromkeys(name for result in least.values() for name in result if name not in OF_EVERY_BENCHMARK))
    print(f"{processor()}, {os.cpu_count()} processors, load {load:.1f}:\n")
    print("| benchmark | CPU time |" + "".join(f" {name.replace('_', ' ')} |" for name in counters))
    print("| --- | ---: |" + " ---: |" * len(counters))
    for result in least.values():
        figures = "".join(f" {number_text(result[name]) if name in result else ''} |" for name in counters)
        print(f"| `{result['name']}` | {time_text(result['cpu_time'] * NANOSECONDS[result['time_unit']])} |{figures}")


if __name__ == "__main__":
    main()
