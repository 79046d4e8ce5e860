"""The figures of each page are those of the events, as the logger prints them: a simulated node has played, and stands still."""

import collections
import contextlib
import json

import pytest

import harness
from sim_node import copy_sim_node, play
from web import Web

EVENTS = 6000


@pytest.fixture(scope="module")
def observed(loopback_only):
    """(web, events): all that sim_node did, on the bus and in the web service."""
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(harness.temporary_directory())
        path = copy_sim_node(directory)
        extractor = stack.enter_context(harness.Extractor(path, directory, "--raw-payloads", "all"))
        extractor.wait_for_log("tracepoints to")
        events = stack.enter_context(harness.Events(extractor.url))
        web = stack.enter_context(Web(extractor.url))
        web.wait_for_log("connected")
        play(path, "--seed", 7, "--events", EVENTS, "--rate", 3000, "--wait-for-attach", 1, "--only", "attached")
        harness.wait_until(lambda: len(events.list) >= EVENTS, "all events")
        web.wait_for_events(len(events.list))
        yield web, events.list


def messages_of(events):
    """{peer: [messages]}"""
    found = collections.defaultdict(list)
    for event in events:
        if event.kind in ("message.inbound", "message.outbound"):
            found[event["peer_id"]].append(event)
    return found


def busiest(events):
    """The peer with most messages among those that can still be asked for whole."""
    return max(messages_of(events).items(), key=lambda item: (len(item[1]) <= 150) * len(item[1]))


def number(text):
    return int(text.replace(",", ""))


def test_shows_height_peers_and_events_of_node(browser, observed):
    web, events = observed
    browser.open(web.url)
    browser.find("[data-figure=height]")
    facts = browser.facts()
    connected = [event for event in events if event.kind == "validation.block_connected"]
    assert number(facts["height"]) == connected[-1]["height"]
    assert number(facts["events"]) == len(events)
    assert facts["lost events"] == facts["missed events"] == "0"
    assert number(facts["peers"]) == len(web.api("/nodes/test")["peers"])


def test_lists_every_peer_with_its_messages(browser, observed):
    web, events = observed
    browser.open(web.url, "#/node/test")
    browser.find("#peers-filter")
    browser.find("tbody tr")
    shown = {int(row["peer"][0].split()[0]): row for row in browser.table("peers-by-peer")}
    ended = {event["peer_id"] for event in events if event.kind in ("connection.closed", "connection.evicted")}
    opened = {event["peer_id"]: event for event in events if event.kind in ("connection.inbound", "connection.outbound")}
    messages = messages_of(events)
    assert set(opened) <= set(shown)
    for peer, row in shown.items():
        inbound = sum(event.kind == "message.inbound" for event in messages[peer])
        assert row["messages"][1] == f"{inbound:,} in, {len(messages[peer]) - inbound:,} out", peer
        assert bool(row["peer"][0].split()[1:]) == (peer in ended), row["peer"]
        if peer in opened:
            assert row["address"][1] == opened[peer]["address"] and row["type"][0] == opened[peer]["connection_type"]
        versions = [event["payload"]["version"] for event in messages[peer] if event.kind == "message.inbound" and "version" in event.get("payload", {})]
        if versions and "user_agent" in versions[0]:
            assert row["user agent"][0] == versions[0]["user_agent"].strip()


def test_sorts_and_filters_peers(browser, observed):
    web, _ = observed
    browser.open(web.url, "#/node/test")
    browser.find("tbody tr")
    browser.click("#peers-by-messages")
    def totals():
        return [number(row["messages"][0]) for row in browser.table("peers-by-peer")]
    assert totals() == sorted(totals(), reverse=True) and len(totals()) > 5
    browser.click("#peers-by-messages")
    assert totals() == sorted(totals())
    browser.find("#peers-filter").send_keys("inbound")
    types = {row["type"][0] for row in browser.table("peers-by-peer")}
    assert types == {"inbound"}


def test_draws_a_lifetime_for_each_connection(browser, observed):
    web, _ = observed
    browser.open(web.url, "#/node/test")
    browser.find(".timeline .bar")
    answer = web.api("/nodes/test")
    assert len(browser.texts(".timeline .bar")) == len(answer["peers"]) + len(answer["gone"])


def test_shows_conversation_in_order_of_events(browser, observed):
    web, events = observed
    peer, messages = busiest(events)
    browser.open(web.url, f"#/node/test/peer/latest/{peer}")
    browser.find(".rows .row")
    shown = browser.run("return [...document.querySelectorAll('.rows .row')].map((row) => [row.dataset.id, row.querySelector('.type').textContent])")
    expected = [event for event in events if event.get("peer_id") == peer and event.kind != "message.processed"
                and event.kind.partition(".")[0] in ("message", "connection")]
    assert [row[0] for row in shown] == [f"{event.all['publisher']}-{event.sequence}" for event in expected][-len(shown):]
    assert [row[1] for row in shown] == [event.get("message_type", event.kind) for event in expected][-len(shown):]
    assert len(browser.texts(".rail .arrow")) == sum(event.kind.startswith("message") for event in expected[-len(shown):])
    figures = browser.facts()
    inbound = sum(event.kind == "message.inbound" for event in messages)
    assert figures["messages"] == f"{inbound:,} in, {len(messages) - inbound:,} out"


