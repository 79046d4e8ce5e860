"""Class "slots": connections of BIP 324 that never get to a handshake, and those that leave before they are punished."""

import contextlib
import os
import socket
import struct

import harness
from . import messages
from .attack import Clock, Log, attack, pace
from .peer import Peer
from .slots import FEW_SLOTS, inbound


def spread(network, count):
    """Each in a network of its own."""
    return [f"127.{network + number % 24}.{number // 24}.1" for number in range(count)]


class Unread(Peer):
    """One that does not look at what the node sends."""

    def _read(self):
        try:
            while self.socket.recv(4_096):
                pass
        except OSError:
            pass
        finally:
            self.closed.set()


@attack(options=(FEW_SLOTS,))
def unfinished_v2_handshakes(node, connections=22, network=80, real_time=False):
    """Sends a key of the v2 transport and nothing more.

    Wants: a slot for a minute, for 64 bytes; the node works out a shared secret for each.
    Sends: 64 random bytes, which are a key of ElligatorSwift, from as many networks as connections.
    Core: net.cpp V2Transport::ProcessReceivedKeyBytes: computes the secret, answers, waits for up to 4,111 bytes of garbage;
    InactivityCheck: "V2 handshake timeout" after -peertimeout, 60 s.
    Effect: the node has sent its own key to each, and ends them after a minute only.
    """
    with Log(node, "net") as log, Clock(node, real_time) as clock, contextlib.ExitStack() as stack:
        attackers = [stack.enter_context(Unread(node, host, handshake=False)) for host in spread(network, connections)]
        for attacker in attackers:
            attacker.send_raw(os.urandom(64))
        harness.wait_until(lambda: sum(peer["bytessent"] >= 64 and peer["version"] == 0 for peer in inbound(node)) >= connections,
                           "the node has sent its keys")
        clock.pass_time(30)
        assert not any(attacker.closed.is_set() for attacker in attackers)
        clock.pass_time(31)
        for attacker in attackers:
            attacker.wait_closed()
        ended = log.wait_for("V2 handshake timeout", count=connections)
    return {"connections": ended}


@attack()
def v2_keys_and_gone(node, connections=40, rate=40, network=80):
    """Has the node compute a shared secret, and goes.

    Wants: work for 64 bytes, from many networks, and never a message that a program could look at.
    Sends: 64 random bytes; closes when the node's key has come.
    Core: net.cpp V2Transport::ProcessReceivedKeyBytes, bip324.cpp BIP324Cipher::Initialize.
    Effect: a key of the node for each.
    """
    keys = 0
    with Log(node, "net") as log:
        for _, host in zip(pace(connections / rate, rate), spread(network, connections)):
            with socket.create_connection(("127.0.0.1", node.port), 30, (host, 0)) as attacker:
                attacker.sendall(os.urandom(64))
                answer = b""
                while len(answer) < 64:
                    part = attacker.recv(4_096)
                    assert part, "the node has closed the connection"
                    answer += part
                keys += 1
        log.wait_for("connection from", count=connections)
    assert keys == connections
    return {"connections": connections, "keys": keys}


OFFENCES = (("wtxidrelay", b""), ("sendtxrcncl", struct.pack("<IQ", 1, 7)), ("sendaddrv2", b""), ("mempool", b""),
            ("filterload", messages.filterload(b"\xff", 1)), ("getcfilters", messages.filter_range(0, bytes(32))))


@attack(options=("-txreconciliation=1",))
def unpunished_and_back(node, offenders=24, rate=12, network=80):
    """Does what ends the connection and nothing else, and comes back from another network.

    Wants: slots and log lines for nothing: these offences are not remembered.
    Sends: after each handshake what has to come before verack (wtxidrelay, sendaddrv2, sendtxrcncl), or what the node does not
    offer (mempool, filterload, getcfilters).
    Core: net_processing.cpp ProcessMessage sets fDisconnect, without Misbehaving. Needs -txreconciliation, for sendtxrcncl.
    Effect: the node has ended each connection; no line of misbehaviour.
    """
    with Log(node, "net") as log:
        for number, host in zip(pace(offenders / rate, rate), spread(network, offenders)):
            with Peer(node, host) as attacker:
                attacker.send(*OFFENCES[number % len(OFFENCES)])
                attacker.wait_closed()
        assert log.count("Misbehaving") == 0
        assert log.count("received after verack") >= offenders // 3
    return {"connections": offenders}
