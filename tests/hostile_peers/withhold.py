"""Class "withhold": announces and does not deliver."""

import contextlib
import random

import harness
from scenarios import p2p

from . import chain, messages
from .attack import Clock, Log, attack
from .peer import Peer, connected, hosts


def in_flight(peer):
    return peer.info()["inflight"]


@attack(prepare=chain.mature)
def headers_without_blocks(node, blocks=2, network=70, real_time=False):
    """Announces a new block by its header and never sends the block.

    Wants: that the node learns of blocks ten minutes late, from whoever mined them.
    Sends: headers with a block on the tip, as soon as it is known; nothing when the node asks for it.
    Core: net_processing.cpp HeadersDirectFetchBlocks asks the first announcer only (IsBlockRequested); SendMessages ends that after
    BLOCK_DOWNLOAD_TIMEOUT_BASE, a block interval: "Timeout downloading block".
    Effect: the block is in flight from the attacker, an honest peer that announces the same block is not asked for it, and the node has
    it only after the timeout.
    """
    delays = []
    for number, host in enumerate(hosts(network, blocks)):
        with Clock(node, real_time) as clock, connected(node, [host, f"127.{network + 100}.0.{number + 1}"]) as (attacker, honest):
            block = chain.block_on_tip(node, bytes([number]), time_s=clock.now)
            honest.answer_with(deliver(block))
            announcement = messages.headers(block.header)
            attacker.send("headers", announcement)
            attacker.wait_for("getdata")
            honest.send("headers", announcement)
            honest.settle()
            assert in_flight(attacker) == [node.rpc.getblockcount() + 1] and in_flight(honest) == []
            clock.pass_time(540, [honest])
            assert in_flight(attacker) and in_flight(honest) == []
            delays.append(540 + clock.until(lambda: node.rpc.getbestblockhash() == block.hex_hash, "the block comes", 15, 900))
            attacker.wait_closed()
    return {"blocks": blocks, "seconds late": max(delays)}


def deliver(block):
    """Sends the block when it is asked for."""
    def on_message(peer, kind, payload):
        if kind == "getdata" and any(item == block.hash for _, item in p2p.read_inventory(payload)):
            peer.send("block", block.raw)
    return on_message


@attack(prepare=chain.mature)
def high_bandwidth_without_transactions(node, peers=3, network=70, real_time=False):
    """Becomes one of the three peers that announce blocks in full, then announces compact blocks and never sends what they lack.

    Wants: the node's fastest way to new blocks.
    Sends: each attacker sendcmpct, then a block as the first, until the node takes it for high bandwidth; then all of them one
    cmpctblock of transactions that nobody has, and no blocktxn.
    Core: net_processing.cpp MaybeSetPeerAsAnnouncingHeaderAndIDs (BlockChecked), ProcessMessage (CMPCTBLOCK):
    MAX_CMPCTBLOCKS_INFLIGHT_PER_BLOCK 3 requests at once.
    Effect: getpeerinfo has bip152_hb_to for all of them; the same block is in flight from several of them, and a getblocktxn was sent
    to each of those; it does not come.
    """
    rng = random.Random(network)
    with Clock(node, real_time) as clock, connected(node, hosts(network, peers)) as attackers:
        for number, attacker in enumerate(attackers):
            attacker.send("sendcmpct", messages.sendcmpct(1))
            attacker.send("block", chain.block_on_tip(node, bytes([number]), time_s=clock.now).raw)
            attacker.settle()
        assert all(attacker.info()["bip152_hb_to"] for attacker in attackers)
        height = node.rpc.getblockcount()
        tip = node.rpc.getblockheader(node.rpc.getbestblockhash())
        head = p2p.header(messages.wire(tip["hash"]), rng.randbytes(32), tip["time"] + 1)
        compact = messages.compact_block(head, chain.coinbase(height + 1), [rng.randbytes(6) for _ in range(50)])
        for attacker in attackers:
            attacker.send("cmpctblock", compact)
            attacker.settle()
        asked = [attacker for attacker in attackers if attacker.count["getblocktxn"]]
        assert len(asked) >= 2 and all(in_flight(attacker) == [height + 1] for attacker in asked)
        clock.pass_time(540)
        assert all(in_flight(attacker) == [height + 1] for attacker in asked)
        assert node.rpc.getblockcount() == height
    return {"high-bandwidth peers": peers, "unanswered requests": len(asked), "seconds in flight": 540}


