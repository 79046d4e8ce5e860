"""scripts/check-patches on small trees, and on real ones: folders in PEER_OBSERVER_BITCOIN_SOURCES, with ":" between."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "check-patches"

BEFORE = "int before;\n\nint add(int a)\n{\n    return a;\n}\n"
PATCH = """what it adds
---
diff --git a/src/a.cpp b/src/a.cpp
--- a/src/a.cpp
+++ b/src/a.cpp
@@ -4,2 +4,3 @@ int add(int a)
 {
+    probe(a);
     return a;
"""


def run(tmp_path, text, patch=PATCH, name="0001-a.patch"):
    patches = tmp_path / "patches"
    patches.mkdir()
    (patches / name).write_text(patch)
    source = tmp_path / "tree" / "src" / "a.cpp"
    source.parent.mkdir(parents=True)
    source.write_text(text)
    command = [sys.executable, SCRIPT, "--patches", patches, tmp_path / "tree"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert source.read_text() == text, "the tree was changed"
    return result.returncode, result.stdout + result.stderr


def test_accepts_patch_that_fits(tmp_path):
    status, output = run(tmp_path, BEFORE)
    assert (status, output.split(": ")[1:]) == (0, ["0001-a.patch", "applies\n"])


def test_accepts_patch_that_fits_at_another_line(tmp_path):
    assert run(tmp_path, "// one\n// two\n" + BEFORE)[0] == 0


def test_refuses_patch_that_needs_fuzz(tmp_path):
    status, output = run(tmp_path, BEFORE.replace("{", "{ // changed"))
    assert status == 1
    assert "fits at 0 places of src/a.cpp" in output


def test_refuses_patch_that_fits_twice(tmp_path):
    status, output = run(tmp_path, BEFORE + BEFORE.replace("add", "add2"))
    assert status == 1
    assert "fits at 2 places of src/a.cpp" in output


def test_refuses_applied_patch(tmp_path):
    assert run(tmp_path, BEFORE.replace("{\n", "{\n    probe(a);\n"))[0] == 1


def test_refuses_patch_with_wrong_counts(tmp_path):
    status, output = run(tmp_path, BEFORE, PATCH.replace("+4,3", "+4,9"))
    assert status == 1
    assert "git fails: error: corrupt patch" in output


def test_names_patch_of_missing_file(tmp_path):
    status, output = run(tmp_path, BEFORE, PATCH.replace("a.cpp", "b.cpp"))
    assert status == 1
    assert "0001-a.patch: the tree has no src/b.cpp" in output


def test_refuses_patch_without_hunk(tmp_path):
    assert run(tmp_path, BEFORE, "only words\n")[0] == 1


def test_requires_patches_and_tree(tmp_path):
    assert run(tmp_path, BEFORE, name="a.txt")[0] == 2
    assert subprocess.run([sys.executable, SCRIPT, tmp_path], capture_output=True, check=False).returncode == 2


@pytest.mark.skipif("PEER_OBSERVER_BITCOIN_SOURCES" not in os.environ, reason="PEER_OBSERVER_BITCOIN_SOURCES not set")
def test_applies_our_patches_to_real_trees():
    trees = os.environ["PEER_OBSERVER_BITCOIN_SOURCES"].split(":")
    result = subprocess.run([sys.executable, SCRIPT, *trees], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.count(": applies\n") == 3 * len(trees)
