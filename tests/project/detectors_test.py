"""The pages of docs/detectors against the detectors that there are."""

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs/detectors"
DETECTOR = Path(os.environ["PEER_OBSERVER_BUILD"]) / "bin/peer-observer-detector"
SECTIONS = ["What it is", "How it looks in events", "How it is told from benign behaviour", "Known false alarms", "What to do", "References"]


def thresholds():
    return subprocess.run([DETECTOR, "--list-thresholds"], check=True, capture_output=True, text=True).stdout


def kinds():
    return {name.split(".")[0] for name in re.findall(r"^\| `([\w.]+)`", thresholds(), re.MULTILINE)}


def test_has_page_and_file_for_each_detector():
    assert len(kinds()) >= 20
    assert {path.stem for path in PAGES.glob("*.md")} - {"README"} == kinds()
    sources = {path.stem for path in (ROOT / "services/detector/detectors").glob("*.cpp")}
    assert {name for name in sources if not name.endswith("_test")} == kinds()


def test_answers_questions_of_operators_on_each_page():
    for kind in kinds():
        text = (PAGES / f"{kind}.md").read_text()
        assert text.startswith(f"# {kind}\n")
        assert re.findall(r"^## (.*)$", text, re.MULTILINE) == SECTIONS


def test_matches_thresholds_with_program():
    assert thresholds() in (PAGES / "README.md").read_text()


def test_finds_every_kind_below_threshold_in_table_of_margins():
    text = (PAGES / "README.md").read_text()
    (head,) = re.findall(r"^\| kind \| (simulated day .*) \|$", text, re.MULTILINE)
    rows = re.findall(r"^\| (\w+) \| ((?:(?:[\d.]+|–) \| )+(?:[\d.]+|–)) \|$", text, re.MULTILINE)
    assert {kind for kind, _ in rows} == kinds()
    for kind, cells in rows:
        shares = cells.split(" | ")
        assert len(shares) == len(head.split(" | ")) and all(float(share) < 1 for share in shares if share != "–"), kind


def test_finds_every_kind_and_no_false_positive_in_table_of_scenarios():
    rows = re.findall(r"^\| \[(\w+)\]\(\w+\.md\) \|(.*)$", (PAGES / "README.md").read_text(), re.MULTILINE)
    assert {kind for kind, _ in rows} == kinds()
    for kind, cells in rows:
        core, sim = cells.split("|")[:3], cells.split("|")[3:6]
        assert sim[0].strip() == ("–" if kind == "addr_dead" else "yes") and sim[2].strip() in ("none", "–"), kind
        # By an attack of tests/hostile_peers, which may be of several kinds.
        assert core[0].strip().startswith("`") or (core[0].strip() in ("yes", "–") and core[2].strip() in ("none", "–")), kind


def test_gives_reason_for_each_kind_without_run():
    text = (PAGES / "README.md").read_text()
    rows = re.findall(r"^\| \[(\w+)\]\(\w+\.md\) \| ([^|]+) \|[^|]*\|[^|]*\| ([^|]+) \|", text, re.MULTILINE)
    for number, program in ((1, "Bitcoin Core"), (2, "sim_node")):
        given = re.search(rf"Without a run on {program}:\n\n((?:- .*\n)+)", text)[1]
        assert [row[0] for row in rows if row[number].strip() == "–"] == [kind for kind in re.findall(r"^- (\w+):", given, re.MULTILINE)]


def test_finds_every_attack_and_no_false_positive_in_table_of_classes():
    table = (PAGES / "README.md").read_text().partition("## Classes of attack")[2].partition("## Thresholds")[0]
    rows = re.findall(r"^\| (\w+) \| (\w+) \| ([^|]+) \|", table, re.MULTILINE)[1:]
    sources = "".join(path.read_text() for path in (ROOT / "tests/hostile_peers").glob("*.py"))
    assert {name for _, name, _ in rows} == set(re.findall(r"^@attack\(.*\)\ndef (\w+)", sources, re.MULTILINE))
    assert [name for of_class, name, found in rows if (found.strip() == "–") != (of_class == "benign")] == []
