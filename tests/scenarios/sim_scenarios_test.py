"""Every kind of anomaly through the whole pipeline: sim_node's probes, extractor, detector. Needs no Bitcoin Core."""

import pathlib
import subprocess
import sys

import pytest

import harness
from autonomous_systems import asmap_file
from scene import Detector, detecting, note

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "pipeline"))
from sim_node import copy_sim_node, play  # noqa: E402

# How many times as fast as it would be, and thresholds of time that go with it.
FASTER = {
    "spy_peer": (1_000, "--spy_peer.duration_s", 3.6),
    "addr_unheard": (10_000, "--addr_unheard.learn_s", 5, "--disable", "addr_flood"),  # Core's limit goes by a clock that is not so fast
    "slot_hold": (20, "--slot_hold.patience_s", 0.2),
    "slot_turnover": (200, "--slot_turnover.long_s", 0.2, "--connection_churn.short_s", 0.1),
    "block_withhold": (30, "--block_withhold.patience_s", 1),
    "first_announcer": (1_000,),
    "addr_concentration": (1_000, "--disable", "addr_flood"),  # as for addr_unheard
    "slot_takeover": (200,),
    "replacement_cycling": (20,),
    "addr_sink": (200, "--disable", "addr_flood"),  # likewise
    "block_stall": (60, "--block_stall.unanswered_s", 2),
    "inbound_drop": (20, "--inbound_drop.lasts_s", 2),
    "inv_backlog": (10,),
    "connection_churn": (5,),
    "cpu_dos": (10,),
    "eviction_pressure": (100, "--eviction_pressure.learn_s", 30),
    "getaddr_fingerprint": (10,),
}


def kinds():
    """As the detector lists them."""
    listing = subprocess.run([harness.program("peer-observer-detector"), "--list-thresholds"], check=True, capture_output=True, text=True)
    rows = [line.split("`")[1].split(".")[0] for line in listing.stdout.splitlines() if line.startswith("| `")]
    return [kind for kind in dict.fromkeys(rows) if kind != "addr_dead"]  # no probe says that a node does not answer


@pytest.mark.parametrize("kind", kinds())
def test_finds_attack_and_nothing_else(kind):
    harness.require_root()
    speed, *options = FASTER.get(kind, (1,))
    with harness.temporary_directory() as directory:
        path = copy_sim_node(directory)
        with harness.Extractor(path, directory) as extractor, detecting(extractor, directory, *options) as watch:
            extractor.wait_for_log("tracepoints to")
            watch.begin()
            fired = play(path, "--attack", kind, "--speed", speed)["fired"]
            event, seconds = watch.expect(kind)
            watch.settle(fired)
            assert watch.kinds() == {kind}
            note("sim_node", kind, event, seconds, watch.kinds() - {kind})
            assert event["nodes"][0]["node"] == "test"
            assert event["nodes"][0]["evidence"]


def test_finds_operator_of_many_prefixes_by_as():
    """Made after LinkingLion: short connections from 40 prefixes, none of which is enough for a site or a netgroup."""
    harness.require_root()
    with harness.temporary_directory() as directory:
        path = copy_sim_node(directory)
        asmap, names = directory / "asmap.dat", directory / "names.tsv"
        asmap.write_bytes(asmap_file.encode({"11.0.0.0/8": 64500, "240.0.0.0/5": 64501, "248.0.0.0/5": 64502}))
        names.write_text("64500\tLion, Inc.\n")
        with harness.Extractor(path, directory) as extractor, \
                detecting(extractor, directory, "--asmap", asmap, "--asmap-names", names) as watch, \
                Detector(directory, extractor.url, name="without") as without, harness.Events(without.url) as found_without:
            extractor.wait_for_log("tracepoints to")
            fired = play(path, "--attack", "connection_churn", "--spread", "--speed", 20)["fired"]
            event, _ = watch.expect("connection_churn")
            watch.settle(fired)
            assert {(found["kind"], found["subject"]) for found in watch.opened()} == {("connection_churn", "AS64500")}
            assert event["subject_name"] == "Lion, Inc."
            assert event["description"].startswith("AS64500 (Lion, Inc.) ")
            assert {peer["mapped_as"] for peer in event["nodes"][0]["peers"]} == {64500}

            def seen():
                return harness.metric(without.metrics, "peer_observer_detector_events_total")
            harness.wait_until(lambda: seen() >= fired, "the other detector has seen the same", 60)
            # It sees that there are many, and not whose they are.
            alone = found_without.wait_for("anomaly.opened")
            assert (alone["kind"], alone["subject"]) == ("connection_churn", "node test")
            harness.wait_until(lambda: harness.metric(without.metrics, "peer_observer_detector_waiting_reports") == 0, "all reports are published")
            assert {event["subject"] for event in found_without.list if event.kind == "anomaly.opened"} == {"node test"}
            assert without.stop() == 0


def test_raises_nothing_for_ordinary_session():
    """At a pace that a node may have. Its clock stands at a day of its own: all peers and addresses seem to be wrong."""
    harness.require_root()
    with harness.temporary_directory() as directory:
        path = copy_sim_node(directory)
        with harness.Extractor(path, directory) as extractor, \
                detecting(extractor, directory, "--disable", "time_skew", "--disable", "addr_impossible") as watch:
            extractor.wait_for_log("tracepoints to")
            watch.settle(play(path, "--seed", 3, "--rate", 100, "--duration", 20)["fired"])
            assert watch.opened() == []