@attack(prepare=chain.mature)
def delivered_at_the_last_moment(node, blocks=3, seconds=590, network=70, real_time=False):
    """Delivers each block that it announces just before the node would give up on it.

    Wants: the delay without ever being disconnected, block after block.
    Sends: headers as the first, then the block `seconds` later.
    Core: net_processing.cpp SendMessages: m_downloading_since + nPowTargetSpacing × (1 + 0.5 × other peers), 600 s.
    Effect: each block became the tip that late, from the same connection, which is still there.
    """
    with Clock(node, real_time) as clock, connected(node, hosts(network, 1)) as (attacker,):
        for number in range(blocks):
            block = chain.block_on_tip(node, bytes([number]), time_s=clock.now)
            attacker.send("headers", messages.headers(block.header))
            attacker.wait_count("getdata", number + 1)
            clock.pass_time(seconds)
            attacker.settle()
            assert in_flight(attacker) == [node.rpc.getblockcount() + 1]
            attacker.send("block", block.raw)
            attacker.settle()
            assert node.rpc.getbestblockhash() == block.hex_hash
        assert attacker.info()
    return {"blocks": blocks, "seconds late": seconds}


@attack(prepare=chain.mature)
def transactions_never_delivered(node, peers=4, transactions=30, network=70, real_time=False):
    """Announces transactions from many connections before all others and delivers none.

    Wants: that a transaction reaches the node a minute late for each of its connections.
    Sends: inv with wtxids that it heard of elsewhere, from each connection; no answer to getdata.
    Core: node/txdownloadman_impl.cpp AddTxAnnouncement, txrequest.cpp: one request at a time, GETDATA_TX_INTERVAL 60 s until the next
    announcer is asked ("timeout of inflight wtx"); MAX_PEER_TX_REQUEST_IN_FLIGHT 100.
    Effect: the honest announcer of one of them was asked only after a minute for each attacker that txrequest's lottery put before it;
    the timeouts are in the log.
    """
    rng = random.Random(network)
    victim = chain.pay(chain.coins(node)[0])
    announced = [victim.wtxid] + [rng.randbytes(32) for _ in range(transactions - 1)]
    with Log(node, "net") as log, Clock(node, real_time) as clock, connected(node, hosts(network, peers)) as attackers:
        for attacker in attackers:
            attacker.send("inv", p2p.inventory(p2p.WTX, announced))
            attacker.settle()
        clock.until(lambda: any(attacker.requests(victim.wtxid) for attacker in attackers), "an attacker is asked")
        with connected(node, [f"127.{network + 100}.0.1"]) as (honest,):
            honest.send("inv", p2p.inventory(p2p.WTX, [victim.wtxid]))
            late = clock.until(lambda: honest.requests(victim.wtxid), "the honest peer is asked", 20, 60 * (peers + 2))
            honest.send("tx", victim.raw)
            harness.wait_until(lambda: victim.hex_txid in node.rpc.getrawmempool(), "the transaction is in")
        timeouts = log.count("timeout of inflight wtx")
        assert timeouts >= transactions and late >= 50, (timeouts, late)
    return {"timeouts": timeouts, "seconds late": late}


