"""Class "noise": fills the node with messages that are unknown, useless, undecodable, repeated or punished."""

import os
import random
import struct

from scenarios import p2p

from . import chain, messages
from .attack import Log, attack, pace
from .peer import Peer, connected, frame, hosts


@attack()
def unknown_types(node, duration=1, rate=200, size=1_000, network=68):
    """Sends messages of types that nobody knows.

    Wants: bandwidth, log lines, and to hide what else it sends.
    Sends: `rate` messages a second with random printable names and random payloads.
    Core: net_processing.cpp ProcessMessage, last lines: "Ignore unknown message types for extensibility". No limit, no punishment.
    Effect: the bytes are counted under *other*, the log names each.
    """
    rng = random.Random(network)
    with Log(node, "net") as log, connected(node, hosts(network, 1)) as (attacker,):
        for _ in pace(duration, rate):
            attacker.send("".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=12)), rng.randbytes(size))
        attacker.settle()
        other = attacker.received_by_node("*other*")
        lines = log.count("Unknown message type")
    assert lines == round(duration * rate) and other >= lines * size
    return {"messages": lines, "bytes": other}


@attack(prepare=chain.mature)
def undecodable_messages(node, duration=1, rate=100, network=68):
    """Sends messages that end too early, claim more than they have, or do not even arrive whole.

    Wants: to find a fault in the node's parsers, or in those of a program that watches it.
    Sends: every type with a payload cut off at a random byte or a count of 2^64-1, and messages with a wrong checksum, a name with
    bytes that are not printable, in turn.
    Core: net_processing.cpp ProcessMessages catches what unserialize throws ("Exception ... caught"), net.cpp V1Transport
    (wrong checksum, invalid type: message dropped, connection kept). Nobody is punished.
    Effect: a log line for each; the connection is still there.
    """
    rng = random.Random(network)
    valid = {"inv": p2p.inventory(p2p.TX, [bytes(32)] * 3), "headers": messages.headers(bytes(80)), "addrv2": p2p.addrv2(3, rng),
             "getdata": p2p.inventory(p2p.TX, [bytes(32)] * 3), "tx": p2p.transaction(rng), "getblocks": messages.locator([bytes(32)]),
             "cmpctblock": messages.compact_block(bytes(80), p2p.transaction(rng), [bytes(6)] * 3), "notfound": p2p.inventory(1, [bytes(32)]),
             "block": bytes(80) + b"\1" + p2p.transaction(rng), "feefilter": bytes(8), "ping": bytes(8), "sendcmpct": messages.sendcmpct(0)}
    with Log(node, "net") as log, connected(node, hosts(network, 1)) as (attacker,):
        for number in pace(duration, rate):
            kind, payload = rng.choice(list(valid.items()))
            way = number % 4
            if way == 0:
                attacker.send(kind, payload[:rng.randrange(len(payload))])
            elif way == 1:
                attacker.send("inv", b"\xff" * 9)
            elif way == 2:
                attacker.send_raw(frame(kind, payload, checksum=b"oops"))
            else:
                attacker.send_raw(frame("in\x01v", payload))
        attacker.settle()
        thrown, dropped = log.count("Exception", "caught"), log.count("Header error")
        assert attacker.info()
    assert thrown == dropped == round(duration * rate) // 2
    return {"undecodable": thrown, "dropped": dropped}


