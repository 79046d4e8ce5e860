"""The blocks of code in the documentation, and which test runs them as they stand.

A comment in a page, `<!-- run by tests/x/y_test.py -->` or `<!-- not run: why -->`, holds for the blocks after it, up to the next one.
"""

import dataclasses
import re
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MARK = re.compile(r"<!-- (?:run by (?P<run_by>\S+)|not run: (?P<reason>\S.*\S)) -->")
FENCE = re.compile(r"^( *)(`{3,})(\w*)$")


@dataclasses.dataclass
class Block:
    page: str  # below ROOT
    line: int  # its first one
    language: str  # of a fenced block
    text: str
    run_by: str | None = None
    reason: str | None = None

    def __str__(self):
        return f"{self.page}:{self.line}: {self.text.splitlines()[0]}"


def pages():
    return ["README.md", "CONTRIBUTING.md", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))]


def blocks(page):
    """Fenced blocks, and those that are indented by four spaces."""
    found, mark, fence, inside, before = [], {}, None, [], ""
    for number, line in enumerate([*(ROOT / page).read_text().splitlines(), ""], start=1):
        if fence:
            if line.strip() == fence[2]:
                found.append(Block(page, number - len(inside), fence[3], textwrap.dedent("\n".join(inside)) + "\n", **mark))
                fence, inside = None, []
            else:
                inside.append(line)
        elif match := FENCE.match(line):
            fence = match
        elif line.startswith("    ") and (inside or not before.strip()) or inside and not line.strip() and number > 1:
            inside.append(line)
        elif inside:
            text = "\n".join(inside).rstrip("\n")
            found.append(Block(page, number - len(inside), "", textwrap.dedent(text) + "\n", **mark))
            inside = []
        if not fence and not inside and (match := MARK.search(line)):
            mark = match.groupdict()
        before = line
    return found


def run_by(file, page):
    """The blocks of a page that a test has to run: `file` is its __file__."""
    name = str(Path(file).resolve().relative_to(ROOT))
    return [block for block in blocks(page) if block.run_by == name]
