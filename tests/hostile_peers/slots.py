"""Class "slots": holds the node's connections and what each costs it."""

import contextlib
import itertools
import os
import struct
import time

import harness
from scenarios import p2p

from . import chain, messages
from .attack import Clock, Log, attack, pace, size
from .peer import Peer, connected, frame, hosts, wait_gone

# 40 connections, of which Core keeps 11 for outgoing ones (net.h CConnman::Init: 8 + 2 + 1).
FEW_SLOTS, SLOTS = "-maxconnections=40", 29


def inbound(node, but=()):
    """`but`: ids of peers that were there before and are nobody's business."""
    return [peer for peer in node.rpc.getpeerinfo() if peer["inbound"] and peer["id"] not in but]


def present(node):
    return {peer["id"] for peer in inbound(node)}


@attack(options=(FEW_SLOTS,))
def silent_connections(node, connections=SLOTS, rounds=2, sources=6, network=69, real_time=False):
    """Connects and never says anything, again as soon as the node ends it.

    Wants: all slots for nothing: not one byte is sent.
    Sends: nothing. `connections` at a time from a few addresses, for `rounds` times the handshake's timeout.
    Core: net.cpp InactivityCheck disconnects a peer that has sent nothing after -peertimeout (60 s); until then each has a slot, for
    which another peer may be evicted (AttemptToEvictConnection).
    Effect: the node counts them as inbound peers of version 0, all slots are taken, and it ends them for silence only.
    """
    chosen = (hosts(network, sources) * (connections // sources + 1))[:connections]
    others = present(node)
    with Log(node, "net") as log, Clock(node, real_time) as clock:
        for _ in range(rounds):
            with connected(node, chosen, handshake=False) as attackers:
                harness.wait_until(lambda: len(inbound(node, others)) == connections, "all are in")
                assert all(peer["version"] == 0 and peer["bytesrecv"] == 0 for peer in inbound(node, others))
                clock.pass_time(30)
                assert not any(attacker.closed.is_set() for attacker in attackers)
                clock.pass_time(31)
                for attacker in attackers:
                    attacker.wait_closed()
        ended = log.wait_for("socket no message in first 60 seconds", count=connections * rounds)
    return {"connections": ended, "seconds of a slot each": 60}


def begin_handshakes(attackers, clock):
    """Each sends its version, and has the node's verack."""
    address = struct.pack("<Q", 9) + bytes(18)
    for attacker in attackers:
        attacker.send("version", struct.pack("<iQq", 70016, 9, clock.now) + address * 2 + os.urandom(8) + b"\x0f/Satoshi:31.0.0"
                      + struct.pack("<i?", 0, True))
    for attacker in attackers:
        attacker.wait_for("verack")


@attack(options=(FEW_SLOTS,))
def handshakes_never_finished(node, connections=SLOTS, network=69, real_time=False):
    """Sends its version and never the verack.

    Wants: slots, as with silence, but with what makes it look like a slow peer.
    Sends: one version each, from one address a connection, and answers nothing.
    Core: net_processing.cpp ProcessMessage (VERSION) makes it a peer with a version; net.cpp InactivityCheck: "version handshake
    timeout" after -peertimeout, 60 s.
    Effect: as many peers with a version that has not been answered, ended by that timeout.
    """
    with Log(node, "net") as log, Clock(node, real_time) as clock:
        with connected(node, hosts(network, connections), handshake=False) as attackers:
            begin_handshakes(attackers, clock)
            assert sum(peer["version"] == 70016 and "verack" not in peer["bytesrecv_per_msg"] for peer in inbound(node)) == connections
            clock.pass_time(61)
            for attacker in attackers:
                attacker.wait_closed()
        ended = log.wait_for("version handshake timeout", count=connections)
    return {"connections": ended}


@attack(options=(FEW_SLOTS,))
def silent_after_handshake(node, connections=SLOTS, sources=4, network=69, real_time=False):
    """Completes the handshake and says nothing any more, not even pong.

    Wants: slots for twenty minutes a connection, at no cost.
    Sends: the handshake. No pong.
    Core: net_processing.cpp MaybeSendPing ("ping timeout"), net.cpp InactivityCheck ("socket receive timeout"), TIMEOUT_INTERVAL 20 min.
    Effect: after 19 minutes all are still there, and have sent nothing since; after twenty the node ends them.
    """
    chosen = (hosts(network, sources) * (connections // sources + 1))[:connections]
    others = present(node)
    with Clock(node, real_time) as clock, connected(node, chosen, pong_delay=None) as attackers:
        before = {peer["addr"]: peer["bytesrecv"] for peer in inbound(node, others)}
        clock.pass_time(1_140)
        assert {peer["addr"]: peer["bytesrecv"] for peer in inbound(node, others)} == before and len(before) == connections
        clock.pass_time(120)
        for attacker in attackers:
            attacker.wait_closed()
    return {"connections": connections, "seconds of a slot each": 1_200}


@attack(options=(FEW_SLOTS,))
def slow_loris(node, connections=10, step=60, minutes=25, network=69, real_time=False):
    """Sends one message of 4 MB, a few bytes a minute.

    Wants: a slot indefinitely, without a single message: any byte counts as life.
    Sends: after the handshake the header of a block of 4 MB, then a byte every `step` seconds. Answers pings before that only: a pong
    cannot be sent within a message.
    Core: net.cpp CNode::ReceiveMsgBytes sets m_last_recv for any byte; InactivityCheck looks at that only. Core still ends it 20 min
    after the first ping without pong (MaybeSendPing).
    Effect: 19 minutes on, lastrecv is fresh, and no message has come since the handshake.
    """
    others = present(node)
    with Clock(node, real_time) as clock, connected(node, hosts(network, connections), pong_delay=None) as attackers:
        names = {attacker.name for attacker in attackers}
        before = {peer["addr"]: sum(peer["bytesrecv_per_msg"].values()) for peer in inbound(node, others)}
        started = clock.now
        for attacker in attackers:
            attacker.send_raw(frame("block", size=4_000_000, checksum=bytes(4)))
        held = 0
        while clock.now - started < minutes * 60 and not any(attacker.closed.is_set() for attacker in attackers):
            clock.pass_time(step)
            for attacker in attackers:
                with contextlib.suppress(OSError):
                    attacker.send_raw(b"\0")
            try:
                harness.wait_until(lambda: sum(peer["lastrecv"] >= clock.now - step for peer in inbound(node, others)) == connections, "bytes", 2)
            except AssertionError:
                break
            held = clock.now - started
            assert {peer["addr"]: sum(peer["bytesrecv_per_msg"].values()) for peer in inbound(node) if peer["addr"] in names} == before
    assert held >= 19 * 60, held
    return {"connections": connections, "seconds of a slot each": held}


@attack(options=(FEW_SLOTS,))
def few_hosts_many_connections(node, connections=60, rate=60, sources=3, network=69):
    """Connects, shakes hands, goes and comes back, from few hosts, for as long as it likes.

    Wants: to take part in every lottery: for addresses, for eviction, for being told of a transaction early.
    Sends: a handshake and a ping, `rate` a second, each from one of `sources` addresses and another port.
    Core: net.cpp CreateNodeFromAcceptedSocket: no limit by address or time.
    Effect: the node has given as many new peer ids to the same few addresses.
    """
    seen = {}
    chosen = hosts(network, sources)
    for number in pace(connections / rate, rate):
        with Peer(node, chosen[number % sources]) as attacker:
            info = attacker.info()
            seen[info["id"]] = info["addr"].rpartition(":")[0]
    assert len(seen) == connections and set(seen.values()) == set(chosen)
    return {"connections": connections, "hosts": sources}


@attack(prepare=chain.mature, options=(FEW_SLOTS,))
def protected_from_eviction(node, merits=True, network=69):
    """Drives out honest peers that were there first, by connections that have each just what protects one from eviction.

    Wants: all slots, for good: each of its connections evicts an honest one and cannot be evicted itself.
    Sends: eight connections answer pings at once (8 are protected by ping), eight say that they relay no transactions and bring a new
    block each (8), four bring a block (4), four a new transaction (4). Without `merits` it only connects, with slow pongs.
    Core: net.cpp AttemptToEvictConnection; node/eviction.cpp SelectNodeToEvict evicts the youngest that nothing protects, and
    ProtectEvictionCandidatesByRatio keeps half of the others by age.
    Effect: of SLOTS honest peers most were evicted, and nearly none of the attacker's 24.
    """
    wide = chain.pay(chain.coins(node)[0], outputs=10)
    chain.mine_with(node, wide)
    numbers = itertools.count()
    def block(peer):
        peer.send("block", chain.block_on_tip(node, bytes([next(numbers)])).raw)
    def transaction(peer):
        peer.send("tx", chain.pay(wide.coin(next(numbers) % 10)).raw)
    plan = [(None, True)] * 8 + [(block, False)] * 8 + [(block, True)] * 4 + [(transaction, True)] * 4
    honest, attackers = [], []
    with Log(node, "net") as log, contextlib.ExitStack() as stack:
        stack.callback(lambda: wait_gone(node, attackers + honest))
        for host in hosts(network + 100, SLOTS):
            honest.append(stack.enter_context(Peer(node, host, pong_delay=0.3)))
        for peer in honest:
            peer.answer_pings()
        for host, (merit, relay) in zip(hosts(network, len(plan)), plan):
            attacker = stack.enter_context(Peer(node, host, relay=relay, pong_delay=0 if merits and not merit else 0.3))
            attackers.append(attacker)
            if merits and merit:
                merit(attacker)
            attacker.settle()
        evicted = log.wait_for("selected inbound connection for eviction", count=len(plan))
        harness.wait_until(lambda: len(inbound(node)) == SLOTS, "the evicted are gone")
        kept = sum(attacker.info() is not None for attacker in attackers)
        lost = sum(peer.info() is None for peer in honest)
    assert lost >= 18 and kept >= 18, (kept, lost)
    return {"kept": kept, "of": len(attackers), "honest evicted": lost, "evictions": evicted}


def large_blocks(node):
    chain.mature(node)
    for _ in range(5):
        chain.large_block(node)


@attack(prepare=large_blocks)
def full_send_buffers(node, connections=30, minutes=0, network=69):
    """Asks for large blocks and does not read them.

    Wants: the node's memory: each connection pins a block and a send buffer until the connection ends, 20 minutes later at least.
    Sends: getdata for five blocks of 0.9 MB by each connection, and then does not read from its socket, for so many minutes.
    Core: net_processing.cpp ProcessGetData stops at fPauseSend (-maxsendbuffer, 1 MB), when a block is already queued; net.cpp
    InactivityCheck "socket sending timeout" after 20 min without any progress.
    Effect: the node's memory has grown by half a megabyte a connection, and it does not answer these peers' pings any more.
    """
    height = node.rpc.getblockcount()
    blocks = [messages.wire(node.rpc.getblockhash(height - depth)) for depth in range(5)]
    before, others = size(node), present(node)
    with connected(node, hosts(network, connections)) as attackers:
        for attacker in attackers:
            attacker.stop_reading()
            attacker.send("getdata", p2p.inventory(p2p.WITNESS_BLOCK, blocks * 5))
            attacker.send("ping", b"unheard!")
        def stuck():
            sent = [peer["bytessent"] for peer in inbound(node, others)]
            time.sleep(0.2)  # between two looks
            return sent == [peer["bytessent"] for peer in inbound(node, others)] and min(sent) > 10_000
        harness.wait_until(stuck, "nothing is sent any more")
        assert all(attacker.info()["bytesrecv_per_msg"]["getdata"] and attacker.sent_by_node("block") < 25 * 900_000
                   for attacker in attackers)
        grown = size(node) - before
        if minutes:
            Clock(node, real_time=True).pass_time(minutes * 60)
    assert grown > connections * 500_000, grown
    return {"connections": connections, "bytes of memory": grown}
