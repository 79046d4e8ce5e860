"""docs/change-it.md: the files that each recipe names are there, know its example, and are as many as it says."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/change-it.md").read_text()
RECIPES = {section.splitlines()[0]: section for section in PAGE.split("\n## ")[1:]}


@pytest.mark.parametrize("title", RECIPES)
def test_names_files_that_know_the_example(title):
    example = re.search(r"^Like `([^`]+)`", RECIPES[title], re.MULTILINE)[1]
    files = re.findall(r"^- `([^`]+)`", RECIPES[title], re.MULTILINE)
    # mempool:replaced is also mempool_replaced, MEMPOOL_REPLACED and, within its own file or table, replaced or addr_addresses.
    words = re.split(r"\W", example)
    pattern = re.compile(rf"{'.{0,80}'.join(map(re.escape, words))}|{re.escape(words[-1])}", re.IGNORECASE | re.DOTALL)
    without_prefix = example.removeprefix("peerobserver_")
    for name in files:
        text = (ROOT / name).read_text()
        assert pattern.search(text) or without_prefix in text or example in name, f"{name} does not know {example}"
    count = re.search(r": (\d+) files$", title)
    assert not count or int(count[1]) == len(files)


def test_lists_every_recipe_in_contributing():
    listed = set(re.findall(r"docs/change-it\.md#([a-z0-9-]+)", (ROOT / "CONTRIBUTING.md").read_text()))
    assert listed == {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in RECIPES}
