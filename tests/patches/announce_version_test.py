"""scripts/announce-version on the lines of Bitcoin Core's CMakeLists.txt, and on the real one of BITCOIN_SOURCE."""

import os
import re
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "announce-version"
LINES = """set(CLIENT_NAME "Bitcoin Core")
set(CLIENT_VERSION_MAJOR 31)
set(CLIENT_VERSION_MINOR 99)
set(CLIENT_VERSION_BUILD 0)
set(CLIENT_VERSION_RC 2)
set(CLIENT_VERSION_IS_RELEASE "false")
"""


def announce(version, folder):
    done = subprocess.run([SCRIPT, version, folder], capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def values(text):
    return re.findall(r'^set\(CLIENT_VERSION_\w+ "?([\w]+)"?\)$', text, re.MULTILINE)


def test_changes_version_and_nothing_else(tmp_path):
    (tmp_path / "CMakeLists.txt").write_text(LINES)
    assert announce("30.2.1", tmp_path) == (0, "")
    text = (tmp_path / "CMakeLists.txt").read_text()
    assert values(text) == ["30", "2", "1", "0", "true"]
    assert text.splitlines()[0] == LINES.splitlines()[0]


@pytest.mark.parametrize("version", ["30", "30.2", "30.2.0.1", "30.2.x", ")(.1.1"])
def test_refuses_what_is_no_version(tmp_path, version):
    (tmp_path / "CMakeLists.txt").write_text(LINES)
    assert announce(version, tmp_path)[0] == 2
    assert (tmp_path / "CMakeLists.txt").read_text() == LINES


def test_names_line_that_is_missing(tmp_path):
    (tmp_path / "CMakeLists.txt").write_text(LINES.replace("CLIENT_VERSION_BUILD", "VERSION_BUILD"))
    status, said = announce("30.2.0", tmp_path)
    assert status == 1 and "CLIENT_VERSION_BUILD" in said


def test_changes_version_of_real_tree(tmp_path):
    source = os.environ.get("BITCOIN_SOURCE")
    if not source:
        pytest.skip("BITCOIN_SOURCE is not set")
    before = (Path(source) / "CMakeLists.txt").read_text()
    (tmp_path / "CMakeLists.txt").write_text(before)
    assert announce("30.2.0", tmp_path) == (0, "")
    changed = [line for line in (tmp_path / "CMakeLists.txt").read_text().splitlines() if line not in before.splitlines()]
    assert len(changed) >= 3 and all("CLIENT_VERSION_" in line for line in changed)
