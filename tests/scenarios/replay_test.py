"""What is found live is found, byte for byte, when the recorded events are played again, at any speed."""

import pathlib
import sys

import pytest

import harness
from scene import Detector

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "pipeline"))
from sim_node import copy_sim_node, play  # noqa: E402

OPTIONS = ("--close-after", 3, "--update-every", 1, "--block_stall.unanswered_s", 1)
ATTACKS = (("addr_flood", 1), ("ping_flood", 1), ("tx_probe", 1), ("block_stall", 120), ("connection_churn", 10), ("inv_flood", 1),
           ("sybil", 1), ("addr_flood", 1), ("addr_unshared", 1), ("tx_pinning", 1), ("outbound_concentration", 1), ("replacement_cycling", 20),
           ("upload_drain", 1), ("useless_messages", 1), ("request_repeat", 10), ("slot_takeover", 300))


class Found:
    """The anomalies that a detector publishes: (time, bytes) each."""

    def __init__(self, detector):
        self.list = []
        self.reader = harness.Batches(detector.url, lambda _, event: self.list.append(
            (event.timestamp_ns, event.anomaly.SerializeToString(deterministic=True))))


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
    """An archive of several attacks, how many events it has, and what the detector found meanwhile."""
    harness.require_root()
    with harness.temporary_directory() as directory:
        path = copy_sim_node(directory)
        with harness.Extractor(path, directory) as extractor:
            archiver = harness.Program(harness.program("peer-observer-archiver"), "--directory", directory / "archive",
                                       "--source", extractor.url)
            with archiver, Detector(directory, extractor.url, options=OPTIONS) as detector:
                archiver.wait_for_log("connected")
                found = Found(detector)
                with found.reader:
                    extractor.wait_for_log("tracepoints to")
                    fired = sum(play(path, "--attack", kind, "--speed", speed)["fired"] for kind, speed in ATTACKS)
                    found.wait_for_all(detector, fired)
                    assert len(found.list) > len(ATTACKS)
                    assert detector.stop() == 0
                assert archiver.stop() == 0
        yield directory / "archive", fired, found.list


@pytest.mark.parametrize("speed", ["1", "100", "max"])
def test_finds_the_same_in_replay(recorded, speed):
    archive, events, expected = recorded
    with harness.temporary_directory() as directory:
        url = f"ipc://{directory}/replay"
        # Whoever listens to the detector has to be there before the replay, which begins when the detector is.
        with Detector(directory, url, options=OPTIONS, waits=False) as detector:
            found = Found(detector)
            with found.reader, harness.Program(harness.program("peer-observer-archive"), "replay", "--listen", url,
                                               "--speed", speed, archive) as replay:
                assert replay.wait(120) == 0
                found.wait_for_all(detector, events)
                assert detector.stop() == 0
        assert found.list == expected
