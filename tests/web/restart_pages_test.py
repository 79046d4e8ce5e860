"""A page stays open while the node, the extractor and the web service restart: it says so, and shows what comes afterwards."""

import contextlib

import harness
from sim_node import copy_sim_node
from web import Web

# What a browser writes into the console when a server is away.
AWAY = ("net::ERR_CONNECTION_REFUSED", "net::ERR_INCOMPLETE_CHUNKED_ENCODING", "net::ERR_CONNECTION_RESET", "net::ERR_EMPTY_RESPONSE", "net::ERR_SOCKET_NOT_CONNECTED")


def play(path):
    return harness.Program(path, "--rate", 200, "--wait-for-attach", 1, "--only", "attached")


def events_shown(browser):
    text = browser.text("[data-figure=events]").replace(",", "")
    return int(text) if text.isdigit() else 0


def wait_for_more(browser, than):
    harness.wait_until(lambda: events_shown(browser) > than, f"more than {than} events on the page")


def test_shows_events_after_each_restart(browser, directory):
    path = copy_sim_node(directory)
    with contextlib.ExitStack() as stack:
        def extract():
            extractor = harness.Extractor(path, directory)
            stack.callback(extractor.end)
            extractor.wait_for_log("tracepoints to")
            return extractor
        extractor = extract()
        web = stack.enter_context(Web(extractor.url))
        node = stack.enter_context(play(path))
        browser.open(web.url)
        browser.expect(*AWAY)
        wait_for_more(browser, 0)
        browser.run("document.body.dataset.same = 'yes'")
        browser.wait_for_text("live", "#state")

        node.kill()
        node = stack.enter_context(play(path))
        wait_for_more(browser, events_shown(browser))

        extractor.kill()
        browser.wait_for_text("0 of 1 sources connected", "#state")
        extractor = extract()
        browser.wait_for_text("live", "#state")
        wait_for_more(browser, events_shown(browser))
        assert "1 losses of unknown size" in browser.facts()["missed events"]

        web.kill()
        browser.wait_for_text("service does not answer, retrying", "#state")
        web = stack.enter_context(Web(extractor.url, port=web.port))
        browser.wait_for_text("live", "#state")
        wait_for_more(browser, 0)
        assert browser.run("return document.body.dataset.same") == "yes", "the page was loaded again"


def test_continues_feed_after_restart_of_service(browser, directory):
    path = copy_sim_node(directory)
    with harness.Extractor(path, directory) as extractor, play(path), contextlib.ExitStack() as stack:
        extractor.wait_for_log("tracepoints to")
        web = stack.enter_context(Web(extractor.url))
        browser.open(web.url, "#/messages")
        browser.expect(*AWAY)
        harness.wait_until(lambda: browser.texts(".feed .row"), "events on the page")
        web.kill()
        browser.wait_for_text("retrying", "#sample")
        web = stack.enter_context(Web(extractor.url, port=web.port))
        browser.wait_for_text("events a second", "#sample")
        browser.run("document.querySelector('.feed .row').dataset.old = 'yes'")
        harness.wait_until(lambda: browser.run("return !document.querySelector('.feed .row').dataset.old"), "newer events on the page")
        browser.open(web.url, "#/health")  # before the service ends
