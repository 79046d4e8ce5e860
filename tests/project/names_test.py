"""CONTRIBUTING asks for names of tests that have a verb and an object. The suite or the file is the subject, so the verb comes first."""

import re

import pytest
from files_test import ROOT, tracked

# What a name begins with that has its subject, or no verb, in front.
NO_VERBS = set(
    "a an the this that those what whatever which who whoever whose it its of with without in on for from to at by after before between "
    "each every all any many more most few some several no not nobody nothing another other others one two three four five six ten "
    "when where how if may".split()
)


def is_verb_first(name):
    words = re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]", name)
    return words[0].lower() not in NO_VERBS


def names_of_tests():
    for file in tracked("*.py"):
        for name in re.findall(r"^ *(?:async )?def test_(\w+)", file.read_text(), re.MULTILINE):
            yield file, name
    for file in tracked("*.cpp", "*.h"):
        for name in re.findall(r"\bTEST(?:_[FP])?\(\s*\w+,\s*(\w+)\s*\)", file.read_text()):
            yield file, name


def test_begins_names_of_tests_with_a_verb():
    names = list(names_of_tests())
    assert len(names) > 1000
    wrong = [f"{file.relative_to(ROOT)}: {name}" for file, name in names if not is_verb_first(name)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", ["ThatSaysNothingDoesNotHurt", "ABadEventIsSkipped", "OfAPlainTool", "a_closed_pipe_ends_cat", "no_route"])
def test_finds_name_without_verb_in_front(name):
    assert not is_verb_first(name)


@pytest.mark.parametrize("name", ["CountsOpenedByNetwork", "IsDisconnectedIfSilent", "refuses_tls", "AcceptsA", "names_wrong_password"])
def test_accepts_name_with_verb_in_front(name):
    assert is_verb_first(name)
