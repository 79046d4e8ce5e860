"""The pages by keyboard, on a phone, in the dark, paused; numbers that JavaScript alone would round."""

import contextlib

import pytest

import harness
from browser import DESKTOP, PHONE
from sim_node import copy_sim_node
from web import Web

PAGES = ("#/", "#/node/test", "#/node/test/peer/latest/0", "#/messages", "#/anomalies", "#/blocks", "#/addresses", "#/health")
LONG = '{"a": 1790000000123456789, "b": [18446744073709551615, -9223372036854775808], "c": "1790000000123456789", "d": "\\\\\\":1790000000123456789,", "e": [1.5,0.06666666666666667,-1.2345678901234567e-17], "f": 9007199254740991}'


@pytest.fixture(scope="module")
def busy(loopback_only):
    """A node that plays until the end of the tests."""
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(harness.temporary_directory())
        path = copy_sim_node(directory)
        extractor = stack.enter_context(harness.Extractor(path, directory))
        extractor.wait_for_log("tracepoints to")
        web = stack.enter_context(Web(extractor.url))
        stack.enter_context(harness.Program(path, "--rate", 400, "--wait-for-attach", 1, "--only", "attached"))
        web.wait_for_events(800)
        yield web


def test_sorts_by_keyboard(browser, busy):
    from selenium.webdriver.common.keys import Keys
    browser.open(busy.url, "#/node/test")
    browser.find("tbody tr")
    browser.run("document.getElementById('peers-by-address').focus()")
    browser.press(Keys.TAB, Keys.ENTER)
    assert browser.focused() == "peers-by-as"
    assert browser.run("return document.getElementById('peers-by-as').closest('th').getAttribute('aria-sort')") == "ascending"
    browser.press(Keys.SPACE)
    assert browser.run("return document.getElementById('peers-by-as').closest('th').getAttribute('aria-sort')") == "descending"


def test_opens_and_closes_message_by_keyboard(browser, busy):
    from selenium.webdriver.common.keys import Keys
    peer = max(busy.api("/nodes/test")["peers"], key=lambda peer: peer["messages_in"])["peer_id"]
    browser.open(busy.url, f"#/node/test/peer/latest/{peer}")
    browser.find(".rows .row")
    browser.click("#follow")
    before = browser.run("const row = [...document.querySelectorAll('button.message')].at(-1); row.focus(); return row.id")
    browser.press(Keys.ENTER)
    browser.find("#drawer dl.tree")
    assert browser.focused() == "drawer"
    browser.press(Keys.ESCAPE)
    assert browser.focused() == before
    assert not browser.find("#drawer").is_displayed()


def test_jumps_to_content_with_first_key(browser, busy):
    from selenium.webdriver.common.keys import Keys
    browser.open(busy.url)
    browser.find("article")
    browser.run("document.getElementById('skip').focus()")
    browser.press(Keys.ENTER)
    assert browser.focused() == "content"
    assert browser.driver.current_url == busy.url + "/#/"


@pytest.mark.parametrize("dark", [False, True])
def test_fits_on_phone(browser, busy, dark):
    browser.resize(PHONE, dark)
    for page in PAGES:
        browser.open(busy.url, page)
        browser.find("main h1")
        browser.wait_for_text("live", "#state")
        wide, seen = browser.run("return [document.documentElement.scrollWidth, innerWidth]")
        assert wide <= seen, page
    lightness = browser.run("return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).reduce((sum, part) => sum + Number(part), 0) / 3")
    assert (lightness < 60) if dark else (lightness > 200)
    browser.resize(DESKTOP)


@pytest.mark.parametrize("dark", [False, True])
def test_has_readable_contrast(browser, busy, dark):
    """WCAG 2: 4.5 to 1 for text."""
    browser.resize(DESKTOP, dark)
    browser.open(busy.url)
    ratios = browser.run("""
        const style = getComputedStyle(document.documentElement);
        const light = (name) => {
            const [r, g, b] = style.getPropertyValue(name).trim().match(/[0-9a-f]{2}/gi).map((part) => parseInt(part, 16) / 255)
                .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        return Object.fromEntries(['--ink', '--quiet', '--accent', '--in', '--out', '--good', '--warn', '--bad'].map((name) => {
            const [a, b] = [light(name), light('--panel')].sort((x, y) => y - x);
            return [name, (a + 0.05) / (b + 0.05)];
        }));""")
    browser.resize(DESKTOP)
    assert min(ratios.values()) >= 4.5, ratios


def test_names_every_control(browser, busy):
    for page in PAGES:
        browser.open(busy.url, page)
        browser.find("main h1")
        assert browser.run("""return [...document.querySelectorAll('main input, main select, main button, main [role=img], main [role=group]')]
            .filter((control) => !(control.labels?.length || control.getAttribute('aria-label') || control.textContent.trim())).map((control) => control.outerHTML)""") == []
        ids = browser.run("return [...document.querySelectorAll('[id]')].map((element) => element.id)")
        assert len(ids) == len(set(ids))


def test_pauses_feed_and_continues(browser, busy):
    browser.open(busy.url, "#/messages")
    browser.wait_for_text("Sampled: ", "#sample")  # about 50 of them: a second is not exact
    browser.find(".feed .row")
    browser.click("#pause")
    first = browser.run("return document.querySelector('.feed .row').textContent")
    browser.wait_for_text("newer)", "#pause")
    assert browser.run("return document.querySelector('.feed .row').textContent") == first
    browser.click("#pause")
    harness.wait_until(lambda: browser.run("return document.querySelector('.feed .row').textContent") != first, "newer events")
    assert len(browser.texts(".feed .row")) <= 200


