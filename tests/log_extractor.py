"""The log-extractor of a node, for tests."""

import re

import harness


class LogExtractor(harness.Program):
    def __init__(self, log, directory, *options):
        self.url = f"ipc://{directory}/log-bus"
        super().__init__(harness.program("peer-observer-log-extractor"), "--debug-log", log, "--listen", self.url, "--node", "test",
                         "--metrics-address", "127.0.0.1:0", *options)
        self.metrics = re.search(r"http://([\d.:]+)/", self.wait_for_log("metrics on"))[1]
