"""Class "benign": legitimate behaviour that looks near the attacks. What is said of it is a false positive."""

import random
import struct

import harness
from scenarios import p2p

from . import chain, messages
from .attack import Clock, Log, attack
from .peer import Peer, connected, hosts
from .send import rich_filters
from .work import recent_blocks


def long_chain_with_large_blocks(node):
    chain.mine(node, 200)
    for _ in range(5):
        chain.large_block(node)


@attack(prepare=long_chain_with_large_blocks)
def initial_block_download(node, network=72):
    """Downloads the whole chain once, as a new node does. Near: send, work.

    Does: getheaders from genesis until it has all, then getdata for 16 blocks at a time, each once.
    Core: net_processing.cpp FindNextBlocks, MAX_BLOCKS_IN_TRANSIT_PER_PEER 16.
    Shown by: the node has sent each block once.
    """
    height = node.rpc.getblockcount()
    hashes = [messages.wire(node.rpc.getblockhash(number)) for number in range(height + 1)]
    with connected(node, hosts(network, 1)) as (peer,):
        known = hashes[0]
        while known != hashes[-1]:
            seen = peer.count["headers"]
            peer.send("getheaders", messages.locator([known]))
            peer.wait_count("headers", seen + 1)
            known = hashes[min(hashes.index(known) + 2_000, height)]
        for start in range(1, height + 1, 16):
            batch = hashes[start:start + 16]
            peer.send("getdata", p2p.inventory(p2p.WITNESS_BLOCK, batch))
            peer.wait_count("block", start - 1 + len(batch))
        sent = peer.sent_by_node("block")
        assert peer.count["block"] == height
    return {"blocks": height, "bytes": sent}


@attack(prepare=rich_filters, options=("-blockfilterindex=1", "-peerblockfilters=1"))
def compact_filter_wallet(node, network=72):
    """Is a wallet with BIP157 that was offline for long. Near: send, work.

    Does: the filters' check points, headers and filters of the whole chain once, then the two blocks that matched.
    Core: net_processing.cpp ProcessGetCFCheckPt, ProcessGetCFHeaders, ProcessGetCFilters.
    Shown by: each filter was sent once.
    """
    height, tip = node.rpc.getblockcount(), messages.wire(node.rpc.getbestblockhash())
    with connected(node, hosts(network, 1), user_agent=b"/btcwire:0.5.0/neutrino:0.12.0-beta/", services=0, relay=False) as (wallet,):
        wallet.send("getheaders", messages.locator([messages.wire(node.rpc.getblockhash(0))]))
        wallet.wait_count("headers", 1)
        wallet.send("getcfcheckpt", b"\0" + tip)
        wallet.send("getcfheaders", messages.filter_range(0, tip))
        wallet.send("getcfilters", messages.filter_range(0, tip))
        wallet.wait_count("cfilter", height + 1)
        wallet.send("getdata", p2p.inventory(p2p.WITNESS_BLOCK, recent_blocks(node, 2)))
        wallet.wait_count("block", 2)
        sent = wallet.sent_by_node("cfilter")
        assert wallet.count["cfilter"] == height + 1
    return {"filters": height + 1, "bytes": sent}


@attack(prepare=chain.mature, options=("-peerbloomfilters=1",))
def bloom_wallet(node, blocks=100, network=72):
    """Is a wallet with BIP37 that catches up. Near: work.

    Does: one filterload, each block once as a merkle block, mempool once, filteradd when it has a new key.
    Core: net_processing.cpp ProcessGetBlockData (IsMsgFilteredBlk).
    Shown by: a merkleblock for each block.
    """
    rng = random.Random(network)
    with connected(node, hosts(network, 1), user_agent=b"/bitcoinj:0.16.2/Wallet:1.0/", services=0, relay=False) as (wallet,):
        wallet.send("filterload", messages.filterload(rng.randbytes(300), 10))
        wallet.send("mempool")
        for block in reversed(recent_blocks(node, blocks)):
            wallet.send("getdata", p2p.inventory(messages.FILTERED_BLOCK, [block]))
        wallet.wait_count("merkleblock", blocks)
        wallet.send("filteradd", p2p.compact_size(33) + b"\x02" + rng.randbytes(32))
        wallet.settle()
        assert wallet.received_by_node("filteradd") > 0
    return {"blocks": blocks}


