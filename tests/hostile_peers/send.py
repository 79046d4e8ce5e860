"""Class "send": makes the node send, to use up its upload."""

import time

import harness
from scenarios import p2p

from . import chain, messages
from .attack import Clock, Log, attack, pace
from .peer import Peer, connected, hosts

DAY = 24 * 3600


def two_large_blocks(node):
    chain.mature(node)
    chain.large_block(node)
    chain.large_block(node)


def ask(attackers, inventory, answer, answers, duration, rate):
    """Each sends `rate` such requests a second and waits for `answers` answers to each. Returns the bytes of the answers."""
    for _ in pace(duration, rate):
        for attacker in attackers:
            attacker.send("getdata", inventory)
    for attacker in attackers:
        attacker.wait_count(answer, round(duration * rate) * answers, 120)
    return sum(attacker.sent_by_node(answer) for attacker in attackers)


@attack(prepare=two_large_blocks)
def repeated_blocks(node, duration=1, rate=20, peers=2, network=67):
    """Downloads the same two blocks over and over.

    Wants: all of the node's upload, which others then miss.
    Sends: getdata for blocks that it has had, from each peer. 100 bytes bring 1.8 MB. A peer downloads a block once.
    Core: net_processing.cpp ProcessGetBlockData reads it from disk each time; only a full send buffer pauses it.
    Effect: the node has sent the blocks that many times.
    """
    tip = node.rpc.getbestblockhash()
    blocks = [tip, node.rpc.getblockheader(tip)["previousblockhash"]]
    size = sum(node.rpc.getblock(block)["size"] for block in blocks)
    inventory = p2p.inventory(p2p.WITNESS_BLOCK, [messages.wire(block) for block in blocks])
    with connected(node, hosts(network, peers)) as attackers:
        sent = ask(attackers, inventory, "block", 2, duration, rate)
    assert sent >= round(duration * rate) * peers * size
    return {"blocks": round(duration * rate) * peers * 2, "bytes": sent}


def old_blocks(node):
    """Large blocks of ten days ago under a tip of today."""
    with Clock(node, start=int(time.time()) - 10 * DAY):
        two_large_blocks(node)
    chain.mine(node, 3)


@attack(prepare=old_blocks, options=("-maxuploadtarget=30M",))
def historic_blocks(node, peers=4, network=67, real_time=False):
    """Downloads old blocks until the node has used up its upload target, and gives them to nobody any more.

    Wants: that the node refuses nodes in their initial download, which it is there for.
    Sends: getdata for blocks older than a week, from several peers, as fast as they come.
    Core: net_processing.cpp ProcessGetBlockData (HISTORICAL_BLOCK_AGE), net.cpp OutboundTargetReached, per 24 h. With mocktime the
    day is nearly over, since before that 4 MB for each ten minutes left are set aside. Needs -maxuploadtarget.
    Effect: an honest peer that asks for one old block is disconnected, and getnettotals says that the target is reached for it.
    """
    old = [node.rpc.getblockhash(height) for height in (111, 112)]
    inventory = p2p.inventory(p2p.WITNESS_BLOCK, [messages.wire(block) for block in old])
    with Log(node, "net") as log, Clock(node, real_time) as clock:
        if not real_time:
            Peer(node, f"127.{network}.201.1").close()  # the day begins with the first byte
            clock.pass_time(DAY - 300)
            chain.mine(node)  # else the tip would be old
        target = node.rpc.getnettotals()["uploadtarget"]
        assert target["serve_historical_blocks"], target
        with connected(node, hosts(network, peers)) as attackers:
            while any(not attacker.closed.is_set() for attacker in attackers):
                for attacker in attackers:
                    seen = attacker.count["block"]
                    try:
                        attacker.send("getdata", inventory)
                    except OSError:
                        continue
                    harness.wait_until(lambda: attacker.closed.is_set() or attacker.count["block"] >= seen + 2, "blocks", 60)
            sent = sum(attacker.bytes["block"] for attacker in attackers)
        assert not node.rpc.getnettotals()["uploadtarget"]["serve_historical_blocks"]
        with Peer(node, f"127.{network}.200.1") as honest:
            honest.send("getdata", p2p.inventory(p2p.WITNESS_BLOCK, [messages.wire(old[0])]))
            honest.wait_closed()
        refused = log.count("historical block serving limit reached")
    assert refused == peers + 1
    return {"bytes until the target": sent, "peers refused": refused}


def rich_filters(node):
    """Blocks with thousands of different output scripts, and their filters."""
    chain.mature(node)
    for _ in range(3):
        chain.large_block(node, size=100, outputs=8_000)
    harness.wait_until(lambda: node.rpc.getindexinfo()["basic block filter index"]["synced"], "the filters are built")


