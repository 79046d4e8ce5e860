"""A chromium without a window, which tells what is on a page and what is in its console."""

import shutil

import pytest

import harness

DESKTOP, PHONE = (1360, 860), (390, 844)
# What a browser does besides showing pages. There is no way out of the tests' network either (private_network.py).
QUIET = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-domain-reliability", "--no-first-run",
         "--disable-default-apps", "--disable-client-side-phishing-detection", "--no-pings", "--metrics-recording-only", "--no-default-browser-check")


def require_browser():
    """Skips where Debian's chromium, chromium-driver or python3-selenium is not installed."""
    pytest.importorskip("selenium", reason="no python3-selenium")
    for program in ("chromium", "chromedriver"):
        if not shutil.which(program):
            pytest.skip(f"no {program} on PATH")


class Browser:
    def __init__(self, directory, size=DESKTOP, dark=False):
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service

        # Ends with this process, even if that is killed.
        driver = directory / "chromedriver"
        driver.write_text(f'#!/bin/sh\nexec setpriv --pdeathsig KILL -- {shutil.which("chromedriver")} "$@"\n')
        driver.chmod(0o700)
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        # As root there is no sandbox; /dev/shm is small in containers.
        for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars", "--lang=en-US",
                         f"--user-data-dir={directory}/profile", *QUIET):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service(str(driver)), options=options)
        self.driver.set_script_timeout(harness.TIMEOUT)
        self.driver.set_page_load_timeout(harness.TIMEOUT)
        self.origin = None
        self.expected = ()
        self.resize(size, dark)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.quit()

    def resize(self, size=DESKTOP, dark=False):
        width, height = size
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == PHONE})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})

    def load(self, url, page="#/"):
        """`page` is the part behind the origin."""
        self.origin = url
        self.driver.get("about:blank")
        self.driver.get(f"{url}/{page}")

    def open(self, url, page="#/"):
        """As a link does, where the pages of this service are loaded already."""
        if self.origin != url or not self.driver.current_url.startswith(url) or not self.driver.find_elements("css selector", "#pages a"):
            return self.load(url, page)
        self.run("""
            const before = location.href;
            const opened = new Promise((resolve) => window.addEventListener('hashchange', resolve, { once: true }));
            location.hash = given[0];
            if (location.href === before) window.dispatchEvent(new HashChangeEvent('hashchange'));
            await opened;""", page)

    def run(self, script, *arguments):
        """What the function body returns; it may await."""
        answer = self.driver.execute_async_script(
            f"const done = arguments[arguments.length - 1]; (async (...given) => {{ {script} }})(...arguments)"
            ".then((value) => done({value}), (error) => done({error: String(error)}));", *arguments)
        assert "error" not in answer, answer["error"]
        return answer.get("value")

    def find(self, selector):
        """The first such element, once there is one."""
        return harness.wait_until(lambda: self.driver.find_elements("css selector", selector), f"{selector} on the page")[0]

    def click(self, selector):
        """In the middle of the window, where nothing covers it."""
        element = self.find(selector)
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def text(self, selector="main"):
        return self.run("return document.querySelector(given[0])?.innerText ?? ''", selector)

    def texts(self, selector):
        return self.run("return [...document.querySelectorAll(given[0])].map((element) => element.textContent)", selector)

    def wait_for_text(self, text, selector="main"):
        return harness.wait_until(lambda: text in self.text(selector), f"'{text}' in {selector}")

    def table(self, name):
        """[{label of a column: (text, title)}] of the table whose columns sort by buttons with this name."""
        return self.run("""
            const table = document.getElementById(given[0]).closest('table');
            const labels = [...table.tHead.rows[0].cells].map((cell) => cell.innerText.trim());
            return [...table.tBodies[0].rows].map((row) => Object.fromEntries([...row.cells].map((cell, index) =>
                [labels[index], [cell.textContent.trim(), cell.querySelector('[title]')?.getAttribute('title') ?? '']])));""", name)

    def facts(self, selector="main"):
        """{name: value} of the figures of a page."""
        return self.run("return Object.fromEntries([...document.querySelectorAll(`${given[0]} .facts > div`)].map((fact) => [fact.firstChild.textContent, fact.lastChild.textContent]))", selector)

    def press(self, *keys):
        from selenium.webdriver.common.action_chains import ActionChains
        ActionChains(self.driver).send_keys(*keys).perform()

    def focused(self):
        """The id of the element that has the keyboard's focus."""
        return self.run("return document.activeElement.id")

    def expect(self, *parts):
        """Errors of the console that the test itself causes, until take_errors()."""
        self.expected = parts

    def take_errors(self):
        """What the console has had since the last call, but for what was expected."""
        lines = [line["message"] for line in self.driver.get_log("browser") if line["level"] in ("SEVERE", "WARNING")]
        expected, self.expected = self.expected, ()
        return [line for line in lines if not any(part in line for part in expected)]

    def foreign_requests(self):
        """What this page has asked for at another place than the service."""
        asked = self.run("return performance.getEntriesByType('resource').map((entry) => entry.name)")
        return [url for url in asked if self.origin and not url.startswith(self.origin + "/")]
