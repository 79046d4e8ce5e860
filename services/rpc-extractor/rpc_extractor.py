"""The program, with its figures, for tests against rpc_server.py."""

import re
import urllib.request

import built_services
import harness

METHODS = built_services.rpc_methods()
VICTIM = "getmempoolinfo"
ERRORS = "peer_observer_rpc_extractor_errors_total"


class RpcExtractor(harness.Program):
    """Calls `methods` ten times a second, and no others."""

    def __init__(self, directory, server, *options, methods=("uptime", VICTIM), credentials=None, address=None):
        self.url = f"ipc://{directory}/bus"
        disabled = [word for name in METHODS if name not in methods for word in ("--disable", name)]
        intervals = [word for name in methods for word in ("--interval", f"{name}=0.1")]
        super().__init__(
            harness.program("peer-observer-rpc-extractor"), "--rpc-address", address or server.address,
            *(credentials or ("--cookie-file", server.cookie_file)), "--listen", self.url, "--node", "alpha",
            "--metrics-address", "127.0.0.1:0", *disabled, *intervals, *options)
        self.metrics = re.search(r"http://([\d.:]+)/", self.wait_for_log("metrics on"))[1]

    def page(self):
        with urllib.request.urlopen(f"http://{self.metrics}/metrics", timeout=harness.TIMEOUT) as answer:
            return answer.read().decode()

    def value(self, name, **labels):
        """Of the series with these labels; 0 if there is none."""
        text = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
        found = re.search(rf"^{re.escape(f'{name}{{{text}}}')} (\S+)$", self.page(), re.MULTILINE)
        return float(found[1]) if found else 0

    def errors(self, cause, method=VICTIM):
        return self.value(ERRORS, method=method, cause=cause)

    def wait_for_errors(self, cause, count=1, method=VICTIM):
        harness.wait_until(lambda: self.errors(cause, method) >= count, f"{count} errors {cause} of {method}")
