"""Class "work": a low-work header chain, from the beginning each time."""

from scenarios import p2p

from . import chain, messages
from .attack import Log, attack, pace
from .peer import connected, hosts

MOST = 2_000  # headers in a message (net_processing.h MAX_HEADERS_RESULTS)


def longer_chain(node):
    """Longer than what a message of headers can have, and the 144 blocks that the node lets a chain lack."""
    for _ in range(4):
        chain.mine(node, 550)


@attack(prepare=longer_chain)
def low_work_headers_again(node, duration=1, rate=5, network=81):
    """Begins the synchronization of a chain with too little work, over and over.

    Wants: work for 2,000 headers a message: proof of work, a commitment, a new state each time, and a getheaders with a locator.
    Sends: headers with the first 2,000 of a chain of its own, always the same message.
    Core: net_processing.cpp TryLowWorkHeadersSync, headerssync.cpp HeadersSyncState: a message that does not continue the
    synchronization ends it ("non-continuous headers"), is processed as a first one, and begins the next. No punishment.
    Effect: debug.log has the beginning of each; the peer has no headers in common with the node but genesis.
    """
    previous, time_s = messages.wire(node.rpc.getblockhash(0)), node.rpc.getblockheader(node.rpc.getblockhash(0))["time"]
    low = []
    for number in range(MOST):
        low.append(p2p.header(previous, number.to_bytes(32, "little"), time_s + 1 + number))
        previous = p2p.double_sha256(low[-1])
    first = messages.headers(*low)
    sent = round(duration * rate)
    with Log(node, "net") as log, connected(node, hosts(network, 1)) as (attacker,):
        for _ in pace(duration, rate):
            attacker.send("headers", first)
        attacker.settle()
        started = log.wait_for("Initial headers sync started", count=sent)
        assert attacker.info()["synced_headers"] == -1
    return {"synchronizations begun": started, "bytes": sent * len(first)}
