"""Runs sim_node, the program with bitcoind's tracepoints."""

import json
import os
import shutil
import subprocess

import harness


def copy_sim_node(directory):
    """A copy of its own for each test: the probes of a file fire in every process that runs it."""
    return shutil.copy2(harness.program("sim_node"), directory / "sim_node")


def play(path, *options, timeout=120):
    """Lets it play to its end. Returns its own count of what it fired."""
    command = [path, "--summary", *map(str, options)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=timeout)
    return json.loads(done.stdout)


def wait_until_it_runs(program, path):
    """Until the process is the program at `path`, and no longer what starts it."""
    harness.wait_until(lambda: os.readlink(f"/proc/{program.pid}/exe") == os.path.realpath(path), f"{path} runs")
