"""--webhook: what is found is posted as JSON, and retried where the server does not take it."""

import http.server
import json
import pathlib
import sys
import threading

import harness
from scene import Detector

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "pipeline"))
from sim_node import copy_sim_node, play  # noqa: E402


class Server(http.server.ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.refused = 0
        self.taken = []


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.refused < 2:
            self.server.refused += 1
            self.send_response(503)
        else:
            assert self.headers["Content-Type"] == "application/json"
            self.server.taken.append(json.loads(body))
            self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def test_posts_anomaly_until_accepted():
    harness.require_root()
    with harness.temporary_directory() as directory, Server() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            path = copy_sim_node(directory)
            url = f"http://127.0.0.1:{server.server_address[1]}/anomalies"
            with harness.Extractor(path, directory) as extractor, Detector(directory, extractor.url, options=("--webhook", url)) as detector:
                extractor.wait_for_log("tracepoints to")
                play(path, "--attack", "addr_flood")
                harness.wait_until(lambda: server.taken, "a report", 60)
                assert server.refused == 2
                report = server.taken[0]
                assert report["kind"] == "anomaly.opened"
                assert report["event"]["kind"] == "addr_flood"
                assert report["event"]["nodes"][0]["figures"]
                assert harness.metric(detector.metrics, "peer_observer_detector_webhook_posts_total") >= 1
                harness.wait_for_metric(detector.metrics, "peer_observer_detector_webhook_retries_total", 2)
                detector.wait_for_log("webhook: HTTP status 503, retrying")
        finally:
            server.shutdown()
            thread.join()