@attack(prepare=rich_filters, options=("-blockfilterindex=1", "-peerblockfilters=1"))
def repeated_filters(node, duration=1, rate=20, peers=2, network=67):
    """Downloads the compact filters of the whole chain over and over.

    Wants: upload, and reads from the index on disk for each block.
    Sends: getcfheaders and getcfilters from genesis to the tip, `rate` times a second by each peer; 37 bytes bring up to 1,000 filters.
    A wallet does it once.
    Core: net_processing.cpp ProcessGetCFilters, PrepareBlockFilterRequest (MAX_GETCFILTERS_SIZE 1,000); no limit. Needs
    -peerblockfilters.
    Effect: the node has sent all filters that many times.
    """
    height = node.rpc.getblockcount()
    assert height < 1_000
    request = messages.filter_range(0, messages.wire(node.rpc.getbestblockhash()))
    rounds = round(duration * rate)
    with connected(node, hosts(network, peers)) as attackers:
        for _ in pace(duration, rate):
            for attacker in attackers:
                attacker.send("getcfheaders", request)
                attacker.send("getcfilters", request)
        for attacker in attackers:
            attacker.wait_count("cfilter", rounds * (height + 1), 120)
        sent = sum(attacker.sent_by_node("cfilter") for attacker in attackers)
    filters = sum(len(node.rpc.getblockfilter(node.rpc.getblockhash(number))["filter"]) // 2 for number in range(height + 1))
    assert sent > rounds * peers * filters
    return {"filters": rounds * peers * (height + 1), "bytes": sent}


def known_addresses(node):
    chain.mine(node)
    for number in range(600):
        node.rpc.addpeeraddress(messages.text((240 + number % 10, number // 250, number % 250, 7)), 8333)


@attack(prepare=known_addresses)
def getaddr_from_new_connections(node, connections=40, rate=40, network=67):
    """Asks for addresses, once by each of many short connections.

    Wants: the node's address book, and what it takes to send it: up to 1,000 addresses by each connection.
    Sends: getaddr after the handshake, goes when the answer is there, and comes back from the next of a few addresses. One connection
    is answered once only.
    Core: net_processing.cpp ProcessMessage (GETADDR; m_getaddr_recvd), net.cpp GetAddresses: one cached answer for about a day by
    network and local address, which keeps the book secret but is sent all the same.
    Effect: the node has sent its answer to each.
    """
    answers, total = [], 0
    sources = hosts(network, 5)
    for number in pace(connections / rate, rate):
        with Peer(node, sources[number % 5]) as attacker:
            attacker.send("getaddr")
            attacker.wait_count("addrv2", 1)
            total += attacker.sent_by_node("addrv2")
            answers.append(next(payload for kind, payload in attacker.received if kind == "addrv2"))
    assert len(answers) == connections
    assert min(map(len, answers)) > 100 * 10
    return {"answers": connections, "bytes": total, "different answers": len(set(answers))}


@attack(prepare=two_large_blocks, options=("-peerbloomfilters=1",))
def merkleblocks_that_match_all(node, duration=1, rate=10, network=67):
    """Has whole blocks sent as merkle blocks with a filter that matches everything.

    Wants: upload in answers that look like a wallet's.
    Sends: filterload with all bits set, and getdata for the same merkle blocks. The filter of a wallet matches little.
    Core: net_processing.cpp ProcessGetBlockData (IsMsgFilteredBlk) sends each matching transaction after the merkleblock, as a tx.
    Needs -peerbloomfilters.
    Effect: the node has sent the blocks' transactions that many times.
    """
    tip = node.rpc.getbestblockhash()
    blocks = [tip, node.rpc.getblockheader(tip)["previousblockhash"]]
    rounds = round(duration * rate)
    with connected(node, hosts(network, 1)) as (attacker,):
        attacker.send("filterload", messages.filterload(b"\xff" * 36_000, 1))
        sent = ask([attacker], p2p.inventory(messages.FILTERED_BLOCK, [messages.wire(block) for block in blocks]), "tx", 4, duration, rate)
        assert sent >= rounds * sum(node.rpc.getblock(block)["strippedsize"] - 1_000 for block in blocks)
    return {"blocks": rounds * 2, "bytes": sent}


def large_transaction(node):
    """One of 90,000 vbytes in the mempool."""
    chain.mature(node)
    coin, = chain.coins(node)
    node.rpc.sendrawtransaction(chain.spend([coin], [(coin[2] - 4_000_000, chain.ANYONE)] + [
        (1_000, b"\0\x14" + number.to_bytes(20, "big")) for number in range(2_800)]).raw.hex(), 0)


@attack(prepare=large_transaction)
def repeated_transactions(node, duration=1, rate=20, peers=2, network=67):
    """Downloads the largest transaction of the mempool over and over.

    Wants: upload that no upload target limits: that one is about blocks.
    Sends: getdata with the same transaction ten times, `rate` times a second by each peer. 400 bytes bring 0.9 MB.
    Core: net_processing.cpp ProcessGetData, FindTxForGetData: answers for what was in the mempool at the last inv, as often as asked.
    Effect: the node has sent it that many times.
    """
    txid, = [txid for txid in node.rpc.getrawmempool() if node.rpc.getmempoolentry(txid)["vsize"] > 80_000]
    inventory = p2p.inventory(p2p.WITNESS_TX, [messages.wire(txid)] * 10)
    rounds = round(duration * rate)
    with connected(node, hosts(network, peers)) as attackers:
        sent = ask(attackers, inventory, "tx", 10, duration, rate)
    assert sent > rounds * peers * 10 * 80_000
    return {"transactions": rounds * peers * 10, "bytes": sent}
