"""The whole pipeline on a real node: bitcoind -> extractor -> logger, and an untraced peer of that node."""

import contextlib
import dataclasses
import secrets

import harness
from node import Node, copy_binary, find_bitcoind, require_bitcoind


@dataclasses.dataclass
class Traced:
    node: Node
    peer: Node
    events: harness.Events
    extractor: harness.Extractor

    def mark(self):
        """A place in the stream, as Events.mark(), behind the events of everything that the node has done until now."""
        rpc = self.node.rpc
        nobody_has = [{"txid": secrets.token_hex(32), "vout": 0}]
        refused, = rpc.testmempoolaccept([rpc.createrawtransaction(nobody_has, [{"data": "00"}])])
        self.events.wait_for("mempool.rejected", txid=refused["txid"])
        return self.events.mark()


@contextlib.contextmanager
def traced_node(*node_options, extractor_options=()):
    """Fails at the end when an event went missing that should not, or a program of ours ended badly."""
    require_bitcoind()
    with harness.temporary_directory() as directory, \
            harness.Extractor(copy_binary(directory), directory, *extractor_options) as extractor, \
            harness.Events(extractor.url) as events:
        extractor.wait_for_log("tracepoints to")
        with Node(directory / "node", directory / "bitcoind", *node_options) as node, \
                Node(directory / "peer", find_bitcoind()) as peer:
            yield Traced(node, peer, events, extractor)
        assert extractor.stop() == 0
        assert events.stop() == 0
        events.end()
        assert harness.missing_events(events.list) == 0
        assert not events.find("events_lost")
