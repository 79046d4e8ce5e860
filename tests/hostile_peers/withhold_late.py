"""Class "withhold": delivers late, or what does not fit."""

import random

import harness
from scenarios import p2p
from scenarios.p2p import compact_size

from . import chain, messages
from .attack import Clock, Log, attack
from .peer import Peer, connected, hosts
from .steer import several_coins, small_coins


@attack(prepare=several_coins)
def transactions_at_the_last_moment(node, transactions=30, seconds=55, network=74, real_time=False):
    """Announces transactions before all others, and delivers each just before the node would ask somebody else.

    Wants: that the node has each transaction a minute later than it could, without anything that is missing.
    Sends: inv, and the transaction `seconds` after the node has asked for it.
    Core: node/txdownloadman.h GETDATA_TX_INTERVAL 60 s; txrequest.cpp asks one announcer at a time.
    Effect: an honest peer announced all of them at once and was asked for none; they are in the mempool that late.
    """
    paid = [chain.pay(coin) for coin in small_coins(node, transactions)]
    announcement = p2p.inventory(p2p.WTX, [transaction.wtxid for transaction in paid])
    with Clock(node, real_time) as clock, connected(node, [*hosts(network, 1), f"127.{network + 100}.0.1"]) as (attacker, honest):
        attacker.send("inv", announcement)
        attacker.settle()
        clock.until(lambda: all(attacker.requests(transaction.wtxid) for transaction in paid), "all are asked for")
        honest.send("inv", announcement)
        honest.settle()
        clock.pass_time(seconds)
        assert node.rpc.getrawmempool() == []
        for transaction in paid:
            attacker.send("tx", transaction.raw)
        attacker.settle()
        harness.wait_until(lambda: len(node.rpc.getrawmempool()) == transactions, "all are in")
        assert honest.count["getdata"] == 0
    return {"transactions": transactions, "seconds late": seconds}


@attack(prepare=chain.mature)
def transactions_withheld_by_many(node, rounds=2, transactions=8, peers=12, network=80, real_time=False):
    """Announces the same transactions from many networks, few from each, and delivers none.

    Wants: a minute's delay for each of its connections, as transactions_never_delivered, by peers of which none announces much.
    Sends: inv with 8 wtxids that are somebody's, from each connection; nothing to getdata. Every minute the next 8.
    Core: txrequest.cpp: one announcer after the other, 60 s each.
    Effect: every one was asked for, and none came.
    """
    rng = random.Random(network)
    with Log(node, "net") as log, Clock(node, real_time) as clock, \
            connected(node, [f"127.{network + number}.0.1" for number in range(peers)]) as attackers:
        for number in range(rounds):
            announced = p2p.inventory(p2p.WTX, [rng.randbytes(32) for _ in range(transactions)])
            for attacker in attackers:
                attacker.send("inv", announced)
                attacker.settle()
            clock.until(lambda: sum(attacker.count["getdata"] for attacker in attackers) > number, "some are asked for")
            clock.pass_time(61, attackers)
        timeouts = log.wait_for("timeout of inflight wtx", count=rounds * transactions)
    assert node.rpc.getrawmempool() == []
    return {"announced": rounds * transactions, "timeouts": timeouts}


def coins_without_witness(node):
    chain.mature(node)
    chain.mine_with(node, chain.pay(chain.coins(node)[0], outputs=30, script=chain.TRUE))


@attack(prepare=coins_without_witness)
def compact_blocks_that_do_not_fit(node, blocks=4, network=74):
    """Announces blocks in full and answers the request for what they lack with other transactions.

    Wants: that each block comes by another way round and more of the attacker's bytes, without a punishment.
    Sends: cmpctblock that lacks a transaction, blocktxn with a wrong one, then the block when it is asked for it.
    Core: blockencodings.cpp PartiallyDownloadedBlock::FillBlock: READ_STATUS_FAILED, "Possible Short ID collision";
    net_processing.cpp ProcessCompactBlockTxns falls back to getdata. Nobody is punished.
    Effect: the node asked for each block in full after the answer, and it became the tip.
    """
    wide = small_coins(node, blocks + 1)
    other = chain.pay(wide.pop(), witness=[])
    found = {}

    def answer(peer, kind, payload):
        if kind == "getblocktxn":
            peer.send("blocktxn", payload[:32] + compact_size(1) + other.stripped)
        elif kind == "getdata":
            for _, item in p2p.read_inventory(payload):
                peer.send("block", found[item].raw)
    with Peer(node, hosts(network, 1)[0], on_message=answer) as attacker:
        attacker.send("sendcmpct", messages.sendcmpct(1))
        for number, coin in enumerate(wide):
            block = chain.block_on_tip(node, bytes([number]), transactions=(chain.pay(coin, witness=[]),))
            found[block.hash] = block
            attacker.send("cmpctblock", messages.compact_block(block.header, block.transactions[0], [bytes([number] * 6)]))
            attacker.wait_count("getdata", number + 1)
            harness.wait_until(lambda: node.rpc.getbestblockhash() == block.hex_hash, "the block is the tip")
        asked = attacker.count["getblocktxn"]
    assert asked == blocks
    return {"blocks": blocks, "asked for in full": asked}
