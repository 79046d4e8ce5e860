"""Documentation that repeats what code says, against the code."""

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXTRACTOR = Path(os.environ["PEER_OBSERVER_BUILD"]) / "bin/peer-observer-extractor"


def table_of_the_extractor():
    listing = subprocess.run([EXTRACTOR, "--list-tracepoints"], check=True, capture_output=True, text=True).stdout
    rows = {}
    for line in listing.splitlines():
        name, group, default, arguments = line.split(None, 3)
        rows[name] = (group, default, arguments)
    return rows


def table_of_the_documentation():
    rows = {}
    for line in (ROOT / "docs/tracepoints.md").read_text().splitlines():
        match = re.match(r"\| `(\w+:\w+)` \| (\w+) \| (on|off) \| `([-\d ]+)` \|", line)
        if match:
            rows[match.group(1)] = match.group(2, 3, 4)
    return rows


def test_tracepoints_md_lists_what_the_extractor_knows():
    assert len(table_of_the_extractor()) == 25
    assert table_of_the_documentation() == table_of_the_extractor()
