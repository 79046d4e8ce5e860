"""A real node, the extractor and the log-extractor: an anomaly about blocks says why the node refused the block, in the words of its log."""

import contextlib
import pathlib
import sys
import time

import harness
import p2p
from hostile_peers import chain, messages
from log_extractor import LogExtractor
from p2p import Peer
from scene import Detector

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "bitcoind"))
from node import Node, copy_binary, require_bitcoind  # noqa: E402

MUTATED, GREEDY, SILENT, PULSE = (f"127.66.{number}.2" for number in range(4))
OPTIONS = ("--block_stall.unanswered_s", 2, "--close-after", 4, "--update-every", 1)


@contextlib.contextmanager
def observed():
    """(node, anomalies): by two publishers of one name."""
    require_bitcoind()
    with harness.temporary_directory() as directory, contextlib.ExitStack() as stack:
        binary = copy_binary(directory)
        node = Node(directory / "node", binary, "-debug=net", "-debug=validation")
        extractor = stack.enter_context(harness.Extractor(binary, directory))
        log_extractor = stack.enter_context(LogExtractor(node.directory / "regtest" / "debug.log", directory))
        detector = stack.enter_context(Detector(directory, extractor.url, log_extractor.url, options=OPTIONS))
        anomalies = stack.enter_context(harness.Events(detector.url))
        extractor.wait_for_log("tracepoints to")
        stack.enter_context(node)
        chain.mine(node)  # a tip of today: no initial download
        yield node, anomalies
        for program in (extractor, log_extractor, detector):
            assert program.stop() == 0


def with_wrong_root(block):
    return p2p.header(block.header[4:36], bytes(32), int.from_bytes(block.header[68:72], "little")) + block.raw[80:]


def with_too_much_for_the_miner(block):
    """The subsidy is halved on regtest every 150 blocks, and starts with 50."""
    (coinbase,) = block.transactions
    outputs = coinbase.index(b"\xff" * 4 + b"\1" + bytes(8)) + 5
    raw = coinbase[:outputs] + (51 * chain.COIN).to_bytes(8, "little") + coinbase[outputs + 8:]
    time_s = int.from_bytes(block.header[68:72], "little")
    return chain.Block(p2p.header(block.header[4:36], p2p.double_sha256(raw), time_s), (raw,)).raw


def reasons(event):
    """How many lines of the log gave each reason."""
    return {figure["name"].removeprefix("log: "): figure["value"] for node in event["nodes"] for figure in node["figures"]
            if figure["name"].startswith("log: ")}


def test_names_reason_of_the_log():
    with observed() as (node, anomalies), Peer(node, PULSE) as pulse:
        def wait_until(condition, what):
            """Meanwhile something happens to the node: the detector's clock is that of the events."""
            def holds():
                pulse.send("ping", bytes(8))
                time.sleep(0.2)
                return condition()
            return harness.wait_until(holds, what)

        def wait_for(subject, kind, reason):
            wait_until(lambda: reason in said().get((subject, kind), ()), f"{kind} of {subject} says '{reason}'")

        def said():
            found = {}
            for event in list(anomalies.list):
                found.setdefault((event["subject"], event["kind"]), set()).update(reasons(event))
            return found

        for host, change in ((MUTATED, with_wrong_root), (GREEDY, with_too_much_for_the_miner)):
            with Peer(node, host) as peer:
                peer.send("block", change(chain.block_on_tip(node)))
                assert peer.closed.wait(30), "the node punishes it"
        wait_for(MUTATED, "invalid_block", "bad-txnmrklroot")
        wait_for(GREEDY, "invalid_block", "bad-cb-amount")

        with Peer(node, SILENT) as peer:
            peer.send("headers", messages.headers(chain.block_on_tip(node).header))
            peer.wait_for("getdata")
            wait_until(lambda: (SILENT, "block_stall") in said(), "the stall is found")
            node.rpc.setmocktime(int(time.time()) + 700)  # Core waits for ten minutes
            assert peer.closed.wait(30), "the node gives it up"
        wait_for(SILENT, "block_stall", "timeout of block download")
        assert {key: words for key, words in said().items() if words} == {(MUTATED, "invalid_block"): {"bad-txnmrklroot"}, (GREEDY, "invalid_block"): {"bad-cb-amount"},
                                                                        (SILENT, "block_stall"): {"timeout of block download"}}
