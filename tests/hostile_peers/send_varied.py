"""Class "send": requests of which none is the same as another."""

import random

from . import chain, messages
from .attack import Clock, attack, pace
from .peer import connected, hosts
from .send import rich_filters
from .work import full_mempool


@attack(prepare=rich_filters, options=("-blockfilterindex=1", "-peerblockfilters=1"))
def overlapping_filters(node, duration=1, rate=20, peers=3, network=75):
    """Downloads ranges of filters that overlap, each from another block on.

    Wants: what repeated_filters wants, by requests that are never the same.
    Sends: getcfilters from a random block of the first half to the tip, by each of several hosts.
    Core: net_processing.cpp ProcessGetCFilters; no limit.
    Effect: the node has sent half of all filters for each request.
    """
    rng = random.Random(network)
    height, tip = node.rpc.getblockcount(), messages.wire(node.rpc.getbestblockhash())
    rounds = round(duration * rate)
    wanted = [0] * peers
    with connected(node, hosts(network, peers)) as attackers:
        for _ in pace(duration, rate):
            for number, attacker in enumerate(attackers):
                start = rng.randrange(height // 2)
                wanted[number] += height - start + 1
                attacker.send("getcfilters", messages.filter_range(start, tip))
        for number, attacker in enumerate(attackers):
            attacker.wait_count("cfilter", wanted[number], 120)
        sent = sum(attacker.sent_by_node("cfilter") for attacker in attackers)
    assert sum(wanted) >= rounds * peers * height // 2
    return {"filters": sum(wanted), "bytes": sent}


def deep_large_blocks(node):
    chain.mature(node)
    for _ in range(4):
        chain.large_block(node)
    chain.mine(node, 12)


@attack(prepare=deep_large_blocks)
def old_blocks_by_getblocktxn(node, duration=1, rate=10, network=75):
    """Asks for one transaction of old blocks, and gets all of the block.

    Wants: 0.9 MB for 35 bytes, by a request that looks like a small one.
    Sends: getblocktxn for blocks that are more than ten deep, each time for another index.
    Core: net_processing.cpp ProcessMessage (GETBLOCKTXN): below MAX_BLOCKTXN_DEPTH it queues a getdata of the peer for the block.
    Effect: the node has sent that many blocks.
    """
    rng = random.Random(network)
    height = node.rpc.getblockcount()
    deep = [messages.wire(node.rpc.getblockhash(height - 12 - number)) for number in range(4)]
    rounds = round(duration * rate)
    with connected(node, hosts(network, 1)) as (attacker,):
        for number in pace(duration, rate):
            attacker.send("getblocktxn", messages.getblocktxn(deep[number % 4], [rng.randrange(100)]))
        attacker.wait_count("block", rounds, 120)
        sent = attacker.sent_by_node("block")
    assert sent > rounds * 890_000
    return {"blocks": rounds, "bytes": sent}


@attack(prepare=full_mempool, options=("-peerbloomfilters=1",))
def mempool_with_filters(node, requests=5, network=75, real_time=False):
    """Has the mempool searched with one filter after the other.

    Wants: the node copies, sorts and matches its whole mempool each time.
    Sends: filterload with another filter, mempool, filterclear, each time that the node may have answered the last.
    Core: net_processing.cpp SendMessages ("Respond to BIP35 mempool requests") asks IsRelevantAndUpdate for each; filterclear,
    filterload: no limit. Needs -peerbloomfilters.
    Effect: an answer to each request.
    """
    rng = random.Random(network)
    with Clock(node, real_time) as clock, connected(node, hosts(network, 1), relay=False) as (attacker,):
        for number in range(requests):
            attacker.send("filterload", messages.filterload(b"\xff" * rng.randrange(1_000, 36_000), 1 + number))
            attacker.send("mempool")
            attacker.settle()
            clock.until(lambda: attacker.sent_by_node("inv") >= (number + 1) * 500 * 36, "the mempool is listed", step=5)
            attacker.send("filterclear")
        sent = attacker.sent_by_node("inv")
    return {"requests": requests, "hashes": sent // 36}
