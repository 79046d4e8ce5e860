"""The pages over a folder of archives: at its end, at another moment, and played."""

import harness
from archiving import Archiver, json_events
from sim_node import copy_sim_node, play
from web import Web


def shown(browser):
    text = browser.text("[data-figure=events]").replace(",", "")
    return int(text) if text.isdigit() else 0


def test_shows_archive_at_any_moment(browser, directory):
    path = copy_sim_node(directory)
    archive = directory / "archive"
    with harness.Extractor(path, directory) as extractor, Archiver(archive, extractor.url) as archiver:
        extractor.wait_for_log("tracepoints to")
        play(path, "--seed", 7, "--events", 2000, "--rate", 500, "--wait-for-attach", 1, "--only", "attached")
        harness.wait_until(lambda: archiver.written() >= 2000, "all events in the archive")
    events = [event for event in json_events(archive) if event["kind"] != "gap"]
    with Web(options=("--archive", archive)) as web:
        browser.load(web.url)
        browser.wait_for_text("archive, ", "#state")
        harness.wait_until(lambda: shown(browser) == len(events), "all events on the page")
        move = "const slider = document.getElementById('moment'); slider.value = slider.max * given[0]; slider.dispatchEvent(new Event('change'))"
        browser.run(move, 0.5)
        harness.wait_until(lambda: 0 < shown(browser) < len(events), "half of the archive")
        half = shown(browser)
        browser.click("#play")
        harness.wait_until(lambda: shown(browser) > half, "more of it")
        harness.wait_until(lambda: browser.text("#play") == "Play", "the end")
        harness.wait_until(lambda: shown(browser) == len(events), "all events on the page")
        browser.open(web.url, "#/messages")
        harness.wait_until(lambda: len(browser.texts(".feed .row")) == 100, "the latest events")
        browser.open(web.url, "#/node/test")
        harness.wait_until(lambda: browser.table("peers-by-peer"), "peers")
        browser.open(web.url)
        browser.find("article")
