"""Class "slots": handshakes that are finished just in time."""

from .attack import Clock, attack
from .peer import connected
from .slots import FEW_SLOTS, begin_handshakes, inbound
from .slots_short import spread


@attack(options=(FEW_SLOTS,))
def handshakes_just_in_time(node, connections=22, rounds=3, seconds=50, network=84, real_time=False):
    """Finishes each handshake just before it would time out, closes the connection, and opens the next.

    Wants: slots at all times, of which none is ever of use to the node, without any timeout.
    Sends: version; `seconds` later verack; then it closes, and begins again from the same address.
    Core: net.cpp InactivityCheck: 60 s until the handshake has to be complete (-peertimeout).
    Effect: in each round the node had as many connections that were not complete all the time, and it closed none.
    """
    held = 0
    with Clock(node, real_time) as clock:
        for _ in range(rounds):
            with connected(node, spread(network, connections), handshake=False) as attackers:
                begin_handshakes(attackers, clock)
                clock.pass_time(seconds)
                assert sum("verack" not in peer["bytesrecv_per_msg"] for peer in inbound(node)) >= connections
                for attacker in attackers:
                    attacker.send("verack")
                    attacker.settle()
                held += sum(not attacker.closed.is_set() for attacker in attackers)
    assert held == rounds * connections
    return {"connections": held, "seconds of a slot each": seconds}
