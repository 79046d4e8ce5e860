"""peer-observer-archive report: one HTML file made of an archive, opened from disk while nothing else runs."""

import contextlib
import json
import re

import pytest

import harness
from archiving import Archiver, archive_tool, files, json_events
from hostile_pages_test import IMAGE, SCRIPT, WORDS, hostile_events
from lies import Liar, make_batch
from sim_node import copy_sim_node, play

ATTACK = "addr_flood"
PAGES = ("", "#/report", "#/fleet", "#/messages", "#/anomalies", "#/blocks", "#/addresses", "#/health")


@pytest.fixture(scope="module")
def archive(loopback_only):
    """Of a simulated node that is attacked, with what the detector says about it."""
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(harness.temporary_directory())
        path = copy_sim_node(directory)
        extractor = stack.enter_context(harness.Extractor(path, directory))
        anomalies = f"ipc://{directory}/anomalies"
        detector = stack.enter_context(harness.Program(harness.program("peer-observer-detector"), "--source", extractor.url, "--listen", anomalies))
        archiver = stack.enter_context(Archiver(directory / "archive", extractor.url, "--source", anomalies))
        extractor.wait_for_log("tracepoints to")
        detector.wait_for_log("connected")
        play(path, "--attack", ATTACK, "--wait-for-attach", 1)
        harness.wait_until(lambda: files(directory / "archive") and any(event["kind"] == "anomaly.opened" for event in json_events(directory / "archive")), "the anomaly in the archive")
        archiver.stop()
        yield directory / "archive"


def write_report(directory, archive, *options, name="report.html"):
    """(URL, {path: answer})"""
    file = directory / name
    archive_tool("report", "--output", file, *options, archive)
    [answers] = re.findall(r'id="peer-observer-report">(.*?)</script>', file.read_text(), re.DOTALL)
    assert answers.isascii()  # no word of a peer has anything else for the browser to read
    return f"file://{file}", json.loads(answers)["answers"]


def open_report(browser, url, page=""):
    browser.origin = url
    browser.driver.get("about:blank")
    browser.driver.get(url + page)
    browser.find("main h1")
    browser.wait_for_text("report", "#state")


def test_tells_what_happened_on_first_page(browser, directory, archive):
    url, answers = write_report(directory, archive, "--title", "a flood", "--message-type", "addrv2", "--message-type", "addr")
    open_report(browser, url)
    assert browser.text("h1") == "a flood"
    [anomaly] = [one for one in answers["/api/v1/anomalies"]["anomalies"] if one["kind"] == ATTACK]
    browser.wait_for_text(anomaly["description"])
    assert ATTACK in browser.texts(".found h3 a")
    attacker = answers[f"/api/v1/anomalies/{anomaly['anomaly_id']}"]["anomaly"]["nodes"][0]["peers"][0]
    row = next(row for row in browser.table("report-peers-by-peer") if attacker["address"] in row["peer"][0])
    assert row["why here"][0] == "in an anomaly"
    events = [event for event in json_events(archive) if event["kind"] != "gap"]
    assert browser.facts()["events"] == f"{len(events):,}"
    chosen = [event for event in events if event["event"].get("message_type") in ("addr", "addrv2")]
    assert browser.facts()["selected events"] == f"{min(len(chosen), 1000):,} of {len(chosen):,}"
    lanes = browser.run("return [...document.querySelectorAll('.activity text')].map((text) => text.textContent)")
    assert "addr" in lanes or "addrv2" in lanes
    browser.click(".found h3 a")
    browser.wait_for_text("EVIDENCE")  # as the style sheet shows headings
    assert browser.texts(".evidence a")[0] in ("← addr", "← addrv2")
    assert "addresses=" in browser.texts(".evidence li")[0]
    browser.click("main p a[href*='?anomaly=']")
    browser.wait_for_text("Only peers that take part")
    host = attacker["address"].rpartition(":")[0]
    assert {row["address"][1].rpartition(":")[0] for row in browser.table("peers-by-peer")} == {host}
    browser.driver.back()
    browser.click("ol.plain a")
    browser.find("main dl.tree")


def test_opens_every_page_without_service(browser, directory, archive):
    url, _ = write_report(directory, archive)
    for page in PAGES:
        open_report(browser, url, page)
        assert browser.run("return document.querySelectorAll('main .error').length") == 0, page
    assert browser.run("return performance.getEntriesByType('resource').length") == 0


def test_takes_filters_of_cat(directory, archive):
    def listed(*options):
        _, answers = write_report(directory, archive, *options, name=f"{len(list(directory.iterdir()))}.html")
        return answers["/api/v1/events"]["events"], answers["/api/v1/report"]
    for options in (("--select", "message_type=version|verack,direction=inbound", "--select", "kind=anomaly"), ("--direction", "outbound", "--kind", "message"), ("--peer", "1")):
        events, report = listed(*options, "--count", 10000)
        expected = [event for event in json_events(*options, archive) if event["kind"] != "gap"]
        def in_order(events):  # cat prints one publisher's events after the other's
            return sorted(events, key=lambda event: (event["publisher"], event["sequence"]))
        assert in_order(events) == in_order(expected) and len(events) > 0
        assert report["matched_events"] == len(expected)
    events, report = listed("--count", 3)
    assert len(events) == 3 and report["left_out"]["events"] == report["matched_events"] - 3
    first = json_events(archive)[0]["timestamp_ns"]
    middle = first + 10_000_000
    events, report = listed("--to", f"{middle // 10**9}.{middle % 10**9:09}", "--count", 10000)
    assert report["to_ns"] < middle and report["events"] == len(events)


def test_refuses_what_it_cannot_write(directory, archive):
    (directory / "there.html").write_text("mine")
    archive_tool("report", "--output", directory / "there.html", archive, status=1)
    assert (directory / "there.html").read_text() == "mine"
    for options in (("--output", "x.txt"), (), ("--output", "x.html", "--count", "0"), ("--output", "x.html", "--count", "10001"), ("--output", "x.html", "--kind", "nonsense")):
        archive_tool("report", *options, archive, status=2)
    archive_tool("report", "--output", directory / "empty.html", "--to", "2001-01-01", archive, status=1)
    assert not (directory / "empty.html").exists()


@pytest.fixture(scope="module")
def hostile_archive(loopback_only):
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(harness.temporary_directory())
        liar = stack.enter_context(Liar())
        archiver = stack.enter_context(Archiver(directory / "archive", liar.url))
        harness.wait_until(lambda: liar.subscribers, "the archiver has connected")
        events = hostile_events()
        liar.send(make_batch(0, events, publisher_id=5, node="hostile"))
        harness.wait_until(lambda: archiver.written() >= len(events), "all events in the archive")
        archiver.stop()
        yield directory / "archive"


def test_keeps_hostile_words_inert(browser, directory, hostile_archive):
    url, answers = write_report(directory, hostile_archive, "--title", f"{SCRIPT}\u2028</script>{IMAGE}")
    assert len(answers["/api/v1/nodes/hostile"]["peers"]) == 5
    for page in (*PAGES, "#/node/hostile", "#/node/hostile/peer/1.1/0", "#/anomaly/0000000000000001"):
        open_report(browser, url, page)
        if page in ("", "#/messages", "#/anomalies", "#/node/hostile"):
            browser.wait_for_text(WORDS[0])
        assert browser.driver.title.endswith(" · peer-observer")
        assert browser.run("return document.querySelectorAll('main script, main img, main iframe, main [onerror], main [onclick]').length") == 0
        assert browser.run("return [...document.querySelectorAll('a[href]')].filter((link) => !link.getAttribute('href').startsWith('#')).length") == 0
