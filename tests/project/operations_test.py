"""docs/operations.md against the messages in the source."""

import re

import pytest

from messages import PASSED_ON, ROOT, messages_of_cpp, messages_of_python, production_sources

PAGE = (ROOT / "docs/operations.md").read_text()


def all_of_cpp():
    messages, passed_on = set(), set()
    for file, text in production_sources():
        of_file = messages_of_cpp(file, text)
        messages |= of_file[0]
        passed_on |= of_file[1]
    return messages, passed_on


def all_messages():
    messages = all_of_cpp()[0]
    for path in sorted((ROOT / "services").glob("*/*.py")):
        if not path.name.endswith("_test.py"):
            messages |= set(messages_of_python(path.read_text()))
    return messages


def messages_of_the_page():
    """What stands in the first column of its tables of messages."""
    found = set()
    for table in re.findall(r"^\| message \|.*\n\|[-| ]+\|\n((?:\|.*\n)+)", PAGE, re.MULTILINE):
        for row in table.splitlines():
            found |= set(re.findall(r"`([^`]+)`", row.split(" | ")[0]))
    return found


def test_documents_every_warning_and_error():
    messages = all_messages()
    assert len(messages) > 80
    assert sorted(messages - messages_of_the_page()) == []


def test_documents_existing_messages_only():
    assert sorted(messages_of_the_page() - all_messages()) == []


def test_knows_messages_without_text_of_their_own():
    assert all_of_cpp()[1] == PASSED_ON


@pytest.mark.parametrize(("code", "message"), [
    ('spdlog::warn("no luck");', "no luck"),
    ('spdlog::error("no {} " "luck", what("(", 1));', "no {} luck"),
    ('tell_once(fmt::format("a {}", f("b", 1)));', "a {}"),
    ('spdlog::log(x ? warn : info, "a, {} (b)", to_text(x));', "a, {} (b)"),
    ('spdlog::warn("{}", bus::with_left_out(fmt::format("a {}", f("b")), *n));', "a {}"),
    ('warning("a, " + to_text(x) + " (b)");', "a, {} (b)"),
    ('throw std::system_error{errno, std::generic_category(), "cannot open " + path};', "cannot open {}"),
    ('throw std::runtime_error(std::string{"a: "} + b);', "a: {}"),
    ('limited(gaps_, "missed " + n);', "missed {}"),
    ('a = warning(with_left_out("source " + url + " lost", *n));', "source {} lost"),
])
def test_reads_message_from_code(code, message):
    assert messages_of_cpp("libs/bus/x.cpp", code) == ({message}, set())


@pytest.mark.parametrize("code", ['spdlog::info("a");', 'void warning(const std::string& why);', '// spdlog::warn("a");\n'])
def test_ignores_what_is_no_warning(code):
    assert messages_of_cpp("libs/bus/x.cpp", code) == (set(), set())


def test_notices_passed_on_texts():
    assert messages_of_cpp("services/a/b.cpp", 'tell_once(error.what()); spdlog::warn("{}", x);')[1] == {
        ("services/a/b.cpp", "error.what()"), ("services/a/b.cpp", "{}")}


def test_reads_messages_of_python():
    assert list(messages_of_python('print(f"a: {b}", file=sys.stderr)\nprint("c")')) == ["a: {}"]
