"""Where the scenarios play: a node or sim_node, its extractor, the detector, and what the detector says."""

import contextlib
import json
import os
import pathlib
import time
import urllib.request

import harness


class Detector(harness.Program):
    """`waits`: until its source is there."""

    def __init__(self, directory, *urls, options=(), name="detector", waits=True):
        self.url = f"ipc://{directory}/{name}"
        self.metrics = f"127.0.0.1:{harness.free_port()}"
        sources = [word for url in urls for word in ("--source", url)]
        super().__init__(harness.program("peer-observer-detector"), *sources, "--listen", self.url,
                         "--metrics-address", self.metrics, *options)
        self.wait_for_log("connected" if waits else "publishing on")


class Watch:
    """What the detector has found so far."""

    def __init__(self, detector, anomalies):
        self._detector = detector
        self._anomalies = anomalies
        self.start = time.time()

    def begin(self):
        """The attack begins now."""
        self.start = time.time()

    def settle(self, events=0):
        """Waits until what follows from so many events has come."""
        def done():
            seen, waiting, published = (harness.metric(self._detector.metrics, f"peer_observer_{name}") for name in
                                        ("detector_events_total", "detector_waiting_reports", "bus_published_events_total"))
            return seen >= events and waiting == 0 and len(self._anomalies.list) == published
        harness.wait_until(done, "everything is published", 60)

    def opened(self):
        return [event for event in self._anomalies.list if event.kind == "anomaly.opened"]

    def highest(self):
        """How near to its threshold each kind has come."""
        name = "peer_observer_detector_highest_share_of_threshold"
        with urllib.request.urlopen(f"http://{self._detector.metrics}/metrics", timeout=30) as answer:
            lines = [line for line in answer.read().decode().splitlines() if line.startswith(name + "{")]
        return {line.split('"')[1]: float(line.rpartition(" ")[2]) for line in lines}

    def kinds(self):
        return {event["kind"] for event in self.opened()}

    def expect(self, kind, timeout=60):
        """Waits for it; says how long after the attack's start, by the events' clock, the alarm came."""
        event = self._anomalies.wait_for("anomaly.opened", where=lambda found: found["kind"] == kind, timeout=timeout)
        return event, event.time - self.start


@contextlib.contextmanager
def detecting(extractor, directory, *options):
    with Detector(directory, extractor.url, options=options) as detector, harness.Events(detector.url) as anomalies:
        yield Watch(detector, anomalies)
        assert detector.stop() == 0


def note(where, kind, event, seconds, others):
    """For the table of scenarios in the documentation."""
    write({"where": where, "kind": kind, "found": event is not None, "seconds": round(seconds, 1), "others": sorted(others)})


def note_margins(where, highest):
    """For the table of margins."""
    for kind, share in highest.items():
        write({"where": where, "kind": kind, "highest": share})


def write(row):
    """A line of JSON to the file that SCENARIO_RESULTS names."""
    path = os.environ.get("SCENARIO_RESULTS")
    if path:
        with pathlib.Path(path).open("a") as file:
            file.write(json.dumps(row) + "\n")
