"""The p2p-extractor, on regtest and with short times."""

import re

import harness

CONNECTIONS = "peer_observer_p2p_extractor_connections"


class P2pExtractor(harness.Program):
    def __init__(self, directory, *options, interval=0.2, retry=0.2):
        self.url = f"ipc://{directory}/p2p-bus"
        super().__init__(
            harness.program("peer-observer-p2p-extractor"), "--chain", "regtest", "--listen", self.url, "--node", "alpha",
            "--ping-interval", interval, "--retry", retry, "--metrics-address", "127.0.0.1:0", *options)
        self.metrics = re.search(r"http://([\d.:]+)/", self.wait_for_log("metrics on"))[1]

    def port(self, node="alpha"):
        """On which it waits for a node."""
        return int(re.search(r":(\d+)$", self.wait_for_log(f"{node}: listening for the node on"))[1])

    def figure(self, name, **labels):
        """The sum of a metric's series that have these labels."""
        def found():
            return [float(line.rpartition(" ")[2]) for line in harness.metrics_text(self.metrics).splitlines()
                    if line.startswith(f"peer_observer_p2p_extractor_{name}{{") and all(f'{key}="{value}"' in line for key, value in labels.items())]
        return sum(harness.wait_until(found, f"{name} {labels}"))

    def ended(self, reason):
        return self.figure("ended_total", reason=reason)