@attack()
def messages_before_verack(node, duration=1, rate=200, network=68):
    """Sends everything but the verack that would complete the handshake.

    Wants: to be heard without being anybody: before the handshake is complete hardly anything is punished.
    Sends: version, then inv, tx, getdata, block, further versions, `rate` a second, and never verack.
    Core: net_processing.cpp ProcessMessage ("Unsupported message ... prior to verack", "redundant version message"); net.cpp
    InactivityCheck ends it after -peertimeout, 60 s.
    Effect: the bytes are counted, the log names each, the connection is not complete.
    """
    rng = random.Random(network)
    address = struct.pack("<Q", 9) + bytes(18)
    version = struct.pack("<iQq", 70016, 9, 0) + address * 2 + os.urandom(8) + b"\0" + struct.pack("<i?", 0, True)
    early = [("version", version), ("inv", p2p.inventory(p2p.WTX, [bytes(32)])), ("tx", p2p.transaction(rng)),
             ("getdata", p2p.inventory(p2p.TX, [bytes(32)])), ("block", bytes(81)), ("ping", bytes(8))]
    with Log(node, "net") as log, connected(node, hosts(network, 1), handshake=False) as (attacker,):
        attacker.send("version", version)
        attacker.wait_for("verack")
        for number in pace(duration, rate):
            attacker.send(*early[number % len(early)])
        total = round(duration * rate)
        lines = log.wait_for("prior to verack", count=total - -(-total // len(early)))
        lines += log.wait_for("redundant version", count=total // len(early))
        assert attacker.info()["bytesrecv_per_msg"]["block"] > 0
    assert lines == total
    return {"messages": lines}


@attack(prepare=chain.mine)
def useless_addresses(node, duration=1, rate=20, network=68):
    """Announces addresses that lead nowhere: private, local, multicast, reserved for documentation, without a port, of the far past.

    Wants: the node's time, and that it forgets better ones.
    Sends: addrv2 with 100 such addresses, `rate` times a second, without ever being asked.
    Core: net_processing.cpp ProcessAddrs takes one at first and 0.1 a second by each connection, the others are counted as rate-limited;
    addrman.cpp AddSingle drops what is not routable. No punishment up to 1,000 in a message.
    Effect: nearly all are rate-limited, and the address manager has none.
    """
    rng = random.Random(network)
    networks = [(10,), (127,), (192, 168), (169, 254), (192, 0, 2), (198, 51, 100), (203, 0, 113), (100, 64), (198, 18)]
    with connected(node, hosts(network, 1)) as (attacker,):
        for _ in pace(duration, rate):
            batch = [(bytes(prefix) + rng.randbytes(3))[:4] for prefix in rng.choices(networks, k=100)]
            attacker.send("addrv2", messages.addrv2(batch, seen=rng.choice([0, 1, None]), port=rng.choice([0, 8333])))
        attacker.settle()
        info = attacker.info()
    sent = round(duration * rate) * 100
    assert info["addr_processed"] + info["addr_rate_limited"] == sent and info["addr_rate_limited"] > sent * 0.9
    assert node.rpc.getnodeaddresses(0) == []
    return {"addresses": sent, "rate-limited": info["addr_rate_limited"]}


@attack(prepare=chain.mature)
def unknown_inventory(node, duration=1, rate=2, items=10_000, network=68):
    """Announces things of kinds that nobody knows.

    Wants: the node's time under cs_main: one message may have 50,000 items.
    Sends: inv with random types, and getdata for the same, `rate` times a second.
    Core: net_processing.cpp ProcessMessage (INV: "Unknown inv type", a log line each), ProcessGetData drops one unknown item at each
    turn of the message loop. No punishment up to 50,000 items.
    Effect: a log line for each item; the messages were received whole.
    """
    rng = random.Random(network)
    asked = 100  # of getdata, each of which takes a turn of the message loop
    with Log(node, "net") as log, connected(node, hosts(network, 1)) as (attacker,):
        for _ in pace(duration, rate):
            attacker.send("inv", p2p.inventory(rng.randrange(100, 2**30), [rng.randbytes(32) for _ in range(items)]))
            attacker.send("getdata", p2p.inventory(99, [rng.randbytes(32) for _ in range(asked)]))
        attacker.settle()
        lines = log.count("Unknown inv type")
        received = attacker.received_by_node("inv") + attacker.received_by_node("getdata")
        assert attacker.count["notfound"] == 0
    assert lines == round(duration * rate) * items
    return {"items": lines, "bytes": received}


@attack()
def toggled_settings(node, duration=1, rate=300, network=68):
    """Changes its mind about everything that a peer may choose, all the time.

    Wants: work, and that nobody can tell what it prefers.
    Sends: sendcmpct on and off, with unknown versions, sendheaders again, feefilter between nothing and everything, in turn.
    A node says each once, and feefilter every ten minutes.
    Core: net_processing.cpp ProcessMessage (SENDCMPCT, SENDHEADERS, FEEFILTER): takes the last; no limit.
    Effect: the bytes of each by getpeerinfo, and the node believes the last.
    """
    toggles = [("sendcmpct", messages.sendcmpct(1)), ("sendcmpct", messages.sendcmpct(0, 9)), ("sendheaders", b""),
               ("feefilter", struct.pack("<q", 100_000_000)), ("sendcmpct", messages.sendcmpct(0)), ("feefilter", struct.pack("<q", 0))]
    with connected(node, hosts(network, 1)) as (attacker,):
        for number in pace(duration, rate):
            attacker.send(*toggles[number % len(toggles)])
        attacker.send("feefilter", struct.pack("<q", 12_345))
        attacker.send("sendcmpct", messages.sendcmpct(1))
        attacker.settle()
        info = attacker.info()
        rounds = round(duration * rate) // len(toggles)
        assert attacker.received_by_node("sendcmpct") >= rounds * 3 * 33 and attacker.received_by_node("feefilter") >= rounds * 2 * 32
    assert info["bip152_hb_from"] and round(float(info["minfeefilter"]) * 1e8) == 12_345
    return {"messages": round(duration * rate)}


@attack(prepare=chain.mature)
def unasked_answers(node, duration=1, rate=200, network=68):
    """Answers what nobody asked.

    Wants: log lines and work; a notfound may carry 5,016 hashes that are looked up.
    Sends: pong without ping, notfound for random hashes, blocktxn for no block, empty headers, merkleblock, in turn.
    Core: net_processing.cpp ProcessPong ("Unsolicited pong without ping"), ProcessMessage (NOTFOUND), ProcessCompactBlockTxns
    ("Peer sent us block transactions for block we weren't expecting"). No punishment.
    Effect: log lines for pong and blocktxn, bytes for the others.
    """
    rng = random.Random(network)
    kinds = ("pong", "notfound", "blocktxn", "headers", "cfilter")
    with Log(node, "net") as log, connected(node, hosts(network, 1)) as (attacker,):
        attacker.settle()
        for number in pace(duration, rate):
            kind = kinds[number % len(kinds)]
            attacker.send(kind, {"pong": rng.randbytes(8), "notfound": p2p.inventory(p2p.WTX, [rng.randbytes(32) for _ in range(200)]),
                                 "blocktxn": rng.randbytes(32) + b"\0", "headers": b"\0", "cfilter": bytes(40)}[kind])
        attacker.settle()
        rounds = round(duration * rate) // len(kinds)
        pongs, transactions = log.count("pong peer=", "expected"), log.count("block transactions for block we weren't expecting")
        assert pongs >= rounds and transactions == rounds, (pongs, transactions)
        assert attacker.received_by_node("notfound") > rounds * 200 * 36
    return {"answers": rounds * len(kinds)}


@attack(prepare=chain.mature)
def duplicates(node, duration=1, rate=20, network=68):
    """Announces and sends what the node has, over and over.

    Wants: processor time: a block that is known is parsed, hashed and checked for mutation all the same.
    Sends: the tip's block, its header, an inv for it, a transaction of the mempool as tx, and an inv with it, `rate` rounds a second.
    Core: net_processing.cpp ProcessMessage (BLOCK: IsBlockMutated before anything is looked up; INV "have"), txdownloadman_impl.cpp
    ReceivedTx. No punishment.
    Effect: the log has a received block and a known inv for each round; the tip stays.
    """
    chain.large_block(node)
    tip = node.rpc.getbestblockhash()
    block = bytes.fromhex(node.rpc.getblock(tip, 0))
    paid = chain.pay(chain.coins(node)[0])
    node.rpc.sendrawtransaction(paid.raw.hex())
    rounds = round(duration * rate)
    with Log(node, "net") as log, connected(node, hosts(network, 1)) as (attacker,):
        for _ in pace(duration, rate):
            attacker.send("inv", p2p.inventory(p2p.BLOCK, [messages.wire(tip)]))
            attacker.send("headers", messages.headers(block[:80]))
            attacker.send("block", block)
            attacker.send("inv", p2p.inventory(p2p.WTX, [paid.wtxid]))
            attacker.send("tx", paid.raw)
        attacker.settle()
        assert log.count("received block", tip) == rounds
        assert log.count("got inv", " have ") == 2 * rounds
        received = sum(attacker.info()["bytesrecv_per_msg"].values())
    assert node.rpc.getbestblockhash() == tip
    return {"rounds": rounds, "bytes": received}


def offences(node):
    """Messages for which a peer is disconnected and discouraged."""
    tip = node.rpc.getbestblockhash()
    mutated = bytearray.fromhex(node.rpc.getblock(tip, 0))
    mutated[-5] ^= 1
    return [("sendcmpct", messages.sendcmpct(2)), ("inv", p2p.compact_size(50_001) + bytes(36) * 50_001), ("block", bytes(mutated)),
            ("headers", p2p.compact_size(2_001)), ("addrv2", messages.addrv2([b"\xf0\0\0\1"] * 1_001)),
            ("headers", messages.headers(struct.pack("<i", 1) + messages.wire(tip) + bytes(36) + struct.pack("<II", 0x03000001, 1)))]


@attack(prepare=chain.mature)
def punished_and_back(node, offenders=18, rate=9, network=68):
    """Does what is punished, is disconnected, and comes back from another address at once.

    Wants: to show that punishment costs nothing; to fill the log and the list of discouraged addresses.
    Sends: an offence after each handshake: an impossible sendcmpct, too many items, headers or addresses, a mutated block, a header
    without proof of work. The next connection comes from the next address.
    Core: net_processing.cpp Misbehaving, MaybeDiscourageAndDisconnect: an address of 127.0.0.0/8 is only disconnected, any other is
    discouraged as well: one that is full takes no more from it.
    Effect: a "Misbehaving" line and a disconnect for each.
    """
    wrong = offences(node)
    with Log(node, "net") as log:
        for number, host in zip(pace(offenders / rate, rate), hosts(network, offenders)):
            with Peer(node, host) as attacker:
                attacker.send(*wrong[number % len(wrong)])
                attacker.wait_closed()
        punished = log.wait_for("Misbehaving: peer=", count=offenders)
    return {"punished": punished}
