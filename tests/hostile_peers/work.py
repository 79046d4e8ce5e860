"""Class "work": makes the node work without need."""

import random

import harness
from scenarios import p2p

from . import chain, curve, messages
from .attack import Clock, Log, attack, pace, processor_seconds
from .peer import connected, hosts


def long_chain(node):
    chain.mine(node, 1_000)


def large_blocks(node):
    """Ten of 0.9 MB at the tip."""
    chain.mature(node)
    for _ in range(10):
        chain.large_block(node)


def recent_blocks(node, count=10):
    """The hashes of the last blocks, the tip's first."""
    height = node.rpc.getblockcount()
    return [messages.wire(node.rpc.getblockhash(height - depth)) for depth in range(count)]


@attack(prepare=long_chain)
def getheaders_from_genesis(node, duration=1, rate=50, peers=2, network=66):
    """Asks for the headers from genesis over and over.

    Wants: processor time under cs_main, and upload: 37 + 32 bytes make up to 2,000 headers, 162 kB.
    Sends: getheaders with a locator of one hash that nobody has, `rate` a second by each peer. A node needs one in a minute at most.
    Core: net_processing.cpp ProcessMessage (GETHEADERS) copies them from the index each time; no limit, no punishment. Only a
    full send buffer pauses it.
    Effect: the node has sent as many times all its headers.
    """
    asked = messages.locator([b"\x07" * 32])
    with connected(node, hosts(network, peers)) as attackers:
        for _ in pace(duration, rate):
            for attacker in attackers:
                attacker.send("getheaders", asked)
        for attacker in attackers:
            attacker.settle()
        sent = sum(attacker.sent_by_node("headers") for attacker in attackers)
    requests = round(duration * rate) * peers
    assert sent >= requests * 81 * min(2_000, node.rpc.getblockcount()), sent
    return {"requests": requests, "bytes of headers": sent}


