"""CONTRIBUTING asks for plain English. This keeps its worst enemies out of code, docs, log lines and help texts."""

import re

import pytest
from files_test import ROOT, tracked

# Each with what to write instead.
CONSTRUCTIONS = {
    r"\b(to|for|from|by|of) who\b": "name the subject: `for operators who ...`",
    r"\bhas not the\b": "`lacks`, `differs from`",
    r"\bis no \w+'s\b": "`does not belong to`, `is not a`",
    r"\bin vain\b": "`without an answer`, `unanswered`, `timed out`",
    r"\b(dialling|trying) on\b": "`retrying`",
    r"\bcomes? about\b": "`the handshake fails`, `happens`",
    r"\bmend(s|ed|ing)?\b": "`fix`, `repair`",
    r"\bfor ever\b": "`indefinitely`, `hangs`",
    r"\bneeds? (it|them) no more\b": "`no longer needs`",
    r"\b(goes|go|going) on (with|in|again|by itself)\b|\bgoes on\b": "`continues`",
    r"\bone an? (line|minute|second|peer|input|connection|node)\b": "`one per line`",
    r"\b(dial(s|ed|led)?|tries|tried) again\b": "`retries`, `reconnects`, `redialled`",
    r"\b(it|that|which|this|what) is no (?!longer\b|more\b|such\b)": "`is not a`",
    r"\bwithout a word\b": "`silently`",
    r"\bthere is (nobody|nothing|none) (that|who|which)\b": "`nobody has`, `nothing has`",
    r"\bwho only\b": "`a side that only`",
    r"\bnobody to \w+": "`no process to trace`: name what is missing",
    r"\blikewise, (of|to|that)\b": "`the same for`",
    r"\bgives? .{3,20} a meaning\b|\bso many give\b": "`with fewer, the share says little`",
    r"\bby there (having|being)\b|\bfor (its|their) being\b": "a clause with a verb",
    r"(^|[.;:] )(Counted|Left out|Shown|Listed|Told|Kept|Known|Missing) (are|is)\b": "the subject first: `The rule counts ...`",
    r"\bthe one or the other\b": "`either`",
    r"\bwhat is not there\b": "`false positives`, `missing files`",
    r"\bis right so\b": "`is intended`",
}
# Data, and this list.
EXEMPT = ("tests/project/language_test.py", "LICENSE")


def offences(text):
    for number, line in enumerate(text.splitlines(), 1):
        for construction, better in CONSTRUCTIONS.items():
            if found := re.search(construction, line, re.IGNORECASE):
                yield f"{number}: '{found.group()}': {better}"


def test_finds_no_construction_of_the_list():
    found = []
    for file in tracked("*.md", "*.cpp", "*.h", "*.c", "*.py", "*.proto", "*.nix", "*.yml", "*.json", "*.cmake", "*CMakeLists.txt", "scripts/*", "test", "quickstart"):
        name = str(file.relative_to(ROOT))
        if name not in EXEMPT:
            found += [f"{name}:{offence}" for offence in offences(file.read_text(errors="replace"))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "line", ["a message to who knows it", "the frame has not the size", "it waits in vain", "x does not answer, dialling on", "mended the test"]
    + ["for who only receives", "for 10 s nobody to trace", "likewise, of one AS", "so many give the share a meaning"]
    + ["Counted are full relay connections", "correct the one or the other", "if it is right so"]
    + ["a node that goes on", "prints them, one a line", "it is tried again", "text that is no address", "it left without a word"],
)
def test_finds_construction(line):
    assert list(offences(line))


@pytest.mark.parametrize("line", ["asks for everything", "to whom it belongs", "recommended", "in vaincluse", "that is no longer so", "going on and off", "one a day"])
def test_accepts_plain_words(line):
    assert not list(offences(line))
