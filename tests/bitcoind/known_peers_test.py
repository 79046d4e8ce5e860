"""metrics leaves out the peers that --known-peers names: here the node's own p2p-extractor, by its user agent."""

import re
import signal

import harness
from measuring_peer import P2pExtractor
from node import Node, copy_binary, require_bitcoind

LINE = "{} agent:/peer-observer-p2p-extractor: our own probe\n"


def figure(address, name, labels=""):
    """The sum of a metric's series; 0 while there are none."""
    found = re.findall(rf"^peerobserver_{name}\{{.*{labels}.*\}} (\S+)$", harness.metrics_text(address), re.MULTILINE)
    return sum(map(float, found))


def test_leaves_out_known_peers(directory):
    binary = copy_binary(directory, require_bitcoind())
    known = directory / "known-peers"
    known.write_text(LINE.format("leave-out"))
    with harness.Extractor(binary, directory) as extractor:
        extractor.wait_for_log("tracepoints to")
        with harness.Program(harness.program("peer-observer-metrics"), "--source", extractor.url, "--metrics-address", "127.0.0.1:0",
                             "--known-peers", known) as metrics, Node(directory / "node", binary) as node:
            address = re.search(r"http://([\d.:]+)/", metrics.wait_for_log("metrics on"))[1]
            metrics.wait_for_log("connected")

            def named(what):
                return figure(address, f"known_peer_{what}_total", 'name="our own probe"')
            with P2pExtractor(directory, "--connect", node.address, interval=0.2):
                harness.wait_until(lambda: named("messages") > 20, "the probe's messages are counted by name")
                assert named("connections") == 1
                assert figure(address, "conn_inbound") == 0
                assert figure(address, "p2p_message_count") == 0
                assert figure(address, "conn_inbound_current") == 1

                known.write_text("leave-out nobody\n")
                metrics.signal(signal.SIGHUP)
                assert "line 1: it is not" in metrics.wait_for_log("the known peers stay as they were")
                known.write_text(LINE.format("mark"))
                metrics.signal(signal.SIGHUP)
                metrics.wait_for_log("the known peers were read again")
                harness.wait_until(lambda: figure(address, "p2p_message_count") > 5, "the probe counts from now on")
            assert metrics.stop() == 0
