"""Class "steer": makes what the node hears, keeps and passes on come from the same few."""

import contextlib
import random
import socket
import struct

import harness
from scenarios import p2p

from . import chain, messages
from .attack import Clock, Log, attack
from .peer import Peer, connected, hosts, wait_gone


def own_address(number):
    """One of the attacker's, in as many networks as he can get; of class E, which is routable to Core."""
    return bytes([250, number % 250, 66, number // 250])


def share_of_own(node):
    """How many of the addresses that the node would give away are the attacker's, and how many there are."""
    addresses = [entry["address"] for entry in node.rpc.getnodeaddresses(0)]
    return sum(address.startswith("250.") for address in addresses), len(addresses)


def some_addresses(node):
    chain.mine(node)
    for number in range(20):
        node.rpc.addpeeraddress(messages.text((240 + number % 9, number, 1, 7)), 8333)


@attack(prepare=some_addresses)
def own_addresses(node, peers=8, rounds=10, step=20, network=71, real_time=False):
    """Announces its own addresses at the rate that the node allows, so that none is dropped, from several connections.

    Wants: that the node's address manager, and those of its peers, fill with its addresses.
    Sends: by each connection a fresh address every ten seconds, two in a message, as if it had heard of them.
    Core: net_processing.cpp ProcessAddrs: MAX_ADDR_RATE_PER_SECOND 0.1; those of messages of up to ten are passed on to two peers
    (RelayAddress). addrman_impl.h ADDRMAN_NEW_BUCKETS_PER_SOURCE_GROUP: 64 buckets for a source's network: the bound.
    Effect: none was rate-limited; most of what getnodeaddresses has is the attacker's; an honest peer was told of them.
    """
    number = 0
    with Clock(node, real_time) as clock, connected(node, hosts(network, peers)) as attackers, \
            connected(node, [f"127.{network + 100}.0.1"]) as (honest,):
        honest.send("addrv2", messages.addrv2([b"\xf1\1\1\1"]))  # takes part in the relay of addresses
        honest.settle()
        for _ in range(rounds):
            clock.pass_time(step)
            for attacker in attackers:
                attacker.send("addrv2", messages.addrv2([own_address(number + index) for index in range(step // 10)], seen=clock.now))
                number += step // 10
                attacker.settle()
        clock.until(lambda: honest.bytes["addrv2"] > 0, "the honest peer is told", 30)
        told = sum(payload.count(b"\x01\x04\xfa") for kind, payload in list(honest.received) if kind == "addrv2")
        limited = sum(attacker.info()["addr_rate_limited"] for attacker in attackers)
        own, total = share_of_own(node)
    assert limited == 0 and own > total / 2 and told > 0, (limited, own, total, told)
    return {"addresses announced": number, "own in getnodeaddresses": own, "of": total, "told to the honest peer": told}


@contextlib.contextmanager
def called(node, host, connection_type, **options):
    """A peer that the node connects to as one of its own choice: what an attacker gets whose address was drawn."""
    with socket.create_server((host, 0)) as listener:
        listener.settimeout(30)
        node.rpc.addconnection(f"{host}:{listener.getsockname()[1]}", connection_type, False)
        with Peer(node, host, connection=listener.accept()[0], **options) as peer:
            yield peer
        wait_gone(node, [peer])


@attack(prepare=some_addresses)
def getaddr_answered_with_own(node, answers=1_000, network=71):
    """Answers the node's getaddr with a thousand addresses of its own.

    Wants: to be all that a new node knows: what a peer sends after getaddr is not rate-limited.
    Sends: addrv2 with 1,000 addresses to each node that has chosen it for an outgoing connection.
    Core: net_processing.cpp ProcessMessage (VERSION): a getaddr to each outgoing peer, m_addr_token_bucket += MAX_ADDR_TO_SEND. The
    test has the node choose it by the RPC addconnection.
    Effect: nearly all are taken, none is rate-limited, and most of getnodeaddresses is the attacker's.
    """
    with called(node, hosts(network, 1)[0], "outbound-full-relay") as attacker:
        attacker.wait_for("getaddr")
        attacker.send("addrv2", messages.addrv2([own_address(number) for number in range(answers)]))
        attacker.settle()
        info = attacker.info()
        own, total = share_of_own(node)
        assert info["connection_type"] == "outbound-full-relay"
    assert info["addr_rate_limited"] == 0 and info["addr_processed"] == answers and own > total / 2, (info, own, total)
    return {"addresses": answers, "own in getnodeaddresses": own, "of": total}


@attack(prepare=chain.mature)
def all_outgoing_connections(node, network=71):
    """Is every peer that the node has chosen, and so what it hears of the chain.

    Wants: to eclipse the node: it believes the attacker's blocks, and hears of no others.
    Sends: to each of the node's eight full-relay and two block-relay-only connections a block that nobody else has; four of them are
    protected from eviction by chain (m_protect) as soon as they have announced it.
    Core: net.h MAX_OUTBOUND_FULL_RELAY_CONNECTIONS, MAX_BLOCK_RELAY_ONLY_CONNECTIONS; net_processing.cpp
    UpdatePeerStateForReceivedHeaders. The test has the node choose them by addconnection. Anchors and feelers cannot be had on a regtest
    node that is safe: net.cpp StopNodes writes anchors.dat only without -connect.
    Effect: getnetworkinfo has ten outgoing connections, all of them the attacker's; the tip is the attacker's block.
    """
    kinds = ["outbound-full-relay"] * 8 + ["block-relay-only"] * 2
    with Log(node, "net") as log, contextlib.ExitStack() as stack:
        attackers = [stack.enter_context(called(node, host, kind)) for host, kind in zip(hosts(network, len(kinds)), kinds)]
        block = chain.block_on_tip(node)
        for attacker in attackers:
            attacker.send("headers", messages.headers(block.header))
            attacker.settle()
        attackers[0].send("block", block.raw)
        attackers[0].settle()
        outgoing = [peer for peer in node.rpc.getpeerinfo() if not peer["inbound"]]
        assert {peer["addr"] for peer in outgoing} == {attacker.name for attacker in attackers}
        assert sorted(peer["connection_type"] for peer in outgoing) == sorted(kinds)
        assert node.rpc.getnetworkinfo()["connections_out"] == len(kinds)
        protected = log.wait_for("Protecting outbound peer", count=4)
    assert node.rpc.getbestblockhash() == block.hex_hash and protected == 4
    return {"outgoing connections": len(kinds), "protected": protected}


def several_coins(node):
    chain.mature(node)
    chain.mine_with(node, chain.pay(chain.coins(node)[0], outputs=100))


def small_coins(node, count):
    wide = node.rpc.getblock(node.rpc.getbestblockhash(), 2)["tx"][1]
    return [(messages.wire(wide["txid"]), out["n"], round(float(out["value"]) * chain.COIN)) for out in wide["vout"][:count]]


@attack(prepare=several_coins)
def first_with_transactions(node, transactions=15, attackers=2, honest=4, network=71, real_time=False):
    """Is the first to announce every transaction.

    Wants: to know what the node does not know yet, to be asked for everything, and to be protected from eviction for it.
    Sends: inv for each transaction before the honest peers do, and the transaction when it is asked.
    Core: txrequest.cpp asks the announcer whose delay has passed first; node/eviction.cpp protects the four that were last to bring a
    new one.
    Effect: the node asked the attackers for all and the honest peers for none; only the attackers have last_transaction.
    """
    paid = {}
    def give(peer, kind, payload):
        if kind == "getdata":
            for _, item in p2p.read_inventory(payload):
                peer.send("tx", paid[item].raw)
    with Clock(node, real_time) as clock, connected(node, hosts(network, attackers), on_message=give) as early, \
            connected(node, hosts(network + 100, honest), on_message=give) as late:
        for number, coin in enumerate(small_coins(node, transactions)):
            transaction = chain.pay(coin)
            paid[transaction.wtxid] = transaction
            first = early[number % attackers]
            first.send("inv", p2p.inventory(p2p.WTX, [transaction.wtxid]))
            first.settle()
            clock.pass_time(1)
            for peer in late:
                peer.send("inv", p2p.inventory(p2p.WTX, [transaction.wtxid]))
            for peer in late:
                peer.settle()
            clock.until(lambda: transaction.hex_txid in node.rpc.getrawmempool(), "the transaction is in")
        assert all(peer.info()["last_transaction"] > 0 for peer in early)
        asked = [peer.count["getdata"] for peer in late]
        assert not any(asked) and not any(peer.info()["last_transaction"] for peer in late), asked
    return {"transactions": transactions, "first by the attackers": transactions}


@attack(prepare=chain.mature)
def first_with_blocks(node, blocks=8, attackers=3, honest=4, network=71):
    """Brings every block first, and becomes all three high-bandwidth peers.

    Wants: that the node hears of blocks from it alone, and that it is protected for it.
    Sends: each block as soon as it is mined, unasked, in turn by each attacker; the honest ones bring the same a moment later.
    Core: net_processing.cpp MaybeSetPeerAsAnnouncingHeaderAndIDs: the last three that were first; node/eviction.cpp: twelve by blocks.
    Effect: bip152_hb_to and last_block for the attackers only.
    """
    with connected(node, hosts(network, attackers)) as early, connected(node, hosts(network + 100, honest)) as late:
        for peer in early + late:
            peer.send("sendcmpct", messages.sendcmpct(0))
            peer.settle()
        for number in range(blocks):
            block = chain.block_on_tip(node, bytes([number]))
            early[number % attackers].send("block", block.raw)
            early[number % attackers].settle()
            for peer in late:
                peer.send("block", block.raw)
                peer.settle()
            assert node.rpc.getbestblockhash() == block.hex_hash
        infos = [peer.info() for peer in early + late]
    assert [info["bip152_hb_to"] for info in infos] == [True] * attackers + [False] * honest
    assert [info["last_block"] > 0 for info in infos] == [True] * attackers + [False] * honest
    return {"blocks": blocks, "high-bandwidth peers": attackers}


@attack(prepare=several_coins)
def pinned_transaction(node, descendants=63, network=71):
    """Hangs so many descendants on a victim's transaction that the victim cannot raise its fee with a child any more.

    Wants: that a transaction does not confirm in time (a channel's, which both sides can spend).
    Sends: the chain of its own children, each with the lowest fee, right after the victim's transaction.
    Core: policy/policy.h DEFAULT_CLUSTER_LIMIT 64; validation.cpp MemPoolAccept ("too-large-cluster").
    Effect: the victim's child with a high fee is refused.
    """
    victim = chain.pay(small_coins(node, 1)[0], fee=1_000, outputs=2)
    with connected(node, hosts(network, 2)) as (attacker, honest):
        honest.send("tx", victim.raw)
        honest.settle()
        tail = victim
        for _ in range(descendants):
            tail = chain.pay(tail.coin(), fee=100)
            attacker.send("tx", tail.raw)
        attacker.settle()
        harness.wait_until(lambda: node.rpc.getmempoolinfo()["size"] == descendants + 1, "the chain is in")
        rescue = chain.pay(victim.coin(1), fee=100_000)
        answer, = node.rpc.testmempoolaccept([rescue.raw.hex()])
        assert not answer["allowed"] and "cluster" in answer["reject-reason"], answer
    return {"descendants": descendants, "refused": answer["reject-reason"]}


@attack(prepare=several_coins)
def replacement_cycling(node, rounds=6, network=71):
    """Replaces a victim's transaction, and then what replaced it, so that neither is left.

    Wants: that a victim's claim never confirms, again and again, for the fee of nothing that confirms.
    Sends: for each broadcast of the victim a transaction that spends the same coin and one of its own at a higher fee, then one that
    spends only its own at a still higher fee.
    Core: validation.cpp MemPoolAccept::ReplacementChecks: what was replaced is not put back.
    Effect: after each round the victim's coin is spent by nothing in the mempool, and the node has accepted three transactions.
    """
    victims, own = small_coins(node, 2)
    with connected(node, hosts(network, 2)) as (attacker, honest):
        for number in range(rounds):
            claim = chain.pay(victims, fee=2_000 + number)
            honest.send("tx", claim.raw)
            honest.settle()
            assert claim.hex_txid in node.rpc.getrawmempool()
            fee = 20_000 * 2**number  # what it replaces next is smaller: its fee rate has to be beaten by far
            both = chain.spend([victims, own], [(victims[2] + own[2] - fee, chain.ANYONE)])
            attacker.send("tx", both.raw)
            attacker.settle()
            assert node.rpc.getrawmempool() == [both.hex_txid]
            alone = chain.pay(own, fee=fee + 1_000)
            attacker.send("tx", alone.raw)
            attacker.settle()
            assert node.rpc.getrawmempool() == [alone.hex_txid]
    return {"rounds": rounds}


@attack(prepare=some_addresses)
def relay_of_addresses_steered(node, addresses=30, peers=10, network=71, real_time=False):
    """Is most of the peers to which addresses are passed on, and passes none of them on itself.

    Wants: that honest addresses spread no further than to the attacker.
    Sends: many connections that take part in the relay (one addr message each) and are silent otherwise.
    Core: net_processing.cpp RelayAddress chooses two of all that take part, the same for a day by address.
    Effect: of the addresses that an honest peer announces, most were sent to the attacker's connections.
    """
    rng = random.Random(network)
    with Clock(node, real_time) as clock, connected(node, hosts(network, peers)) as attackers, \
            connected(node, hosts(network + 100, 2)) as (announcer, other):
        for peer in (*attackers, other):
            peer.send("addrv2", messages.addrv2([rng.randbytes(4)]))
            peer.settle()
        for number in range(addresses):
            clock.pass_time(10)
            announcer.send("addrv2", messages.addrv2([bytes([249, number]) + b"\1\1"], seen=clock.now))
            announcer.settle()
        def told(some):
            return sum(payload.count(b"\x01\x04\xf9") for peer in some for kind, payload in list(peer.received) if kind == "addrv2")
        clock.until(lambda: told([other]) and told(attackers) + told([other]) >= addresses * 2 - 5, "they are passed on", 30, 1_200)
    assert told(attackers) > 2 * told([other])
    return {"addresses": addresses, "told to the attacker": told(attackers), "told to the other": told([other])}
