"""Each attack of tests/hostile_peers, and each benign behaviour that looks near one, on a real node under the detector with its defaults.

Events have the kernel's times: what waits for the node's clock waits for real, so they run with PEER_OBSERVER_LONG_TESTS=1 only.
With HOSTILE_PEERS_KEEP=DIR the events of each are written to DIR/<attack>/archive, for tests/corpora/replay.
"""

import contextlib
import json
import os
import pathlib
import sys
import threading
import time

import pytest

import harness
import p2p
from hostile_peers import messages
from hostile_peers.catalog import ATTACKS
from hostile_peers.steer import called
from p2p import Peer
from scene import detecting, write

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "bitcoind"))
from node import Node, copy_binary, require_bitcoind  # noqa: E402

# How each is played: long enough to be an attack, at the rate that its author chose.
STRENGTH = {
    "repeated_blocks": {"duration": 20, "rate": 5}, "historic_blocks": {"real_time": False}, "repeated_filters": {"duration": 10, "rate": 10},
    "merkleblocks_that_match_all": {"duration": 15}, "repeated_transactions": {"duration": 10},
    "getheaders_from_genesis": {"duration": 10}, "getblocks_from_genesis": {"duration": 10}, "bloom_rescans": {"duration": 30},
    "deep_compact_blocks": {"duration": 15}, "invalid_signatures": {"duration": 10}, "scripts_that_fail_late": {"duration": 20},
    "unconnecting_headers": {"duration": 10}, "mempool_requests": {"requests": 60, "real_time": True},
    "unknown_types": {"duration": 5}, "undecodable_messages": {"duration": 5}, "messages_before_verack": {"duration": 5},
    "useless_addresses": {"duration": 5}, "unknown_inventory": {"duration": 5}, "toggled_settings": {"duration": 5},
    "unasked_answers": {"duration": 5}, "duplicates": {"duration": 15},
    "first_with_transactions": {"transactions": 120, "real_time": True},
    "slow_tor_peer": {"blocks": 1}, "rebroadcasting_wallet": {"pause": 60}, "quiet_block_relay_peer": {"minutes": 20}, "crawler": {"pause": 120},
    "silent_connections": {"connections": 22}, "handshakes_never_finished": {"connections": 22}, "silent_after_handshake": {"connections": 22},
    "slow_accepted_transactions": {"duration": 40, "rate": 1, "inputs": 100}, "packages_that_fail": {"duration": 30},
    "headers_asked_by_many": {"duration": 120}, "padded_messages": {"duration": 15}, "known_headers_again": {"duration": 10},
    "repeated_handshakes": {"duration": 40}, "odd_addresses": {"duration": 10}, "flapping_feefilters": {"duration": 300, "rate": 0.2, "peers": 12},
    "pings_by_many": {"duration": 60, "rate": 1.5}, "v2_keys_and_gone": {"connections": 200, "rate": 10},
    "unpunished_and_back": {"offenders": 300, "rate": 2}, "overlapping_filters": {"duration": 10}, "old_blocks_by_getblocktxn": {"duration": 10},
    "mempool_with_filters": {"requests": 35}, "transactions_withheld_by_many": {"rounds": 6}, "compact_blocks_that_do_not_fit": {"blocks": 12},
    "low_work_headers_again": {"duration": 10}, "blocks_by_many": {"duration": 8}, "transactions_again": {"duration": 10},
    "announcements_again": {"duration": 10}, "blocks_nobody_has": {"duration": 10}, "conflicts_first": {"transactions": 90, "rate": 3},
    "slow_loris": {"minutes": 22}, "full_send_buffers": {"minutes": 6}, "delivered_at_the_last_moment": {"blocks": 2},
}
# Seconds for which the node continues afterwards, where a rule waits for something that does not come.
AFTERWARDS = {"unknown_inventory": 65, "notfound_to_all": 5, "orphans_without_parents": 65, "high_bandwidth_without_transactions": 5}
# What has to be found, one of these: an attack may be of several kinds.
WORK = {"request_repeat", "upload_drain", "header_spam", "tx_reject_spam"}
NOISE = {"useless_messages", "addr_flood", "invalid_block"}
FOUND = {
    "getheaders_from_genesis": WORK, "getblocks_from_genesis": WORK, "bloom_rescans": WORK, "deep_compact_blocks": WORK, "unconnecting_headers": WORK,
    "invalid_signatures": WORK, "scripts_that_fail_late": WORK, "repeated_blocks": WORK, "repeated_filters": WORK, "repeated_transactions": WORK,
    "merkleblocks_that_match_all": WORK, "getaddr_from_new_connections": {"getaddr_fingerprint"}, "unknown_types": NOISE,
    "undecodable_messages": NOISE, "messages_before_verack": NOISE, "useless_addresses": NOISE, "toggled_settings": NOISE, "unasked_answers": NOISE,
    "duplicates": NOISE, "punished_and_back": NOISE, "unknown_inventory": NOISE, "few_hosts_many_connections": {"connection_churn"},
    "handshakes_never_finished": {"slot_hold"}, "headers_without_blocks": {"block_stall"}, "high_bandwidth_without_transactions": {"block_stall"},
    "delivered_at_the_last_moment": {"block_stall"}, "transactions_never_delivered": {"inv_flood"}, "orphans_without_parents": {"inv_flood"},
    "blocks_announced_in_vain": {"block_withhold"}, "silent_connections": {"slot_hold"}, "silent_after_handshake": {"slot_hold"},
    "slow_loris": {"slot_hold"}, "full_send_buffers": {"slot_hold"}, "protected_from_eviction": {"slot_takeover"}, "historic_blocks": {"upload_drain"},
    "own_addresses": {"first_announcer"}, "first_with_transactions": {"first_announcer"}, "first_with_blocks": {"first_announcer"},
    "getaddr_answered_with_own": {"addr_unshared"}, "relay_of_addresses_steered": {"addr_sink"}, "all_outgoing_connections": {"outbound_concentration"},
    "slow_accepted_transactions": {"cpu_dos"}, "packages_that_fail": NOISE, "headers_asked_by_many": {"request_repeat"},
    "padded_messages": {"useless_messages"}, "known_headers_again": WORK, "repeated_handshakes": NOISE, "odd_addresses": NOISE,
    "flapping_feefilters": NOISE, "pings_by_many": {"ping_flood"}, "unfinished_v2_handshakes": {"slot_hold"}, "v2_keys_and_gone": {"slot_hold"},
    "unpunished_and_back": {"connection_churn"}, "overlapping_filters": WORK, "old_blocks_by_getblocktxn": WORK, "mempool_with_filters": WORK,
    "transactions_at_the_last_moment": {"inv_flood"}, "transactions_withheld_by_many": {"inv_flood"},
    "compact_blocks_that_do_not_fit": {"block_withhold"}, "one_network_announced": {"addr_concentration"},
    "pinned_transaction": {"tx_pinning"}, "replacement_cycling": {"replacement_cycling"}, "notfound_to_all": {"inv_flood"}, "mempool_requests": WORK,
    "low_work_headers_again": WORK | NOISE, "blocks_by_many": WORK, "transactions_again": WORK | NOISE, "announcements_again": WORK | NOISE,
    "blocks_nobody_has": WORK | NOISE, "handshakes_just_in_time": {"slot_hold"}, "notfound_for_blocks": {"block_stall", "block_withhold"},
    "another_witness_delivered": {"inv_flood"}, "conflicts_first": {"first_announcer"},
}


