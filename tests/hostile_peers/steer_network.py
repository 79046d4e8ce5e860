"""Class "steer": addresses of one network."""

from . import messages
from .attack import attack
from .peer import hosts
from .steer import called, some_addresses


@attack(prepare=some_addresses)
def one_network_announced(node, answers=1_000, share=0.3, network=71):
    """Answers the node's getaddr with what it knows, and puts addresses of its own network among them.

    Wants: that the node's next connections go to its network, by an answer that looks like others.
    Sends: addrv2 with 1,000 addresses, of which `share` are of one /16.
    Core: net_processing.cpp ProcessMessage (VERSION): what comes after getaddr is not rate-limited; addrman_impl.h
    ADDRMAN_NEW_BUCKETS_PER_SOURCE_GROUP, ADDRMAN_TRIED_BUCKETS_PER_GROUP limit what is kept of a network.
    Effect: addresses of that network are in getnodeaddresses.
    """
    own = [bytes([250, 66, number // 250, number % 250]) for number in range(round(answers * share))]
    others = [bytes([240 + number % 9, number % 251, 7, number // 251]) for number in range(answers - len(own))]
    with called(node, hosts(network, 1)[0], "outbound-full-relay") as attacker:
        attacker.wait_for("getaddr")
        attacker.send("addrv2", messages.addrv2(own + others))
        attacker.settle()
        assert attacker.info()["addr_processed"] == answers
        kept = [entry["address"] for entry in node.rpc.getnodeaddresses(0)]
    of_network = sum(address.startswith("250.66.") for address in kept)
    assert of_network > 0
    return {"addresses": answers, "of its network": len(own), "of its network in getnodeaddresses": of_network, "of": len(kept)}
