"""Class "withhold": answers that are none."""

import random

from scenarios import p2p

from . import chain, messages
from .attack import Clock, attack
from .peer import connected, hosts
from .steer import several_coins, small_coins
from .withhold import in_flight


@attack(prepare=chain.mature)
def notfound_for_blocks(node, blocks=2, seconds=180, network=85, real_time=False):
    """Announces a new block by its header, and answers that it does not have it.

    Wants: what headers_without_blocks wants, with an answer to each request.
    Sends: headers with a block on the tip; notfound with the block when the node asks for it.
    Core: net_processing.cpp ProcessMessage (NOTFOUND) looks at transactions only: the block stays in flight for ten minutes.
    Effect: it is in flight from the attacker that long, and an honest peer that announces it too is not asked.
    """
    def refuse(peer, kind, payload):
        if kind == "getdata":
            peer.send("notfound", payload)
    with Clock(node, real_time) as clock, connected(node, hosts(network, blocks), on_message=refuse) as attackers, \
            connected(node, [f"127.{network + 100}.0.1"]) as (honest,):
        height = node.rpc.getblockcount()
        for number, attacker in enumerate(attackers):
            announcement = messages.headers(chain.block_on_tip(node, bytes([number]), time_s=clock.now).header)
            attacker.send("headers", announcement)
            attacker.wait_for("getdata")
            honest.send("headers", announcement)
            honest.settle()
        clock.pass_time(seconds, [honest])
        for attacker in attackers:
            attacker.settle()
            assert in_flight(attacker) == [height + 1] and attacker.received_by_node("notfound") > 0
        assert in_flight(honest) == [] and node.rpc.getblockcount() == height
    return {"blocks": blocks, "seconds late": seconds}


@attack(prepare=several_coins)
def another_witness_delivered(node, transactions=50, network=85, real_time=False):
    """Announces somebody's transactions first, and delivers each with a witness that is wrong.

    Wants: that the node waits a minute for each transaction, from a peer that has answered every request.
    Sends: inv with the wtxids; to getdata the transaction with one item more in its witness, which has another wtxid.
    Core: txdownloadman_impl.cpp ReceivedTx: the answer counts for the txid and the wtxid of what came, not for the wtxid that was
    asked for; txrequest.cpp waits for that, GETDATA_TX_INTERVAL 60 s. A wrong witness punishes nobody.
    Effect: an honest peer announced all of them and is not asked for any; the mempool is empty.
    """
    rng = random.Random(network)
    right, wrong = {}, {}
    for coin in small_coins(node, transactions):
        transaction = chain.pay(coin)
        right[transaction.wtxid] = transaction
        wrong[transaction.wtxid] = chain.pay(coin, witness=[rng.randbytes(8), chain.TRUE])
        assert wrong[transaction.wtxid].txid == transaction.txid
    announcement = p2p.inventory(p2p.WTX, list(right))

    def answer(peer, kind, payload):
        if kind == "getdata":
            for _, item in p2p.read_inventory(payload):
                if item in wrong:
                    peer.send("tx", wrong[item].raw)
    with Clock(node, real_time) as clock, connected(node, hosts(network, 1), on_message=answer) as (attacker,), \
            connected(node, [f"127.{network + 100}.0.1"]) as (honest,):
        attacker.send("inv", announcement)
        attacker.settle()
        clock.until(lambda: all(attacker.requests(item) for item in right), "all are asked for")
        honest.send("inv", announcement)
        honest.settle()
        clock.pass_time(55)
        attacker.settle()
        assert attacker.received_by_node("tx") > 0 and honest.count["getdata"] == 0 and node.rpc.getrawmempool() == []
    return {"transactions": transactions, "seconds late": 55}
