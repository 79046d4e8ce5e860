"""A report: one HTML file with the selected events and the pages inside, opened from disk while no service runs."""

import contextlib
import json
import re
import urllib.request

import pytest

import harness
from sim_node import copy_sim_node, play
from web import Web

EVENTS = 2000


@pytest.fixture(scope="module")
def report(loopback_only):
    """(URL, {path: answer})"""
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(harness.temporary_directory())
        path = copy_sim_node(directory)
        with harness.Extractor(path, directory) as extractor, Web(extractor.url) as web:
            extractor.wait_for_log("tracepoints to")
            web.wait_for_log("connected")
            play(path, "--seed", 7, "--events", EVENTS, "--rate", 2000, "--wait-for-attach", 1, "--only", "attached")
            web.wait_for_events(EVENTS)
            with urllib.request.urlopen(f"{web.url}/api/v1/report?message_type=inv", timeout=harness.TIMEOUT) as answer:
                text = answer.read().decode()
        file = directory / "report.html"
        file.write_text(text)
        [answers] = re.findall(r'id="peer-observer-report">(.*?)</script>', text, re.DOTALL)
        yield f"file://{file}", json.loads(answers)["answers"]


def open_report(browser, url, page):
    browser.origin = url
    browser.driver.get("about:blank")
    browser.driver.get(url + page)


def test_opens_every_page_from_disk(browser, report):
    url, answers = report
    for page in ("", "#/node/test", "#/messages", "#/anomalies", "#/blocks", "#/addresses", "#/health"):
        open_report(browser, url, page)
        browser.find("main h1")
        browser.wait_for_text("report", "#state")
        assert browser.run("return document.querySelectorAll('main .error').length") == 0, page
        if not page:
            assert browser.facts()["events"] == f"{answers['/api/v1/nodes']['nodes'][0]['events']:,}"


def test_shows_selected_events_only(browser, report):
    url, answers = report
    open_report(browser, url, "#/messages")
    browser.find(".feed .row")
    assert set(browser.texts(".feed .type")) == {"inv"}
    browser.click(".feed button.message")
    browser.find("#drawer dl.tree")
    assert answers["/api/v1/events"]["events"][-1]["publisher"] in browser.text("#drawer")


def test_follows_peer_to_its_messages(browser, report):
    url, answers = report
    open_report(browser, url, "#/node/test")
    node = answers["/api/v1/nodes/test"]
    assert len(browser.table("peers-by-peer")) == len(node["peers"]) + len(node["gone"])
    path = next(path for path in answers if re.fullmatch(r"/api/v1/nodes/test/peers/\d+\?process=[\d.]+", path))
    peer = answers[path]["peer"]
    open_report(browser, url, f"#/node/test/peer/{peer['process']}/{peer['peer_id']}")
    browser.find(".rows .row")
    assert len(browser.texts(".rows .row")) == len(answers[path]["conversation"])
    browser.click(".rows button.message")
    browser.find("#drawer dl.tree")


def test_says_what_report_lacks(browser, report):
    url, _ = report
    open_report(browser, url, "#/node/elsewhere")
    browser.wait_for_text("This report does not have it.")