def test_joins_ping_and_pong_by_nonce(browser, observed):
    web, events = observed
    pairs = {}
    for peer, messages in messages_of(events).items():
        pings = {event["payload"]["ping"]["nonce"]: event for event in messages if "nonce" in event.get("payload", {}).get("ping", {})}
        for event in messages:
            ping = pings.get(event.get("payload", {}).get("pong", {}).get("nonce"))
            if ping and ping.kind != event.kind:
                pairs[peer] = (ping, event)
    peer, (ping, pong) = list(pairs.items())[-1]
    browser.open(web.url, f"#/node/test/peer/latest/{peer}")
    first, second = (f"{event.all['publisher']}-{event.sequence}" for event in (ping, pong))
    browser.find(f".bracket[data-from='{first}'][data-to='{second}']")
    took = browser.run("const { duration } = await import('/lib/format.js'); return duration(given[0])", pong.all["timestamp_ns"] - ping.all["timestamp_ns"])
    assert browser.text(f".row[data-id='{second}'] .pairs").split("\n")[0] == f"↑ {took}"
    browser.click(f".row[data-id='{second}'] .pair")
    assert browser.focused() == f"m-{first}"


def test_opens_message_to_all_fields_and_raw_bytes(browser, observed):
    web, events = observed
    peer, messages = busiest(events)
    event = next(event for event in reversed(messages) if event.get("raw") and event.get("payload"))
    browser.open(web.url, f"#/node/test/peer/latest/{peer}")
    browser.click(f"[id='m-{event.all['publisher']}-{event.sequence}']")
    browser.wait_for_text("message_type", "#drawer")
    browser.find("#drawer .dump")
    text = browser.text("#drawer")
    shown = browser.texts("#drawer dl.tree > dt")
    assert set(event.all) | set(event.fields) <= set(shown)
    assert str(event.all["timestamp_ns"]) in text and event.all["publisher"] in text
    dumped = "".join("".join(line[8:56].split()) for line in browser.texts("#drawer .dump")[0].split("\n"))
    assert event["raw"].startswith(dumped) and dumped


def test_selects_messages_as_the_logger(browser, observed):
    web, events = observed
    browser.open(web.url, "#/messages?message_type=ping&direction=inbound")
    pings = [event for event in events if event.kind == "message.inbound" and event["message_type"] == "ping"]
    harness.wait_until(lambda: browser.texts(".feed .row"), "events of the past")
    assert set(browser.texts(".feed .type")) == {"ping"}
    nonces = [event["payload"]["ping"]["nonce"] for event in reversed(pings) if "nonce" in event.get("payload", {}).get("ping", {})]
    words = browser.texts(".feed .words")
    assert [word for word in words if "nonce" in word] and nonces[0] in " ".join(words)
    assert browser.run("return document.getElementById('select-message_type').value") == "ping"


def test_scrolls_back_and_copies_exact_json(browser, observed):
    web, events = observed
    browser.open(web.url, "#/messages")
    harness.wait_until(lambda: len(browser.texts(".feed .row")) == 100, "the latest events")
    browser.click("#older")
    harness.wait_until(lambda: len(browser.texts(".feed .row")) == 200, "older events")
    assert browser.text("#pause") == "Continue"
    browser.driver.execute_cdp_cmd("Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": web.url})
    browser.click("#copy")
    browser.wait_for_text("Copied", "#copy")
    copied = [json.loads(line) for line in browser.run("return navigator.clipboard.readText()").split("\n")]
    assert copied == [event.all for event in events[-200:]]


def test_names_first_announcer_of_block(browser, observed):
    web, events = observed
    block = next(block for block in web.api("/blocks")["blocks"] if block["announcer_count"])["hash"]
    browser.open(web.url, "#/blocks")
    browser.find("#blocks-by-hash")
    connected = [event["hash"] for event in events if event.kind == "validation.block_connected"]
    harness.wait_until(lambda: {row["hash"][1] for row in browser.table("blocks-by-hash")} == set(connected[-100:]), "the blocks that the node connected, and no others")
    browser.click(f"a[href='#/block/{block}']")
    browser.find("#on-test-by-after")
    rows = browser.table("on-test-by-after")
    def announces(event):
        payload = event.get("payload") or {}
        listed = [item["hash"] for item in payload.get("inv", {}).get("items", [])] + [header["hash"] for header in payload.get("headers", {}).get("headers", [])]
        return block in listed + [payload.get("cmpctblock", {}).get("header", {}).get("hash"), payload.get("block", {}).get("header", {}).get("hash")]
    first = next(event for event in events if event.kind.startswith("message.") and announces(event))
    assert rows[0]["peer"][1] == first["address"]
    assert rows[0]["by"][0] == first["message_type"]


def test_counts_announced_addresses(browser, observed):
    web, events = observed
    browser.open(web.url, "#/addresses")
    browser.find("[data-figure=announcements]")
    announced = [address for event in events if event.kind == "message.inbound" for kind in ("addr", "addrv2")
                 for address in (event.get("payload") or {}).get(kind, {}).get("addresses", [])]
    assert number(browser.text("[data-figure=announcements]")) == len(announced)
    by_network = {row["network"][0]: number(row["announcements"][0]) for row in browser.table("networks-by-network")}
    assert sum(by_network.values()) == len(announced)
    assert by_network["IPv4"] == sum(address.get("network") == "IPV4" for address in announced)


def test_shows_health_of_sources(browser, observed):
    web, events = observed
    browser.open(web.url, "#/health")
    browser.find("[data-figure=sources]")
    assert browser.text("[data-figure=sources]") == "1 of 1"
    assert number(browser.text("[data-figure=events]")) == len(events)
    [publisher] = browser.table("publishers-by-node")
    assert publisher["publisher"][0] == events[0].all["publisher"]
    assert number(publisher["next sequence"][0]) == events[-1].sequence + 1
