"""The log messages at warning or above, read from the source. What varies in a message is {} in it."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STRING = re.compile(r'"((?:\\.|[^"\\])*)"')

# What makes a line in the log, or ends a program with an exception, which app::run logs as critical.
EVERYWHERE = r"spdlog::(?:log|warn|error|critical)\(|\btell_once\(|throw std::(?:runtime_error|system_error)[({]"
OF_THE_BUS = EVERYWHERE + r"|\b(?:warning|limited|refuse|give_up|refusals_\.add)\("

# Calls without a text of their own: what they pass on is said, or thrown, elsewhere.
PASSED_ON = {
    ("libs/app/app.cpp", "{}"),
    ("libs/app/bus_options.cpp", "{}"),
    ("libs/archive/input_file.cpp", "what"),  # the functions above it in that file name the file
    ("libs/bus/refusals.h", "with_left_out(std::move(why), *left_out)"),
    ("libs/bus/subscriber.cpp", "frame.error()"),
    ("libs/app/known_peers.cpp", "text.error().reason"),  # the function around it names the file
    ("services/detector/main.cpp", "{}"),
    ("services/extractor/attachments.cpp", "error.what()"),
    ("services/extractor/attachments.cpp", "{}"),
    ("services/extractor/target.cpp", "{}"),
}


def production_sources():
    """Of the services and what they use; peer-observer-archive is run by people, who see what it says."""
    for folder in ("libs", "services"):
        for path in sorted((ROOT / folder).rglob("*")):
            if "services/archive-reader/" not in path.as_posix() and path.suffix in (".h", ".cpp") and "testing" not in path.parts \
                    and not re.search(r"_(test|fuzz|testing)\.(cpp|h)$", path.name):
                yield path.relative_to(ROOT).as_posix(), path.read_text()


def arguments_behind(text, position):
    """The arguments within the bracket that opens at `position`, split at their commas; and where it closes."""
    arguments, depth, begin = [], 0, position + 1
    while position < len(text):
        if string := STRING.match(text, position):
            position = string.end()
            continue
        character = text[position]
        depth += (character in "([{") - (character in ")]}")
        if depth == 0 or (depth == 1 and character == ","):
            arguments.append(" ".join(text[begin:position].split()))
            begin = position + 1
        if depth == 0:
            return arguments, position
        position += 1
    raise ValueError("a bracket is not closed")


def calls(text, opened):
    """The arguments of each call; `opened` ends with its bracket. Calls within calls are not looked at."""
    position = 0
    while call := re.compile(opened).search(text, position):
        arguments, position = arguments_behind(text, call.end() - 1)
        yield arguments


def concatenated(expression):
    """What a sum of strings makes; empty where there is no literal in it."""
    expression = re.sub(r"std::string\{(\"(?:\\.|[^\"\\])*\")\}", r"\1", expression)
    message, end = "", 0
    for string in STRING.finditer(expression):
        between = expression[end:string.start()].strip()
        message += ("{}" if between else "") + string.group(1).encode().decode("unicode_escape")
        end = string.end()
    return message + ("{}" if end and expression[end:].strip() else "")


def messages_in(expression):
    if re.match(r"(bus::)?with_left_out\(", expression):
        expression = arguments_behind(expression, expression.index("("))[0][0]
    if "fmt::format" in expression:
        return [concatenated(arguments[0]) for arguments in calls(expression, r"fmt::format\(")]
    message = concatenated(expression)
    return [message] if message else []


def messages_of_cpp(file, text):
    """(messages, what is passed on)"""
    text = re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)
    messages, passed_on = set(), set()
    for arguments in calls(text, OF_THE_BUS if file.startswith("libs/bus/") else EVERYWHERE):
        is_declaration = re.fullmatch(r"(const )?[\w:]+&? \w+", arguments[0])
        if is_declaration:
            continue
        found = [set(messages_in(argument)) for argument in arguments if STRING.search(argument)]
        # The text of "{}" is what it formats, where that has one.
        with_text = next((texts for texts in found if texts != {"{}"}), set())
        if not with_text:
            passed_on.add((file, "{}" if found else arguments[-1]))
        else:
            messages |= with_text
    return messages, passed_on


def messages_of_python(text):
    """What print() writes to stderr."""
    for call in ast.walk(ast.parse(text)):
        if isinstance(call, ast.Call) and any(keyword.arg == "file" and ast.unparse(keyword.value) == "sys.stderr" for keyword in call.keywords):
            argument = call.args[0]
            parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
            yield "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in parts)