@attack(prepare=chain.mature)
def orphans_without_parents(node, orphans=60, peers=3, network=70, real_time=False):
    """Sends transactions whose parents never come.

    Wants: room in the orphanage, which honest children then do not have, and unanswered requests for parents.
    Sends: tx that spend outputs of unknown transactions; no answer to getdata for these, and the same orphans from each connection.
    Core: node/txdownloadman_impl.cpp MempoolRejectedTx (TX_MISSING_INPUTS), node/txorphanage.cpp: limits by peer (weight, announcements),
    not by time; the node asks each announcer for the parents.
    Effect: getorphantxs has all of them, the parents were asked for and did not come.
    """
    rng = random.Random(network)
    children = [p2p.transaction(rng) for _ in range(orphans)]
    parents = [raw[5:37] for raw in children]
    with Log(node, "net") as log, Clock(node, real_time) as clock, connected(node, hosts(network, peers)) as attackers:
        for attacker in attackers:
            for child in children:
                attacker.send("tx", child)
            attacker.settle()
        held = node.rpc.getorphantxs()
        clock.until(lambda: sum(bool(attacker.requests(parent)) for attacker in attackers for parent in parents) >= orphans,
                    "each parent was asked for", 2)
        clock.pass_time(61)
        log.wait_for("timeout of inflight tx", count=orphans)
        assert len(held) == orphans and len(node.rpc.getorphantxs()) == orphans
    return {"orphans": len(held), "parents not delivered": orphans}


@attack(prepare=chain.mature)
def blocks_announced_in_vain(node, announcements=4, peers=4, network=70, real_time=False):
    """Announces blocks by inv, and does not answer the getheaders that follows.

    Wants: unanswered requests of the node: it does not repeat a getheaders to this peer within two minutes.
    Sends: inv of a random block hash every two minutes, from several connections; nothing to getheaders.
    Core: net_processing.cpp ProcessMessage (INV: best_block, MaybeSendGetHeaders, HEADERS_RESPONSE_TIME), UpdateBlockAvailability.
    Effect: the node has sent each a getheaders for each inv, and knows no block of theirs.
    """
    rng = random.Random(network)
    with Clock(node, real_time) as clock, connected(node, hosts(network, peers)) as attackers:
        before = [attacker.count["getheaders"] for attacker in attackers]  # the one for the initial sync
        for number in range(announcements):
            clock.pass_time(121, attackers)
            for attacker, already in zip(attackers, before):
                attacker.send("inv", p2p.inventory(p2p.BLOCK, [rng.randbytes(32)]))
                attacker.wait_count("getheaders", already + number + 1)
        for attacker in attackers:
            attacker.settle()
            assert attacker.info()["synced_headers"] == -1
        asked = sum(attacker.count["getheaders"] for attacker in attackers) - sum(before)
    assert asked == announcements * peers
    return {"announcements": announcements * peers, "getheaders": asked}


@attack(prepare=chain.mature)
def notfound_to_all(node, transactions=300, network=70, real_time=False):
    """Announces transactions and answers every request with notfound.

    Wants: requests for nothing, and a place in line for what it does not have; unlike silence it costs the node no timeout.
    Sends: inv with random wtxids, notfound for what the node asks.
    Core: node/txdownloadman_impl.cpp ReceivedNotFound, txrequest.cpp ReceivedResponse: completed, no punishment.
    Effect: all were asked for, and none came.
    """
    rng = random.Random(network)
    def refuse(peer, kind, payload):
        if kind == "getdata":
            with contextlib.suppress(OSError):
                peer.send("notfound", payload)
    with Clock(node, real_time) as clock, Peer(node, hosts(network, 1)[0], on_message=refuse) as attacker:
        hashes = [rng.randbytes(32) for _ in range(transactions)]
        attacker.send("inv", p2p.inventory(p2p.WTX, hashes))
        attacker.settle()
        wanted = transactions * 36
        clock.until(lambda: attacker.sent_by_node("getdata") >= wanted, "all are asked for", 2)
        attacker.settle()
        refused = attacker.received_by_node("notfound")
        assert refused >= wanted and not node.rpc.getrawmempool()
    return {"transactions": transactions, "bytes of notfound": refused}
