#!/usr/bin/env -S PATH=/usr/bin:${PATH} python3
"""Measures what the live feed costs a browser: the node sends 5,000 messages a second, the page shows a sample of them.

    bench/web_frames.py --build build/bench --seconds 20

As root. Prints a table: how far apart frames are, and how much of each the page's own thread works. A browser draws 60 frames a second:
at 16 ms of work a frame would be late.
"""

import argparse
import os
import pathlib
import re
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
RATES = (50, 100)  # events a second that are shown: the default, and the most that the page offers
MEASURE = """
const end = performance.now() + given[0] * 1000;
const apart = [];
let before;
await new Promise((resolve) => {
    const frame = (now) => {
        if (before !== undefined) apart.push(now - before);
        before = now;
        now < end ? requestAnimationFrame(frame) : resolve();
    };
    requestAnimationFrame(frame);
});
return apart;"""


def shown_and_matched(browser):
    """Of the latest second, as the page says."""
    found = re.search(r"([\d,]+) of ([\d,]+) events", browser.text("#sample"))
    return tuple(int(number.replace(",", "")) for number in found.groups()) if found else (0, 0)


def task_seconds(browser):
    browser.driver.execute_cdp_cmd("Performance.enable", {})
    return {one["name"]: one["value"] for one in browser.driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]}["TaskDuration"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True, metavar="DIR")
    parser.add_argument("--seconds", type=float, default=20, help="for each row (default: %(default)s)")
    options = parser.parse_args()
    os.environ["PEER_OBSERVER_BUILD"] = str(options.build.resolve())
    sys.path[1:1] = [str(ROOT / "tests"), str(ROOT / "tests/web"), str(ROOT / "tests/pipeline")]
    import harness
    import private_network
    from browser import Browser
    from sim_node import copy_sim_node
    from web import Web

    private_network.enter()
    print("| shown per second | messages per second | frames apart, median | 99th percentile | work per frame |\n| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        path = copy_sim_node(directory)
        with harness.Extractor(path, directory) as extractor, Web(extractor.url) as web, Browser(directory) as browser:
            extractor.wait_for_log("tracepoints to")
            with harness.Program(path, "--rate", 5000, "--repeat", 50000, "--wait-for-attach", 1, "--only", "attached"):
                browser.driver.set_script_timeout(options.seconds + 60)
                for rate in RATES:
                    browser.open(web.url, "#/messages")
                    browser.wait_for_text("Sampled", "#sample")
                    browser.run("const rate = document.getElementById('rate'); rate.value = given[0]; rate.dispatchEvent(new Event('change'))", str(rate))
                    harness.wait_until(lambda: shown_and_matched(browser)[0] > 0.9 * rate, f"{rate} events a second on the page")
                    before = task_seconds(browser)
                    apart = sorted(browser.run(MEASURE, options.seconds))
                    work = (task_seconds(browser) - before) / len(apart)
                    shown, matched = shown_and_matched(browser)
                    print(f"| {shown:,} | {matched:,} | {apart[len(apart) // 2]:.1f} ms | {apart[int(len(apart) * 0.99)]:.1f} ms | {1000 * work:.1f} ms |", flush=True)


if __name__ == "__main__":
    main()