def strength(attack):
    given = {name: value for name, value in STRENGTH.get(attack.name, {}).items() if name in attack.parameters}
    if "real_time" in attack.parameters:
        given.setdefault("real_time", True)
    return given


@contextlib.contextmanager
def pulse(node, rng, company=()):
    """A peer that lives as others do, so that the node always has messages and the events a clock. Every twelve seconds two
    of the company announce an address that they have heard of."""
    with Peer(node, "127.9.0.2") as peer:
        over = threading.Event()

        def beat():
            seconds = 0
            while not over.wait(1):
                seconds += 1
                with contextlib.suppress(OSError):
                    peer.send("ping", rng.randbytes(8))
                    if company and seconds % 12 == 0:
                        address = messages.addrv2([known_address(rng)])
                        for announcer in rng.sample(company, 2):
                            announcer.send("addrv2", address)
        thread = threading.Thread(target=beat)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def known_address(rng):
    """Of a network of 600 nodes; of class E, which is routable to Core."""
    number = rng.randrange(600)
    return bytes([240 + number % 9, number % 251, 7, number // 251])


@contextlib.contextmanager
def chosen(node, rng, count=4):
    """Peers that the node has chosen, and that answer its getaddr with 200 addresses of the network that all know."""
    def answer(peer, kind, _):
        if kind == "getaddr":
            peer.send("addrv2", messages.addrv2(list({known_address(rng) for _ in range(200)}), seen=int(time.time()) - 7_000))
    with contextlib.ExitStack() as stack:
        for number in range(count):
            peer = stack.enter_context(called(node, f"127.{20 + number}.0.2", "outbound-full-relay", on_message=answer))
            peer.wait_for("getaddr")
            peer.settle()
        yield


@contextlib.contextmanager
def kept(extractor, name):
    """The events are written where HOSTILE_PEERS_KEEP says."""
    directory = os.environ.get("HOSTILE_PEERS_KEEP")
    if not directory:
        yield
        return
    directory = pathlib.Path(directory).resolve() / name
    directory.mkdir(parents=True)
    (directory / "counts.json").write_text(json.dumps({"corpus": name}) + "\n")
    with harness.Program(harness.program("peer-observer-archiver"), "--directory", directory / "archive", "--source", extractor.url) as archiver:
        archiver.wait_for_log("connected")
        yield
        assert archiver.stop() == 0


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_finds_class_of_attack(name):
    attack = ATTACKS[name]
    require_bitcoind()
    if not os.environ.get("PEER_OBSERVER_LONG_TESTS"):
        pytest.skip("PEER_OBSERVER_LONG_TESTS is not set")
    harness.require_root()
    rng = p2p.seeded(1)
    with harness.temporary_directory() as directory, contextlib.ExitStack() as stack:
        binary = copy_binary(directory)
        node = stack.enter_context(Node(directory / "node", binary, *attack.options))
        attack.prepare(node)
        extractor = stack.enter_context(harness.Extractor(binary, directory))
        stack.enter_context(kept(extractor, name))
        watch = stack.enter_context(detecting(extractor, directory))
        extractor.wait_for_log("tracepoints to")
        # The attack on full slots brings its own honest peers, and fills the slots with them.
        company = [Peer(node, f"127.{number}.0.2") for number in range(1, 6)] if name != "protected_from_eviction" else []
        for peer in company:
            peer.send("inv", p2p.inventory(p2p.WTX, [rng.randbytes(32)]))
            peer.sync()
        if name in ("getaddr_answered_with_own", "one_network_announced"):
            stack.enter_context(chosen(node, rng))
        with pulse(node, rng, company if name == "own_addresses" else ()) if company else contextlib.nullcontext():
            watch.begin()
            attack.play(node, **strength(attack))
            time.sleep(AFTERWARDS.get(name, 3))  # what follows takes its time
        watch.settle()
        opened = watch.opened()
        kinds = sorted({event["kind"] for event in opened})
        seconds = {kind: round(min(event.time for event in opened if event["kind"] == kind) - watch.start, 1) for kind in kinds}
        write({"where": "hostile_peers", "class": attack.of_class, "attack": name, "kinds": kinds, "seconds_until": seconds,
               "subjects": sorted({event["subject"] for event in opened})[:6], "strength": strength(attack)})
        if attack.of_class == "benign":
            assert opened == []
        else:
            assert FOUND[name] & set(kinds)