@attack(prepare=long_chain)
def getblocks_from_genesis(node, duration=1, rate=50, peers=2, network=66):
    """Asks for the inventory of blocks from genesis over and over.

    Wants: work under cs_main; each request also makes the node try to activate its best chain.
    Sends: getblocks with an unknown locator, `rate` a second by each peer. A node that downloads headers first never
    sends it.
    Core: net_processing.cpp ProcessMessage (GETBLOCKS): ActivateBestChain, then 500 hashes queued and sent by SendMessages.
    Effect: the node has sent 500 hashes for each request.
    """
    asked = messages.locator([b"\x07" * 32])
    requests = round(duration * rate) * peers
    with connected(node, hosts(network, peers)) as attackers:
        for _ in pace(duration, rate):
            for attacker in attackers:
                attacker.send("getblocks", asked)
        wanted = requests * 36 * min(500, node.rpc.getblockcount())
        harness.wait_until(lambda: sum(attacker.sent_by_node("inv") for attacker in attackers) >= wanted, "all hashes are sent")
    return {"requests": requests, "hashes": wanted // 36}


@attack(prepare=large_blocks, options=("-peerbloomfilters=1",))
def bloom_rescans(node, duration=1, rate=5, network=66):
    """Loads a filter, has ten blocks searched with it, and does it again with another filter.

    Wants: each block is read from disk, parsed, hashed and searched, for an answer of some 100 bytes.
    Sends: `rate` times a second filterload with a filter of 36,000 bytes that matches nothing, and getdata for ten merkle blocks.
    A wallet loads one filter and asks for each block once.
    Core: net_processing.cpp ProcessGetBlockData (IsMsgFilteredBlk), merkleblock.cpp CMerkleBlock, common/bloom.cpp.
    Needs -peerbloomfilters.
    Effect: a merkleblock for each request; bytes that the node has read for each that it has sent.
    """
    rng = random.Random(1)
    blocks = recent_blocks(node)
    asked = p2p.inventory(messages.FILTERED_BLOCK, blocks)
    rounds = round(duration * rate)
    with connected(node, hosts(network, 1)) as (attacker,):
        for _ in pace(duration, rate):
            attacker.send("filterload", messages.filterload(rng.randbytes(36_000), 50, rng.randrange(2**32)))
            attacker.send("getdata", asked)
        attacker.wait_count("merkleblock", rounds * 10)
        sent = attacker.sent_by_node("merkleblock")
    read = rounds * sum(node.rpc.getblock(block[::-1].hex())["size"] for block in blocks)
    assert sent * 1_000 < read
    return {"blocks searched": rounds * 10, "bytes read": read, "bytes sent": sent}


@attack(prepare=large_blocks)
def deep_compact_blocks(node, duration=1, rate=10, network=66):
    """Asks for one transaction of each of the last ten blocks, and for the last five as compact blocks, over and over.

    Wants: the node reads and parses 0.9 MB from disk to send 200 bytes; for a compact block it hashes all of it.
    Sends: getblocktxn for index 0 down to the depth that is answered, and getdata for compact blocks, `rate` rounds a second.
    A peer asks for one block's transactions once.
    Core: net_processing.cpp ProcessMessage (GETBLOCKTXN; MAX_BLOCKTXN_DEPTH 10), ProcessGetBlockData (MAX_CMPCTBLOCK_DEPTH 5).
    Only the tip is cached.
    Effect: the node answered all, and spent the time to read them.
    """
    rounds = round(duration * rate)
    blocks = recent_blocks(node)[1:]
    compact = p2p.inventory(messages.COMPACT_BLOCK, blocks[:4])
    before = processor_seconds(node)
    with connected(node, hosts(network, 1)) as (attacker,):
        for _ in pace(duration, rate):
            for block in blocks:
                attacker.send("getblocktxn", messages.getblocktxn(block, [0]))
            attacker.send("getdata", compact)
        attacker.wait_count("blocktxn", rounds * 9)
        attacker.wait_count("cmpctblock", rounds * 4)
        sent = attacker.sent_by_node("blocktxn") + attacker.sent_by_node("cmpctblock")
    spent = processor_seconds(node) - before
    assert sent < rounds * 13 * 2_000
    assert spent > rounds * 13 * 0.0002, spent  # what no cached answer costs
    return {"blocks read": rounds * 13, "bytes sent": sent}


def one_of_twenty(node):
    """A coin that a signature of one of twenty keys would spend."""
    chain.mature(node)
    coin, = chain.coins(node)
    chain.mine_with(node, chain.pay(coin, script=chain.pay_to_script(curve.ONE_OF_TWENTY)))


@attack(prepare=one_of_twenty)
def invalid_signatures(node, duration=1, rate=100, peers=2, network=66):
    """Sends one transaction with signatures that are wrong, each time another.

    Wants: 20 signature checks, a millisecond under cs_main, for 950 bytes that cost the attacker nothing: it is never mined.
    Sends: tx, unasked, with a new wrong signature each, so that the node has not seen its wtxid; from several peers.
    Core: net_processing.cpp ProcessMessage (TX) accepts unasked transactions; txdownloadman_impl.cpp ReceivedTx knows rejected
    ones by wtxid only; validation.cpp MemPoolAccept::PolicyScriptChecks. Nobody is punished.
    Effect: each was refused for its script, as debug.log says.
    """
    coin = coin_of(node, chain.pay_to_script(curve.ONE_OF_TWENTY))
    rng = random.Random(network)
    with Log(node, "mempoolrej") as log, connected(node, hosts(network, peers)) as attackers:
        for _ in pace(duration, rate):
            for attacker in attackers:
                attacker.send("tx", chain.pay(coin, witness=[b"", curve.wrong_signature(rng), curve.ONE_OF_TWENTY]).raw)
        for attacker in attackers:
            attacker.settle()
        refused = log.wait_for("was not accepted: mempool-script-verify-flag-failed", count=round(duration * rate) * peers)
        assert all(attacker.info() for attacker in attackers)
    return {"transactions refused": refused, "signature checks": refused * 20}


def coin_of(node, script):
    """The coin in the last blocks that pays to this script."""
    for depth in range(20):
        for entry in node.rpc.getblock(node.rpc.getblockhash(node.rpc.getblockcount() - depth), 2)["tx"]:
            for out in entry["vout"]:
                if out["scriptPubKey"]["hex"] == script.hex():
                    return messages.wire(entry["txid"]), out["n"], round(float(out["value"]) * chain.COIN)
    raise AssertionError("no such coin")


HASHES = b"\xa8" * 200 + b"\x75\x51"  # OP_SHA256 as often as a script may have it, OP_DROP OP_TRUE
HASHED_COINS = 400


def coins_of_hashes(node):
    chain.mature(node)
    chain.mine_with(node, chain.pay(chain.coins(node)[0], outputs=HASHED_COINS, script=chain.pay_to_script(HASHES)))


@attack(prepare=coins_of_hashes)
def scripts_that_fail_late(node, duration=1, rate=10, network=66):
    """Sends large transactions with costly scripts of which only the last fails, each time another.

    Wants: the node looks up 400 coins and does 80,000 hashes under cs_main before it refuses; again nothing is ever mined or paid.
    Sends: tx of 100 kB, unasked, each with another wrong witness of the last input.
    Core: validation.cpp MemPoolAccept::PolicyScriptChecks, CheckInputScripts: in order, until the first that fails. Nobody is punished.
    Effect: each was refused for its script, and took the node a millisecond at least.
    """
    first = coin_of(node, chain.pay_to_script(HASHES))
    coins = [(first[0], first[1] + index, first[2]) for index in range(HASHED_COINS)]
    total = sum(value for *_, value in coins) - 100_000
    requests = round(duration * rate)
    before = processor_seconds(node)
    with Log(node, "mempoolrej") as log, connected(node, hosts(network, 1)) as (attacker,):
        for number in pace(duration, rate):
            wrong = [b"", number.to_bytes(8, "big"), HASHES]  # one item too many
            attacker.send("tx", chain.spend(coins, [(total, chain.ANYONE)], [b"", HASHES], wrong).raw)
        attacker.settle()
        refused = log.wait_for("was not accepted: mempool-script-verify-flag-failed", count=requests)
        received = attacker.received_by_node("tx")
    assert processor_seconds(node) - before > requests * 0.001
    return {"transactions refused": refused, "bytes": received}


@attack(prepare=chain.mature)
def unconnecting_headers(node, duration=1, rate=100, network=66):
    """Announces headers that connect to nothing, and lets the node ask for what is missing each time.

    Wants: work and upload: each header of 82 bytes makes the node build a locator and send a getheaders.
    Sends: headers with proof of work and an unknown parent, and before each an empty headers, which ends the two minutes in
    which the node would not ask again.
    Core: net_processing.cpp HandleUnconnectingHeaders, MaybeSendGetHeaders (HEADERS_RESPONSE_TIME), ProcessHeadersMessage (nCount 0).
    It does not count the headers that connect to nothing.
    Effect: as many getheaders from the node, and its log lines.
    """
    rng = random.Random(network)
    now = node.rpc.getblockheader(node.rpc.getbestblockhash())["time"]
    requests = round(duration * rate)
    with Log(node, "net") as log, connected(node, hosts(network, 1)) as (attacker,):
        for _ in pace(duration, rate):
            attacker.send("headers", messages.headers())
            attacker.send("headers", messages.headers(p2p.header(rng.randbytes(32), rng.randbytes(32), now)))
        attacker.settle()
        missing = log.wait_for("missing prev block", count=requests)
        sent = attacker.sent_by_node("getheaders")
        assert attacker.count["getheaders"] >= requests
    return {"headers": missing, "bytes of getheaders": sent}


def full_mempool(node):
    """500 transactions."""
    chain.mature(node)
    wide = chain.pay(chain.coins(node)[0], outputs=500)
    chain.mine_with(node, wide)
    for index in range(500):
        node.rpc.sendrawtransaction(chain.pay(wide.coin(index)).raw.hex())


@attack(prepare=full_mempool, options=("-peerbloomfilters=1",))
def mempool_requests(node, requests=5, network=66, real_time=False):
    """Has the whole mempool listed again and again (BIP35).

    Wants: the node copies and sorts its whole mempool each time and sends every hash of it.
    Sends: mempool, every time that the node may have answered the last. A wallet does it once, when it connects.
    Core: net_processing.cpp ProcessMessage (MEMPOOL), SendMessages ("Respond to BIP35 mempool requests", infoAll) at the next trickle,
    some 5 s for an inbound peer, at once with the permission noban. Needs -peerbloomfilters or the permission mempool.
    Effect: all hashes came that many times.
    """
    all_hashes = 36 * node.rpc.getmempoolinfo()["size"]
    with Clock(node, real_time) as clock, connected(node, hosts(network, 1)) as (attacker,):
        for number in range(requests):
            attacker.send("mempool")
            attacker.settle()
            clock.until(lambda: attacker.sent_by_node("inv") >= (number + 1) * all_hashes, "the mempool is listed", step=5)
        sent = attacker.sent_by_node("inv")
    return {"requests": requests, "hashes": sent // 36}
