"""No block of the documentation is left out: a test runs it as it stands, or a reason says why none does."""

import recipes


def all_blocks():
    return [block for page in recipes.pages() for block in recipes.blocks(page)]


def test_runs_or_explains_every_block():
    found = all_blocks()
    assert len(found) > 30
    assert [str(block) for block in found if not block.run_by and not block.reason] == []


def test_tests_that_are_named_read_the_page():
    for block in all_blocks():
        if block.run_by:
            assert block.page in (recipes.ROOT / block.run_by).read_text(), f"{block}: {block.run_by}"


def test_applies_mark_until_the_next_one(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("    one\n\n<!-- run by tests/x_test.py -->\n\n    two\n    three\n\n```bash\nfour\n```\n\ntext\n<!-- not run: why -->\n\n    five\n\n    six\n")
    found = [(block.text, block.run_by, block.reason, block.line) for block in recipes.blocks(page)]
    assert found == [("one\n", None, None, 1), ("two\nthree\n", "tests/x_test.py", None, 5), ("four\n", "tests/x_test.py", None, 9),
                     ("five\n\nsix\n", None, "why", 15)]
