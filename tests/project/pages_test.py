"""What the web pages may not do, since a peer chooses much of what they show; and that nothing in them is unused."""

import re

import pytest
from files_test import ROOT, tracked

PAGES = ROOT / "libs/web/pages"
MOST_LINES = 300
# Each would make markup or code of text.
MARKUP = r"\b(innerHTML|outerHTML|insertAdjacentHTML|setHTML\w*|srcdoc|DOMParser|createContextualFragment|parseHTML\w*|eval|Function|importScripts)\b|document\.write|set(Timeout|Interval)\(\s*[\"'`]|style\s*:"
ELSEWHERE = r"\b(?:https?:|wss?:)?//[\w.-]+\.\w+"
NAMESPACE = "http://www.w3.org/2000/svg"
# One module each has what reaches the service and what makes elements.
OWNERS = {r"\bfetch\(": "lib/api.js", r"\bEventSource\b": "lib/feed.js", r"createElement": "lib/dom.js"}


def scripts():
    files = tracked("libs/web/pages/*.js")
    assert len(files) > 20
    return {str(file.relative_to(PAGES)): file.read_text() for file in files}


def code(text):
    return re.sub(r"(?m)^\s*//.*$", "", text)


def test_finds_no_markup_made_of_text():
    found = {name: re.findall(MARKUP, code(text)) for name, text in scripts().items()}
    assert not {name: hits for name, hits in found.items() if hits}


@pytest.mark.parametrize("line", ["a.innerHTML = b", "eval(text)", "setTimeout('x()')", "document.write(a)", 'el("b", { style: "x" })', "new Function(a)"])
def test_recognizes_markup_made_of_text(line):
    assert re.search(MARKUP, line)


def test_names_no_other_place():
    for file in tracked("libs/web/pages/*"):
        if file.suffix in (".js", ".css", ".html", ".svg"):
            assert not re.findall(ELSEWHERE, code(file.read_text()).replace(NAMESPACE, "")), file


def test_keeps_scripts_and_styles_out_of_the_page():
    page = (PAGES / "index.html").read_text()
    assert re.findall(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=|javascript:", page) == []


def test_reaches_service_and_makes_elements_in_one_module_each():
    for pattern, owner in OWNERS.items():
        assert [name for name, text in scripts().items() if re.search(pattern, code(text))] == [owner], pattern


def test_says_purpose_in_first_line_and_stays_short():
    for name, text in scripts().items():
        assert text.startswith("// ") and len(text.splitlines()) < MOST_LINES, name


def imported(text):
    """[(module, [names])]"""
    return [(module, [one.strip() for one in names.split(",")]) for names, module in re.findall(r'(?m)^import \{ ([^}]+) \} from "([^"]+)";$', text)]


def test_has_no_unused_import_or_export():
    files = scripts()
    used = set()
    for name, text in files.items():
        folder = (PAGES / name).parent
        assert len(re.findall(r"(?m)^import\b", text)) == len(imported(text)), f"{name}: an import of another form"
        body = re.sub(r"(?m)^import .*$", "", text)
        for module, names in imported(text):
            target = str((folder / module).resolve().relative_to(PAGES))
            assert target in files, f"{name}: {module}"
            for one in names:
                assert re.search(rf"\b{re.escape(one)}\b", body), f"{name} imports {one} and does not use it"
                used.add((target, one))
    for name, text in files.items():
        for one in re.findall(r"(?m)^export (?:async )?(?:function|const|class) (\w+)", text):
            assert (name, one) in used, f"{name} exports {one}, which nothing imports"