@attack(prepare=chain.mature)
def slow_tor_peer(node, blocks=3, delay=20, network=72, real_time=False):
    """Is far away: its pongs, transactions and blocks come late, but they come. Near: withhold, slots.

    Does: announces blocks that it is the first to have, and delivers each `delay` seconds after the request; pongs take seconds. From
    127.0.0.1, where the Tor proxy of the node's host connects from.
    Core: net_processing.cpp SendMessages ends a block's download after ten minutes.
    Shown by: each block was in flight from it, and became the tip.
    """
    with Clock(node, real_time) as clock, Peer(node, "127.0.0.1", pong_delay=4 if real_time else 0.1) as peer:
        for number in range(blocks):
            block = chain.block_on_tip(node, bytes([number]), time_s=clock.now)
            peer.send("headers", messages.headers(block.header))
            peer.wait_count("getdata", number + 1)
            clock.pass_time(delay)
            assert peer.info()["inflight"] == [node.rpc.getblockcount() + 1]
            peer.send("block", block.raw)
            peer.settle()
            assert node.rpc.getbestblockhash() == block.hex_hash
            clock.pass_time(600 - delay, [peer])
        harness.wait_until(lambda: peer.received_by_node("pong") > 0, "a late pong")
    return {"blocks": blocks, "seconds late": delay}


def known_addresses(node):
    chain.mine(node)
    for number in range(200):
        node.rpc.addpeeraddress(messages.text((240 + number % 10, number, 1, 7)), 8333)


@attack(prepare=known_addresses)
def crawler(node, visits=3, network=72, pause=300, real_time=False):
    """Is a crawler that says so. Near: send, slots.

    Does: comes every `pause` seconds from one address with its name in the user agent, asks for addresses, and goes.
    Core: net_processing.cpp ProcessMessage (GETADDR).
    Shown by: the node has answered each visit.
    """
    total = 0
    with Clock(node, real_time) as clock:
        for _ in range(visits):
            with Peer(node, hosts(network, 1)[0], user_agent=b"/bitnodes.io:0.3/", services=0, relay=False) as peer:
                peer.send("getaddr")
                peer.wait_count("addrv2", 1)
                assert peer.info()["subver"] == "/bitnodes.io:0.3/"
                total += peer.sent_by_node("addrv2")
            clock.pass_time(pause)
    return {"visits": visits, "bytes": total}


