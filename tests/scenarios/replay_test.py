"""What is found live is found, byte for byte, when the recorded events are played again, at any speed."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

import harness
from peer_observer.proto.anomaly_pb2 import Anomaly
from scene import Detector
from sim_scenarios_test import FASTER, kinds

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "pipeline"))
from sim_node import copy_sim_node, play  # noqa: E402

LONG = os.environ.get("PEER_OBSERVER_LONG_TESTS") == "1"
# Kinds whose attacks take more than some seconds, though they are played faster: with PEER_OBSERVER_LONG_TESTS=1 only.
SLOW = {"addr_concentration", "addr_sink", "addr_unheard", "block_withhold", "eviction_pressure", "first_announcer", "inbound_drop", "slot_hold",
        "slot_turnover", "spy_peer"}


def attacks():
    """(kind, speed) of each, and the thresholds of time that go with the speeds. One kind comes twice."""
    chosen = [kind for kind in kinds() if LONG or kind not in SLOW]
    options = ["--close-after", 3, "--update-every", 1]
    for kind in chosen:
        words = FASTER.get(kind, (1,))[1:]
        options += [word for name, value in zip(words[::2], words[1::2]) if name != "--disable" for word in (name, value)]
    return [(kind, FASTER.get(kind, (5,))[0]) for kind in (*chosen, chosen[0])], options


class Found:
    """The anomalies that a detector publishes: (time, bytes) each."""

    def __init__(self, detector):
        self.list = []
        self.reader = harness.Batches(detector.url, lambda _, event: self.list.append(
            (event.timestamp_ns, event.anomaly.SerializeToString(deterministic=True))))

    def kinds(self):
        return {Anomaly.FromString(anomaly).opened.kind for _, anomaly in self.list} - {""}

    def wait_for_all(self, detector, events):
        """All that follows from so many events."""
        def done():
            figures = [harness.metric(detector.metrics, f"peer_observer_{name}") for name in
                       ("detector_events_total", "detector_waiting_reports", "bus_published_events_total")]
            return figures[0] >= events and figures[1] == 0 and len(self.list) == figures[2]
        self.reader.wait_until(done, "all anomalies", 60)
        harness.wait_for_metric(detector.metrics, "peer_observer_detector_events_total", events)


@pytest.fixture(scope="module")
def recorded():
    """An archive of an attack of each kind, how many events it has, the detector's options, and what it found meanwhile."""
    harness.require_root()
    played, options = attacks()
    with harness.temporary_directory() as directory:
        path = copy_sim_node(directory)
        with harness.Extractor(path, directory) as extractor:
            archiver = harness.Program(harness.program("peer-observer-archiver"), "--directory", directory / "archive",
                                       "--source", extractor.url)
            with archiver, Detector(directory, extractor.url, options=options) as detector:
                archiver.wait_for_log("connected")
                found = Found(detector)
                with found.reader:
                    extractor.wait_for_log("tracepoints to")
                    fired = sum(play(path, "--attack", kind, "--speed", speed)["fired"] for kind, speed in played)
                    found.wait_for_all(detector, fired)
                    assert found.kinds() >= {kind for kind, _ in played}
                    assert detector.stop() == 0
                assert archiver.stop() == 0
        yield directory / "archive", fired, options, found.list


@pytest.mark.parametrize("speed", ["1", "100", "max"])
def test_finds_the_same_in_replay(recorded, speed):
    # What the detector, one of several busy programs here, does not take in time it misses.
    most = ("--events-per-second", "50000") if speed == "max" else ()
    archive, events, options, expected = recorded
    with harness.temporary_directory() as directory:
        url = f"ipc://{directory}/replay"
        # Whoever listens to the detector has to be there before the replay, which begins when the detector is.
        with Detector(directory, url, options=options, waits=False) as detector:
            found = Found(detector)
            with found.reader, harness.Program(harness.program("peer-observer-archive"), "replay", "--listen", url,
                                               "--speed", speed, *most, archive) as replay:
                assert replay.wait(600) == 0
                found.wait_for_all(detector, events)
                assert detector.stop() == 0
        assert found.list == expected


def test_finds_the_same_in_archive(recorded):
    """As tests/corpora/replay reads it, which ends with status 1 where anything is found."""
    archive, events, options, expected = recorded
    (archive.parent / "counts.json").write_text(json.dumps({"corpus": "attacks"}))
    words = [f"--option={word}" for word in options]
    done = subprocess.run([sys.executable, "-B", pathlib.Path(__file__).parents[1] / "corpora/replay", *words, archive.parent],
                          capture_output=True, text=True)
    assert done.returncode == 1, done.stdout + done.stderr
    result, *opened = map(json.loads, done.stdout.splitlines())
    reports = [Anomaly.FromString(anomaly).opened for _, anomaly in expected]
    assert [(event["kind"], event["subject"]) for event in opened] == [(report.kind, report.subject) for report in reports if report.kind]
    assert (result["events"], result["anomalies"]) == (events, len(opened))
