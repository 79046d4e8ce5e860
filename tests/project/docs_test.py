"""Documentation that repeats what code says, against the code."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXTRACTOR = Path(os.environ["PEER_OBSERVER_BUILD"]) / "bin/peer-observer-extractor"


def test_documents_table_of_tracepoints():
    table = subprocess.run([EXTRACTOR, "--list-tracepoints"], check=True, capture_output=True, text=True).stdout
    assert len(table.splitlines()) == 2 + 25
    assert table in (ROOT / "docs/tracepoints.md").read_text(), "run scripts/write-tables build/dev"


def test_documents_the_tables():
    command = [EXTRACTOR.with_name("peer-observer-archive"), "export", "--schema", "tables"]
    table = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    page = (ROOT / "docs/tables.md").read_text()
    assert table in page, "run scripts/write-tables build/dev"
    version = re.search(r"kModelVersion = (\d+);", (ROOT / "libs/tables/model.h").read_text())[1]
    assert f"Version of the model: {version}." in page


def folders_of_the_repository():
    """Those that git knows, at the depth at which the table names them."""
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files"]
    files = [Path(name) for name in subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()]
    files = [path for path in files if not path.parts[0].startswith(".") and len(path.parts) > 1 and (ROOT / path).is_file()]
    deep = {"libs", "tests", "contrib"}
    return {"/".join(path.parts[:2]) if path.parts[0] in deep else path.parts[0] for path in files if path.parts[0] != "services"
            if path.parts[0] not in deep or len(path.parts) > 2}


def test_documents_every_folder():
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    table = (ROOT / "docs/architecture.md").read_text().partition("## Folders")[2].partition("\n## ")[0]
    cells = [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("| ")][2:]
    named = {re.sub(r"^\[(.*)\]\(.*\)$", r"\1", word) for cell in cells for word in cell.split(", ")}
    assert folders_of_the_repository() - named == set()
    assert {name for name in named if not (ROOT / name).is_dir()} == {"services/&lt;name&gt;"}
    linked = {match for cell in cells for match in re.findall(r"\]\(\.\./(.*)/README\.md\)", cell)}
    assert linked == {name for name in named if (ROOT / name / "README.md").exists()}


def test_shows_every_service_in_picture_of_readme():
    picture = (ROOT / "README.md").read_text().split("```")[1]
    services = {re.fullmatch(r"peer-observer-([a-z0-9-]+)@?\.service", path.name)[1] for path in ROOT.glob("services/*/*.service")}
    assert len(services) >= 10
    assert {service for service in services if not re.search(rf"(?<![\w-]){service}(?![\w-])", picture)} == set()


def test_numbers_decisions_once():
    decisions = sorted((ROOT / "docs/adr").glob("*.md"))
    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
    for path in decisions:
        assert path.read_text().startswith(f"# {int(path.name[:4])}. "), path


def test_documents_memory_limits_of_publisher():
    adr = (ROOT / "docs/adr/0002-nng-pub-sub-with-sequence-numbers.md").read_text()
    queue, beyond = re.search(r"bounded in bytes: (\d+) MiB for the queues.* and (\d+) MiB", adr).groups()
    assert f"queue_bytes = std::size_t{{{queue}}} << 20U;" in (ROOT / "libs/bus/publisher.h").read_text()
    assert f"kMaxHeldBeyondQueue = std::size_t{{{beyond}}} << 20U;" in (ROOT / "libs/bus/fanout.cpp").read_text()


def pages():
    return [path for folder in ("docs", "libs", "services") for path in sorted((ROOT / folder).rglob("*.md")) if path.parent.name != "adr"]


# Figures of speed, and what a line with one has that was chosen and not measured.
MEASURED = r"\|.*[0-9.]+ (ns|µs|ms)\b.*\||\d (ns|µs)\b|\d (events|messages|lines)(/s| a second| per second)|\d s of CPU|\d % of a core"
CHOSEN = r"\bgoal\b|\brequested\b|^    |\d+ events per second at most"


def test_names_command_of_measured_tables():
    commands = []
    for page in pages():
        rest = re.sub(r"<!-- measured by (.*?) -->\n.*?<!-- end -->", lambda block: commands.append(block[1]) or "", page.read_text(), flags=re.DOTALL)
        assert "<!-- measured by" not in rest and "<!-- end -->" not in rest, page
        measured = [line for line in rest.splitlines() if re.search(MEASURED, line) and not re.search(CHOSEN, line)]
        assert measured == [], f"{page}: measured, but not between the marks of scripts/measure"
    assert len(commands) >= 5
    for command in commands:
        assert os.access(ROOT / command.split()[0], os.X_OK), command
