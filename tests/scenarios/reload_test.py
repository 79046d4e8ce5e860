"""Thresholds in a config file, and SIGHUP."""

import pathlib
import signal
import subprocess
import sys

import harness
from scene import Detector

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "pipeline"))
from sim_node import copy_sim_node, play  # noqa: E402


def flood(detector, program, strength):
    """Pings of 203.0.113.66, 120 in a minute at strength 1. Returns how much has been raised when they have been looked at."""
    seen = harness.metric(detector.metrics, "peer_observer_detector_events_total")
    fired = play(program, "--attack", "ping_flood", "--strength", strength)["fired"]
    harness.wait_until(lambda: harness.metric(detector.metrics, "peer_observer_detector_events_total") >= seen + fired, "events")
    return sum(harness.metric(detector.metrics, f"peer_observer_detector_{name}") for name in ("waiting_reports", "anomalies_total"))


def test_reloads_thresholds_and_ignores_mistakes():
    harness.require_root()
    with harness.temporary_directory() as directory:
        path = copy_sim_node(directory)
        config = directory / "detector.conf"
        config.write_text("[ping_flood]\npings = 1000\n")
        with harness.Extractor(path, directory) as extractor, \
                Detector(directory, extractor.url, options=("--config", config)) as detector, \
                harness.Events(detector.url) as anomalies:
            extractor.wait_for_log("tracepoints to")
            assert flood(detector, path, 1) == 0
            config.write_text("[ping_flood]\npings = many\n")
            detector.signal(signal.SIGHUP)
            detector.wait_for_log("stay as they were")
            assert flood(detector, path, 1) == 0
            config.write_text("[ping_flood]\npings = 50\n")
            detector.signal(signal.SIGHUP)
            detector.wait_for_log("were read again")
            flood(detector, path, 1)
            event = anomalies.wait_for("anomaly.opened")
            assert event["kind"] == "ping_flood"
            assert event["nodes"][0]["figures"][0]["threshold"] == 50
            assert detector.stop() == 0


def test_reloads_known_peers_and_ignores_a_bad_file():
    harness.require_root()
    with harness.temporary_directory() as directory:
        path = copy_sim_node(directory)
        known = directory / "known-peers"
        known.write_text("leave-out 203.0.113.66 our own monitor\n")
        with harness.Extractor(path, directory) as extractor, \
                Detector(directory, extractor.url, options=("--known-peers", known)) as detector, \
                harness.Events(detector.url) as anomalies:
            extractor.wait_for_log("tracepoints to")
            assert flood(detector, path, 2) == 0
            known.write_text("leave-out 203.0.113.66\n")
            detector.signal(signal.SIGHUP)
            line = detector.wait_for_log("stay as they were")
            assert str(known) in line and "line 1" in line
            assert flood(detector, path, 2) == 0
            known.write_text("mark 203.0.113.0/24 KIT\n")
            detector.signal(signal.SIGHUP)
            detector.wait_for_log("were read again")
            flood(detector, path, 2)
            event = anomalies.wait_for("anomaly.opened")
            assert (event["kind"], event["known_as"]) == ("ping_flood", "KIT")
            assert detector.stop() == 0


def test_exits_with_status_2_and_one_line_on_wrong_usage():
    for arguments in (("--disable", "nonsense"), ("--ping_flood.pings", "0"), ("--ping_flood.pings", "many"), ("--ping_flood.pongs", "3")):
        done = subprocess.run([harness.program("peer-observer-detector"), *arguments], capture_output=True, text=True, timeout=30)
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1