def test_changes_selection_without_reload(browser, busy):
    browser.open(busy.url, "#/messages")
    field = browser.find("#select-message_type")
    field.send_keys("ping, pong\n")
    harness.wait_until(lambda: set(browser.texts(".feed .type")) == {"ping", "pong"}, "the selection")
    assert browser.driver.current_url.endswith("#/messages?message_type=ping&message_type=pong")


def test_says_why_selection_is_refused(browser, busy):
    browser.expect("status of 400")
    browser.open(busy.url, "#/messages?kind=nonsense")
    browser.wait_for_text("nonsense", "#select-kind-problem")
    browser.wait_for_text("not valid", "#sample")


def test_keeps_every_digit_of_numbers(browser, busy):
    browser.open(busy.url)
    copied = browser.run("const { parse, stringify } = await import('/lib/json.js'); return stringify(parse(given[0]))", LONG)
    assert copied == LONG.replace(": ", ":").replace(", \"", ",\"").replace("[18446744073709551615, ", "[18446744073709551615,")
    assert browser.run("const { parse, nanosecondsBetween } = await import('/lib/json.js');"
                       "const { a } = parse(given[0]); return nanosecondsBetween(a, a + 1n)", LONG) == 1


def test_sends_strict_policy(busy):
    import urllib.request
    with urllib.request.urlopen(busy.url + "/") as page:
        policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "style-src 'self'" in policy
    assert "unsafe" not in policy


def test_shows_the_public_what_it_may_see(browser, busy):
    with Web(busy.source, options=("--access", "public")) as web:
        web.wait_for_log("connected")
        secret = busy.api("/nodes/test")["peers"][0]["address"]
        browser.load(web.url, "#/node/test")
        browser.find("#groups-by-type")
        harness.wait_until(lambda: browser.table("groups-by-type"), "peers by type")
        for page in ("#/", "#/node/test", "#/blocks", "#/health"):
            browser.open(web.url, page)
            browser.find("main h1")
            browser.wait_for_text("live", "#state")
            assert secret not in browser.run("return document.documentElement.outerHTML")
        assert browser.take_errors() == []
        assert browser.texts("#pages a") == ["Fleet", "Blocks", "Health"]
        assert "undefined" not in browser.text()
        for page in ("#/messages", "#/node/test/peer/latest/0", "#/anomalies", "#/addresses"):
            browser.expect("status of 403")
            browser.open(web.url, page)
            browser.wait_for_text("does not show this to the public")
        browser.open(web.url)
        browser.find("article")
        browser.driver.get("about:blank")  # before the service ends, which the page asks again and again


def select(browser, name, value):
    browser.run("const field = document.getElementById(`select-${given[0]}`); field.value = given[1]; field.dispatchEvent(new Event('change'))", name, value)


def test_selects_by_terms_of_logger(browser, busy):
    browser.load(busy.url, "#/messages")
    browser.find(".feed .row")
    select(browser, "select", "kind=message.inbound,message_type=inv or kind=mempool.added")
    def types():
        return set(browser.texts(".feed .type"))
    harness.wait_until(lambda: types() == {"inv", "mempool.added"}, "only what is selected")
    assert browser.driver.current_url.count("select=") == 2
    browser.load(busy.url, browser.driver.current_url.partition("/#")[2].join(("#", "")))
    harness.wait_until(lambda: types() == {"inv", "mempool.added"}, "the same from the address of the page")
    assert browser.run("return document.getElementById('select-select').value") == "kind=message.inbound,message_type=inv or kind=mempool.added"
    assert "select=" in browser.find("#report").get_attribute("href")


def test_has_field_for_every_key_of_selections(browser, busy):
    browser.load(busy.url, "#/messages")
    browser.find(".feed .row")
    keys = busy.api("/about")["selection_keys"]
    assert {"network", "hash"} < set(keys)
    assert browser.run("return [...document.querySelectorAll('form [name]')].map((field) => field.name)") == ["node", *keys, "select"]
    for key in keys:
        assert key in browser.run("return document.querySelector('details.note').textContent")
    select(browser, "hash", "ab")
    browser.expect("status of 400")
    browser.wait_for_text("64", "#select-hash-problem")


def test_shows_what_is_wrong_beside_field(browser, busy):
    browser.load(busy.url, "#/messages")
    browser.find(".feed .row")
    for name, value, words in (("select", "kind=nonsense", "no kind of event is named 'nonsense'"), ("message_type", "muchtoolongforone", "at most 12 characters"), ("peer", "x", "'x' is no number for 'peer'")):
        browser.expect("status of 400")
        select(browser, name, value)
        browser.wait_for_text(words, f"#select-{name}-problem")
        assert browser.find(f"#select-{name}").get_attribute("aria-invalid") == "true"
        assert browser.run("return document.querySelectorAll('main .error').length") == 0
        select(browser, name, "")
        harness.wait_until(lambda: browser.text(f"#select-{name}-problem") == "" and browser.texts(".feed .row"), "events again")
        assert browser.find(f"#select-{name}").get_attribute("aria-invalid") is None
        assert browser.take_errors() == []
