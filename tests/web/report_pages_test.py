"""A report: the pages as one HTML file with the answers inside, opened from disk while no service runs."""

import contextlib
import json
import subprocess

import pytest

import harness
import recipes
from sim_node import copy_sim_node, play
from web import Web

PAGES = recipes.ROOT / "services/web"
WORDS = "</script><script>document.title='run'</script><!--"


def bundle(path, answers):
    subprocess.run(["cmake", f"-DROOT={PAGES}/pages", f"-DOUT={path}", "-P", PAGES / "bundle_pages.cmake"], check=True)
    text = path.read_text()
    assert text.count("@ANSWERS@") == 1
    path.write_text(text.replace("@ANSWERS@", json.dumps({"answers": answers}).replace("<", "\\u003c")))


@pytest.fixture(scope="module")
def report(loopback_only):
    """(URL, answers, peer)"""
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(harness.temporary_directory())
        path = copy_sim_node(directory)
        with harness.Extractor(path, directory) as extractor, Web(extractor.url) as web:
            extractor.wait_for_log("tracepoints to")
            web.wait_for_log("connected")
            play(path, "--seed", 7, "--events", 2000, "--rate", 2000, "--wait-for-attach", 1, "--only", "attached")
            web.wait_for_events(2000)
            node = web.api("/nodes/test")
            peer = max(node["peers"], key=lambda peer: peer["messages_in"])
            events = web.api("/events")["events"]
            asked = ["/about", "/nodes", "/nodes/test", f"/nodes/test/peers/{peer['peer_id']}", "/anomalies", "/blocks", "/addresses", "/health", "/events"]
            asked += [f"/messages/{event['publisher']}-{event['sequence']}" for event in events]
            answers = {f"/api/v1{path}": web.api(path) for path in asked}
        answers["/api/v1/about"]["mode"] = "report"
        answers["/api/v1/nodes"]["nodes"][0]["subversion"] = WORDS
        bundle(directory / "report.html", answers)
        yield f"file://{directory}/report.html", answers, peer


def open_report(browser, url, page):
    browser.origin = url
    browser.driver.get("about:blank")
    browser.driver.get(url + page)


def test_opens_every_page_from_disk(browser, report):
    url, answers, _ = report
    for page in ("", "#/node/test", "#/messages", "#/anomalies", "#/blocks", "#/addresses", "#/health"):
        open_report(browser, url, page)
        browser.find("main h1")
        browser.wait_for_text("report", "#state")
        assert browser.run("return document.querySelectorAll('main .error').length") == 0, page
        if not page:
            assert WORDS in browser.text()
            assert browser.driver.title == "Fleet · peer-observer"
            assert browser.facts()["events"] == f"{answers['/api/v1/nodes']['nodes'][0]['events']:,}"


def test_follows_peer_to_message(browser, report):
    url, answers, peer = report
    open_report(browser, url, "#/node/test")
    assert len(browser.table("peers-by-peer")) == len(answers["/api/v1/nodes/test"]["peers"]) + len(answers["/api/v1/nodes/test"]["gone"])
    open_report(browser, url, f"#/node/test/peer/{peer['process']}/{peer['peer_id']}")
    browser.find(".rows .row")
    assert len(browser.texts(".rows .row")) == len(answers[f"/api/v1/nodes/test/peers/{peer['peer_id']}"]["conversation"])
    open_report(browser, url, "#/messages")
    browser.click(".feed button.message")
    browser.find("#drawer dl.tree")
    assert answers["/api/v1/events"]["events"][-1]["publisher"] in browser.text("#drawer")


def test_says_what_report_lacks(browser, report):
    url, *_ = report
    open_report(browser, url, "#/node/elsewhere")
    browser.wait_for_text("This report does not have it.")
