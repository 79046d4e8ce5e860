"""peer-observer-web, and its API."""

import json
import urllib.request

import harness


class Web(harness.Program):
    def __init__(self, *urls, port=None, options=()):
        self.port = port or harness.free_port()
        self.source = next(iter(urls), None)
        self.url = f"http://127.0.0.1:{self.port}"
        sources = [word for url in urls for word in ("--source", url)]
        super().__init__(harness.program("peer-observer-web"), *sources, "--http-address", f"127.0.0.1:{self.port}", *options)
        self.wait_for_log("serving on")

    def api(self, path):
        with urllib.request.urlopen(f"{self.url}/api/v1{path}", timeout=harness.TIMEOUT) as answer:
            return json.load(answer)

    def wait_for_events(self, count):
        """Until its state has so many."""
        harness.wait_until(lambda: self.api("/health")["bus"]["events"] >= count, f"{count} events in the web service")
