"""Class "noise": messages that are valid and carry nothing."""

import os
import random
import struct

from scenarios.p2p import compact_size

from . import chain, messages
from .attack import Log, attack, pace
from .peer import connected, hosts
from .work import long_chain


@attack()
def padded_messages(node, duration=1, rate=2, size=3_900_000, network=68):
    """Appends megabytes that nobody reads to messages that need a few bytes.

    Wants: the node's download, and the checksum of all of it; to look like a peer that only pings.
    Sends: ping, pong, feefilter, sendheaders and getaddr with nearly 4 MB behind what they mean.
    Core: net_processing.cpp ProcessMessage reads from the front and does not look at the rest; protocol.h / net.h
    MAX_PROTOCOL_MESSAGE_LENGTH 4,000,000. No punishment.
    Effect: the bytes are counted under these types, the pings are answered, the connection stays.
    """
    kinds = [("ping", bytes(8)), ("feefilter", struct.pack("<q", 1_000)), ("sendheaders", b""), ("getaddr", b""), ("pong", bytes(8))]
    with connected(node, hosts(network, 1)) as (attacker,):
        for number in pace(duration, rate):
            kind, payload = kinds[number % len(kinds)]
            attacker.send(kind, payload + bytes(size))
        attacker.settle()
        received = sum(attacker.received_by_node(kind) for kind, _ in kinds)
    sent = round(duration * rate)
    assert received >= sent * size
    return {"messages": sent, "bytes": received}


@attack(prepare=long_chain)
def known_headers_again(node, duration=1, rate=10, network=68):
    """Sends headers that the node has had for long, as many as a message may have.

    Wants: hashing: each of them is hashed and looked up under cs_main; 160 kB a message.
    Sends: headers with the whole chain, unasked, `rate` times a second.
    Core: net_processing.cpp ProcessHeadersMessage: CheckHeadersPoW for all, then it finds that they are in the index. No punishment.
    Effect: the bytes of headers; the tip stays, and so does the connection.
    """
    height = node.rpc.getblockcount()
    every = messages.headers(*(bytes.fromhex(node.rpc.getblockheader(node.rpc.getblockhash(number), False)) for number in range(1, height + 1)))
    with connected(node, hosts(network, 1)) as (attacker,):
        for _ in pace(duration, rate):
            attacker.send("headers", every)
        attacker.settle()
        received = attacker.received_by_node("headers")
        assert attacker.info()["synced_headers"] == height
    assert received >= round(duration * rate) * len(every)
    return {"messages": round(duration * rate), "bytes": received}


@attack()
def repeated_handshakes(node, duration=2, rate=2, peers=4, network=68):
    """Introduces itself again and again.

    Wants: log lines, and to confuse what believes the latest version message.
    Sends: after the handshake further version messages, each with another user agent, time and services, and verack.
    Core: net_processing.cpp ProcessMessage: "redundant version message", "ignoring redundant verack message"; no punishment.
    Effect: a log line for each; the node still has the first user agent.
    """
    rng = random.Random(network)
    address = struct.pack("<Q", 9) + bytes(18)
    with Log(node, "net") as log, connected(node, hosts(network, peers)) as attackers:
        for number in pace(duration, rate):
            for attacker in attackers:
                agent = b"/Satoshi:%d.0.0/" % rng.randrange(20, 30)
                attacker.send("version", struct.pack("<iQq", 70016, rng.randrange(2**11), number) + address * 2 + os.urandom(8)
                              + compact_size(len(agent)) + agent + struct.pack("<i?", number, True))
                attacker.send("verack")
        for attacker in attackers:
            attacker.settle()
        sent = round(duration * rate) * peers
        assert log.wait_for("redundant version message", count=sent) == sent
        assert log.wait_for("redundant verack message", count=sent) == sent
        assert {attacker.info()["subver"] for attacker in attackers} == {"/Satoshi:27.0.0/"}
    return {"messages": 2 * sent}


@attack(prepare=chain.mine)
def odd_addresses(node, duration=1, rate=20, network=68):
    """Announces no addresses, addresses of networks that do not exist, and addresses that are too long.

    Wants: to find a parser that believes the length, and to be taken for a peer that relays addresses.
    Sends: addrv2 with nothing, with unknown network numbers and up to 512 bytes, with TORV2, with lengths that do not fit the
    network, with more than 512 bytes, in turn.
    Core: netaddress.h CNetAddr::UnserializeV2Stream, SetNetFromBIP155Network: unknown ones are skipped, wrong lengths throw ("BIP155 ...
    address with length", "Address too long"); the message is dropped, the peer stays.
    Effect: an exception for two of five messages; the address manager is empty.
    """
    rng = random.Random(network)

    def entry(number, size):
        return struct.pack("<I", 0) + compact_size(1) + bytes([number]) + compact_size(size) + rng.randbytes(size) + b"\x20\x8d"
    with Log(node, "net") as log, connected(node, hosts(network, 1)) as (attacker,):
        for number in pace(duration, rate):
            attacker.send("addrv2", (compact_size(0), compact_size(10) + b"".join(entry(rng.randrange(7, 256), 512) for _ in range(10)),
                                     compact_size(1) + entry(3, 10), compact_size(1) + entry(1, 5), compact_size(1) + entry(9, 513))[number % 5])
        attacker.settle()
        thrown = log.count("Exception", "caught")
        assert attacker.info()
    sent = round(duration * rate)
    assert thrown == sent // 5 * 2 and node.rpc.getnodeaddresses(0) == []
    return {"messages": sent, "undecodable": thrown}


@attack()
def flapping_feefilters(node, duration=4, rate=0.5, peers=6, network=68):
    """Changes the lowest fee rate that it wants, from several hosts, slowly.

    Wants: to find out by what it is told which transactions the node has, and at which fee rate.
    Sends: feefilter, each time another, every two seconds by each. A node sends one in ten minutes.
    Core: net_processing.cpp ProcessMessage (FEEFILTER): takes the last.
    Effect: the node has the last one of each.
    """
    rng = random.Random(network)
    with connected(node, hosts(network, peers)) as attackers:
        for number in pace(duration, rate):
            for attacker in attackers:
                attacker.send("feefilter", struct.pack("<q", rng.randrange(1_000, 1_000_000) if number % 2 else 2_000_000))
        for attacker in attackers:
            attacker.send("feefilter", struct.pack("<q", 4_321))
            attacker.settle()
        assert {round(float(attacker.info()["minfeefilter"]) * 1e8) for attacker in attackers} == {4_321}
    return {"messages": round(duration * rate) * peers}


@attack()
def pings_by_many(node, duration=2, rate=3, peers=20, network=80):
    """Pings a little from each of many networks.

    Wants: an answer to each, and to measure when the node is busy.
    Sends: `rate` pings a second by each. A node pings every two minutes.
    Core: net_processing.cpp ProcessMessage (PING): a pong for each.
    Effect: as many pongs.
    """
    with connected(node, [f"127.{network + number}.0.1" for number in range(peers)]) as attackers:
        pongs = [attacker.count["pong"] for attacker in attackers]
        for number in pace(duration, rate):
            for attacker in attackers:
                attacker.send("ping", struct.pack("<Q", number))
        sent = round(duration * rate)
        for attacker, before in zip(attackers, pongs):
            attacker.wait_count("pong", before + sent)
    return {"pings": sent * peers}
