"""Formatting, length and links of the files that git tracks."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MOST_LINES = 400
# Those with modules of Debian's take Debian's, which another python3 may lack; without one in /usr/bin, the first on PATH.
PYTHON = ("#!/usr/bin/env python3", "#!/usr/bin/env -S PATH=/usr/bin:${PATH} python3")
# What Debian's packages install has Debian's. Nix's builder replaces that line.
INSTALLED = ROOT / "services/getblocktxn-recorder/getblocktxn_recorder.py"


def tracked(*patterns):
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listing = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--", *patterns], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_finds_c_and_cpp_formatted():
    formatter = shutil.which("clang-format-19")
    if not formatter:
        pytest.skip("no clang-format-19")
    files = tracked("*.cpp", "*.h", "*.c")
    assert len(files) > 50
    result = subprocess.run([formatter, "--dry-run", "--Werror", *files], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[:4000]


def test_finds_exceptions_thrown_with_braces():
    for file in tracked("*.cpp", "*.h"):
        thrown = re.findall(r"throw [\w:]*(?:[A-Z]\w*|error|argument|range|bad_alloc|option_value)\(.*", file.read_text())
        assert not thrown, f"{file}: {thrown}"


def test_finds_one_wall_clock():
    # time() reads a clock that ticks every few milliseconds: at the end of a second it is behind the clock of libs/base/clock.h.
    files = [file for file in tracked("*.cpp", "*.h") if re.search(r"(?<![\w.>])time\((?:nullptr|NULL)\)", file.read_text())]
    assert files == []


def test_passes_shellcheck():
    checker = shutil.which("shellcheck")
    if not checker:
        pytest.skip("no shellcheck")
    scripts = [file for file in tracked() if re.match(rb"#!.*\b(ba)?sh\b", file.read_bytes()[:60])]
    assert scripts
    result = subprocess.run([checker, *scripts], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout[:4000]


def test_limits_lines_of_source_files():
    long = {
        str(file.relative_to(ROOT)): lines
        for file in tracked("*.cpp", "*.h", "*.c", "*.py", "*.nix")
        if (lines := len(file.read_text().splitlines())) > MOST_LINES
    }
    assert long == {}


def test_resolves_links_between_documents():
    links = 0
    dead = []
    for document in tracked("*.md"):
        prose = re.sub(r"```.*?```|`[^`\n]*`", "", document.read_text(), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose):
            if re.match(r"[a-z]+:", target):
                continue
            links += 1
            if not (document.parent / target).exists():
                dead.append(f"{document.relative_to(ROOT)}: {target}")
    assert links > 5
    assert dead == []


def test_requires_purpose_in_headers():
    silent = [
        str(file.relative_to(ROOT))
        for file in tracked("libs/*.h", "services/*.h")
        if not file.read_text().startswith("// ") or "#pragma once" not in file.read_text()
    ]
    assert silent == []


def test_finds_header_of_fmt_join():
    # Debian 12's fmt 9 has it in format.h, too; fmt 11 does not.
    users = [file for file in tracked("*.cpp", "*.h") if "fmt::join(" in file.read_text()]
    assert len(users) > 5
    assert [str(file.relative_to(ROOT)) for file in users if "#include <fmt/ranges.h>" not in file.read_text()] == []


def test_finds_no_marks_of_merges():
    marked = [str(file.relative_to(ROOT)) for file in tracked() if re.search(rb"^(<{7}|>{7}) ", file.read_bytes(), re.MULTILINE)]
    assert marked == []


def test_parses_python_files():
    scripts = tuple(f"{line}\n".encode() for line in PYTHON)
    for file in {*tracked("*.py"), *(file for file in tracked() if file.read_bytes().startswith(scripts))}:
        compile(file.read_text(), str(file), "exec")


def test_starts_scripts_with_programs_that_are_there():
    # NixOS has /bin/sh and /usr/bin/env, and nothing else there.
    interpreters = {"#!/bin/sh", "#!/usr/bin/env bash", *PYTHON}
    scripts = {file: file.read_bytes().partition(b"\n")[0].decode() for file in tracked() if file.read_bytes().startswith(b"#!")}
    assert len(scripts) > 20
    assert scripts.pop(INSTALLED) == "#!/usr/bin/python3"
    assert {str(file.relative_to(ROOT)): line for file, line in scripts.items() if line not in interpreters} == {}
