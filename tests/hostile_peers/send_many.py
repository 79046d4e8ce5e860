"""Class "send": a little by each of many."""

from scenarios import p2p

from . import messages
from .attack import attack, pace
from .peer import connected
from .send import two_large_blocks


@attack(prepare=two_large_blocks)
def blocks_by_many(node, duration=2, rate=1, peers=20, network=82):
    """Downloads the same two blocks again and again, seldom from each of many networks.

    Wants: what repeated_blocks wants, without any peer that stands out.
    Sends: getdata for the last two blocks, `rate` times a second by each connection.
    Core: net_processing.cpp ProcessGetBlockData; no limit for recent blocks.
    Effect: the node has sent the blocks that many times.
    """
    tip = node.rpc.getbestblockhash()
    blocks = [tip, node.rpc.getblockheader(tip)["previousblockhash"]]
    inventory = p2p.inventory(p2p.WITNESS_BLOCK, [messages.wire(block) for block in blocks])
    rounds = round(duration * rate)
    with connected(node, [f"127.{network + number}.0.1" for number in range(peers)]) as attackers:
        for _ in pace(duration, rate):
            for attacker in attackers:
                attacker.send("getdata", inventory)
        for attacker in attackers:
            attacker.wait_count("block", 2 * rounds, 120)
        sent = sum(attacker.sent_by_node("block") for attacker in attackers)
    assert sent >= rounds * peers * 1_800_000
    return {"blocks": 2 * rounds * peers, "bytes": sent}