@attack(prepare=chain.mature)
def rebroadcasting_wallet(node, rounds=5, pause=1_800, network=72, real_time=False):
    """Is a wallet that announces its own unconfirmed transaction again, and raises its fee twice. Near: noise, steer.

    Does: an inv with the same transaction every half hour, a replacement with a higher fee now and then.
    Core: wallet/wallet.cpp ResubmitWalletTransactions, SetNextResend; validation.cpp MemPoolAccept::ReplacementChecks.
    Shown by: the last replacement is in the mempool, and the announcements of what the node has brought no request.
    """
    coin, = chain.coins(node)
    sent = {}
    def give(peer, kind, payload):
        if kind == "getdata":
            for _, item in p2p.read_inventory(payload):
                peer.send("tx", sent[item].raw)
    with Clock(node, real_time) as clock, Peer(node, hosts(network, 1)[0], on_message=give) as wallet:
        for number in range(rounds):
            paid = chain.pay(coin, fee=10_000 * (1 + number // 2))
            sent[paid.wtxid] = paid
            wallet.send("inv", p2p.inventory(p2p.WTX, [paid.wtxid]))
            wallet.settle()
            clock.until(lambda: paid.hex_txid in node.rpc.getrawmempool(), "the transaction is in")
            clock.pass_time(pause, [wallet])
        assert wallet.count["getdata"] == len(sent) == 3
    return {"announcements": rounds, "replacements": len(sent) - 1}


@attack(prepare=chain.mature)
def client_of_a_newer_version(node, network=72):
    """Speaks of things that this node does not know yet, once, as BIPs ask for. Near: noise.

    Does: in the handshake sendtxrcncl and unknown messages, later one unknown message and an inv of an unknown kind.
    Core: net_processing.cpp ProcessMessage ignores all of them.
    Shown by: the log has them as unknown, and the connection stays.
    """
    address = struct.pack("<Q", 9) + bytes(18)
    with Log(node, "net") as log, connected(node, hosts(network, 1), handshake=False) as (peer,):
        peer.send("version", struct.pack("<iQq", 70099, 9, 0) + address * 2 + bytes(7) + b"\1\x10/Satoshi:99.0.0/" + struct.pack("<i?", 0, True))
        peer.wait_for("version")
        for kind, payload in (("wtxidrelay", b""), ("sendaddrv2", b""), ("sendtxrcncl", struct.pack("<IQ", 1, 7)), ("sendpackages", bytes(8)),
                              ("verack", b""), ("sendpackages", bytes(8)), ("inv", p2p.inventory(6, [bytes(32)]))):
            peer.send(kind, payload)
        peer.settle()
        assert log.count("Unknown message type \"sendpackages\"") == 1 and log.count("Unknown inv type") == 1
        assert peer.info()["subver"] == "/Satoshi:99.0.0/"
    return {"unknown messages": 3}


@attack(prepare=chain.mature)
def miner_close_by(node, blocks=3, network=72):
    """Is a miner's own node: the first with its blocks. Near: steer.

    Does: half of the blocks come from it first, as compact blocks that lack nothing; the others it hears of from the node.
    Core: net_processing.cpp MaybeSetPeerAsAnnouncingHeaderAndIDs.
    Shown by: its blocks are in the chain, and it is a high-bandwidth peer.
    """
    with connected(node, hosts(network, 1)) as (miner,):
        miner.send("sendcmpct", messages.sendcmpct(1))
        miner.settle()
        for number in range(blocks):
            chain.mine(node)
            block = chain.block_on_tip(node, bytes([number]))
            miner.send("cmpctblock", messages.compact_block(block.header, block.transactions[0], []))
            miner.settle()
            assert node.rpc.getbestblockhash() == block.hex_hash
        assert miner.info()["bip152_hb_to"]
        harness.wait_until(lambda: miner.count["cmpctblock"] + miner.count["headers"] + miner.count["inv"] > 0, "the node's own blocks")
    return {"blocks": blocks}


@attack(prepare=chain.mature)
def quiet_block_relay_peer(node, minutes=60, network=72, real_time=False):
    """Relays blocks only: it wants no transactions and no addresses, and says nothing but pong for an hour. Near: slots.

    Does: the handshake with relay off, answers to pings every two minutes.
    Core: net.h MAX_BLOCK_RELAY_ONLY_CONNECTIONS: each node has two of these.
    Shown by: it is connected for that long, with no message of it but the handshake and pong.
    """
    with Clock(node, real_time) as clock, connected(node, hosts(network, 1), relay=False) as (peer,):
        pings = peer.count["ping"]
        for number in range(minutes // 3):
            clock.pass_time(180)
            peer.wait_count("ping", pings + number + 1)
            harness.wait_until(lambda: "pingwait" not in peer.info(), "pong")
        info = peer.info()
    assert set(info["bytesrecv_per_msg"]) <= {"version", "wtxidrelay", "sendaddrv2", "verack", "ping", "pong"}
    assert not info["relaytxes"]
    return {"minutes": minutes}
