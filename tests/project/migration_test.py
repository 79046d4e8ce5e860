"""docs/how-to/move-from-the-rust-peer-observer.md: what it says that we have is there."""

import re
import subprocess
from pathlib import Path

import pytest

import harness
from built_services import SERVICES

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/how-to/move-from-the-rust-peer-observer.md"
ROWS = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in PAGE.read_text().splitlines() if line.startswith("| ")]


def options():
    """(program, option) of the last column of the table of options."""
    program = None
    for row in ROWS:
        if len(row) == 3 and row[0] != "program":
            program = row[0] or program
            name = {"connectivity-check": "addr-connectivity", "all": "logger"}.get(program, program)
            for option in re.findall(r"`(--[a-z-]+)", row[2]) or (re.findall(r"`(--[a-z-]+)", row[1]) if "the same" in row[2] else []):
                yield name, option


@pytest.mark.parametrize(("program", "option"), sorted(set(options())))
def test_names_existing_options(program, option):
    answer = subprocess.run([harness.program(f"peer-observer-{program}"), "--help"], check=True, capture_output=True, text=True)
    assert re.search(rf"^  (-\w \[ )?{option}\b", answer.stdout, re.MULTILINE)


def test_names_options_of_every_program():
    assert {program for program, _ in options()} == {
        "addr-connectivity", "archiver", "extractor", "log-extractor", "logger", "metrics", "p2p-extractor", "rpc-extractor", "web"}


def test_names_every_program_of_ours():
    page = PAGE.read_text()
    assert [service for service in SERVICES if f"`peer-observer-{service}" not in page] == []


def test_names_every_metric_that_is_missing():
    there = set((Path(__file__).parent / "rust_metrics.txt").read_text().split())
    listed = subprocess.run([harness.program("peer-observer-metrics"), "--list-metrics"], check=True, capture_output=True, text=True).stdout
    here = set(re.findall(r"^\| `(\w+)`", listed, re.MULTILINE))
    missing = {name for row in ROWS if len(row) == 2 for name in re.findall(r"`(peerobserver_\w+)`", row[0])}
    assert there - here == missing
    assert f"Of the\n{len(there)} metrics there" in PAGE.read_text()
    instead = {name for row in ROWS if len(row) == 2 and row[0].startswith("`peerobserver_") for name in re.findall(r"`(peerobserver_\w+)`", row[1])}
    assert instead and instead <= here


def test_names_options_of_both_modules():
    ours = set(re.findall(r"^### `(.*)`$", (ROOT / "docs/options.md").read_text(), re.MULTILINE))
    rows = [row for row in ROWS if len(row) == 2 and re.match("`(extractors|tools|nats)\\.", row[0])]
    named = {name for row in rows for name in re.findall(r"`([\w-]+(?:\.[\w<>-]+)+)`", row[1])} - {"services.prometheus.enable"}
    assert len(named) > 20 and named - {"honeynodes.<name>"} <= ours
    # Those of theirs that differ from program to program only by its name are named once.
    module = (ROOT / "nix/rust-options.nix").read_text()
    theirs = {f"{kind}.{name}.{option}" for kind, text in re.findall(r"(extractors|tools) =(.*?)\};", module, re.DOTALL)
              for name, options in re.findall(r"(\w+) = \[([^]]*)\];", text) for option in re.findall(r'"(\w+)"', options) if option not in ("nats", "extraArgs")}
    assert len(theirs) > 20
    assert {name for name in theirs if f"`{name}`" not in PAGE.read_text() and not name.startswith("extractors.ipc.")} == set()
