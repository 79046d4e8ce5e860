"""Class "noise": what the node has, and what nobody has."""

import random

from scenarios import p2p

from . import messages
from .attack import Log, attack, pace
from .peer import connected, hosts
from .work import full_mempool


@attack(prepare=full_mempool)
def transactions_again(node, duration=1, rate=100, network=83):
    """Sends transactions that the node has in its mempool, unasked, over and over.

    Wants: that each is parsed, hashed and looked up under cs_main.
    Sends: tx, twenty of the mempool in turn.
    Core: net_processing.cpp ProcessMessage (TX), txdownloadman_impl.cpp ReceivedTx: AlreadyHaveTx, nothing more. No punishment.
    Effect: the bytes of tx; the mempool is as before, and the connection stays.
    """
    known = node.rpc.getrawmempool()
    some = [bytes.fromhex(node.rpc.getrawtransaction(txid)) for txid in known[:20]]
    sent = round(duration * rate)
    with connected(node, hosts(network, 1)) as (attacker,):
        for number in pace(duration, rate):
            attacker.send("tx", some[number % len(some)])
        attacker.settle()
        received = attacker.received_by_node("tx")
    assert received >= sent * min(map(len, some)) and node.rpc.getrawmempool() == known
    return {"transactions": sent, "bytes": received}


@attack(prepare=full_mempool)
def announcements_again(node, duration=1, rate=10, network=83):
    """Announces all that the node has in its mempool, over and over.

    Wants: a lookup in filters and mempool for each hash, under cs_main.
    Sends: inv with the 500 wtxids of the mempool.
    Core: net_processing.cpp ProcessMessage (INV): AddKnownTx, AlreadyHaveTx. No punishment.
    Effect: the bytes of inv; the node has asked for nothing.
    """
    entries = node.rpc.getrawmempool(True).values()
    announced = p2p.inventory(p2p.WTX, [messages.wire(entry["wtxid"]) for entry in entries])
    sent = round(duration * rate)
    with connected(node, hosts(network, 1)) as (attacker,):
        for _ in pace(duration, rate):
            attacker.send("inv", announced)
        attacker.settle()
        received = attacker.received_by_node("inv")
        assert attacker.count["getdata"] == 0
    assert received >= sent * len(announced)
    return {"announcements": sent * len(entries), "bytes": received}


@attack(prepare=full_mempool)
def blocks_nobody_has(node, duration=1, rate=10, items=100, network=83):
    """Asks for blocks that do not exist.

    Wants: a turn of the message loop and a lookup under cs_main for each; the node does not even say that it has none.
    Sends: getdata for random hashes of blocks, and getblocktxn for another one.
    Core: net_processing.cpp ProcessGetData takes one block a turn, ProcessGetBlockData returns where it is unknown; ProcessMessage
    (GETBLOCKTXN): "sent us a getblocktxn for a block we don't have". No punishment.
    Effect: a log line for each getblocktxn; no answer.
    """
    rng = random.Random(network)
    sent = round(duration * rate)
    with Log(node, "net") as log, connected(node, hosts(network, 1)) as (attacker,):
        for _ in pace(duration, rate):
            attacker.send("getdata", p2p.inventory(p2p.WITNESS_BLOCK, [rng.randbytes(32) for _ in range(items)]))
            attacker.send("getblocktxn", messages.getblocktxn(rng.randbytes(32), [0]))
        attacker.settle()
        refused = log.wait_for("sent us a getblocktxn for a block we don't have", count=sent)
        assert attacker.count["block"] == attacker.count["blocktxn"] == attacker.count["notfound"] == 0
    return {"blocks asked for": sent * items, "getblocktxn refused": refused}
