"""The benchmark's measurement of losses, short and at a modest rate: that nothing is lost, and that the script works."""

import os
import pathlib
import subprocess
import sys

import harness

GOALS = pathlib.Path(__file__).resolve().parents[2] / "bench/flood/goals.py"


def test_loses_nothing_between_probes_and_archive():
    measured = subprocess.run([sys.executable, GOALS, "--build", os.environ["PEER_OBSERVER_BUILD"], "--only", "loss", "--rate", "10000", "--seconds", "5",
                               "--fast-seconds", "0", "--fail-on-loss"], capture_output=True, text=True, timeout=300)
    assert measured.returncode == 0, measured.stdout + measured.stderr
    row = measured.stdout.splitlines()[-1]
    assert " 0 lost in the kernel" in row and " 0 missing" in row, row
