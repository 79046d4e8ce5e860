"""The tracepoints of patches/bitcoin-core against getrawaddrman and getorphantxs. Skipped for a node without the patches."""

import time

import pytest

import harness
from node import find_bitcoind, has_tracepoint, require_bitcoind, satoshi
from traced import traced_node

PATCHED = ("addrman:attempt_add", "addrman:move_to_good", "orphan:add", "orphan:removed", "net:processed_message")


@pytest.fixture(scope="module")
def traced():
    require_bitcoind()
    absent = [name for name in PATCHED if not has_tracepoint(find_bitcoind(), name)]
    if absent:
        pytest.skip(f"this bitcoind has no {', '.join(absent)}")
    # A peer with this permission may announce addresses without a limit of their rate.
    with traced_node("-whitelist=addr@127.0.0.1") as traced:
        traced.wallet = traced.node.create_wallet(blocks=105)
        traced.peer_of_node, traced.node_of_peer = traced.peer.connect(traced.node)
        yield traced


def table_entry(traced, table, address):
    """(bucket, position, entry) of an address in the node's address manager"""
    for place, entry in traced.node.rpc.getrawaddrman()[table].items():
        if f"{entry['address']}:{entry['port']}" == address:
            return *map(int, place.split("/")), entry
    raise AssertionError(f"{address} is not in the table {table}")


def check_address(traced, event, table, address):
    bucket, position, entry = table_entry(traced, table, address)
    assert event["address"] == address
    assert (event["bucket"], event["bucket_position"]) == (bucket, position)
    assert event["source"] == entry["source"]
    assert event["address_as"] == event["source_as"] == 0  # the node runs without -asmap
    assert event.pid == traced.node.pid


def test_traces_address_added_by_rpc(traced):
    mark = traced.mark()
    assert traced.node.rpc.addpeeraddress("1.2.3.4", 8333)["success"]
    added = traced.events.wait_for("addrman.attempt_add", mark)
    assert added["inserted"] is True
    check_address(traced, added, "new", "1.2.3.4:8333")
    assert added["source"] == "1.2.3.4"


def test_traces_announced_address_with_its_source(traced):
    mark = traced.mark()
    announced = b"\x01" + int(time.time()).to_bytes(4, "little") + b"\x01" + b"\x01\x04" + bytes([9, 8, 7, 6]) + (8333).to_bytes(2, "big")
    traced.peer.rpc.sendmsgtopeer(traced.node_of_peer["id"], "addrv2", announced.hex())
    added = traced.events.wait_for("addrman.attempt_add", mark)
    assert added["inserted"] is True
    check_address(traced, added, "new", "9.8.7.6:8333")
    assert added["source"] == "127.0.0.1"
    message = traced.events.wait_for("message.inbound", mark, message_type="addrv2")
    assert message["payload"]["addrv2"]["addresses"][0]["address"] == "9.8.7.6"
    assert message.sequence < added.sequence


def test_traces_address_moved_to_tried(traced):
    mark = traced.mark()
    assert traced.node.rpc.addpeeraddress("5.6.7.8", 8333, True)["success"]
    moved = traced.events.wait_for("addrman.move_to_good", mark)
    check_address(traced, moved, "tried", "5.6.7.8:8333")
    added = traced.events.wait_for("addrman.attempt_add", mark)
    assert added["address"] == "5.6.7.8:8333"
    assert added.sequence < moved.sequence


def orphan_with_parent(traced):
    """(child, parent): two signed transactions in hex that the node does not know."""
    rpc, wallet = traced.node.rpc, traced.wallet
    coin = wallet.listunspent()[0]
    address = wallet.getnewaddress()
    def signed(coin, amount, previous):
        raw = rpc.createrawtransaction([{"txid": coin["txid"], "vout": coin["vout"]}], [{address: amount}])
        return wallet.signrawtransactionwithwallet(raw, previous)["hex"]
    parent = signed(coin, "49.9", [])
    decoded = rpc.decoderawtransaction(parent)
    output = {"txid": decoded["txid"], "vout": 0, "amount": "49.9", "scriptPubKey": decoded["vout"][0]["scriptPubKey"]["hex"]}
    return signed(output, "49.8", [output]), parent


def check_orphan(event, orphan, traced, count):
    assert event["txid"] == orphan["txid"]
    assert event["wtxid"] == orphan["wtxid"]
    assert event["weight"] == orphan["weight"]
    assert event["peer_id"] == traced.peer_of_node["id"]
    assert event["orphan_count"] == count
    assert event["orphan_weight"] == count * orphan["weight"]


def test_traces_orphan_until_its_parent_arrives(traced):
    mark = traced.mark()
    child, parent = orphan_with_parent(traced)
    traced.peer.rpc.sendmsgtopeer(traced.node_of_peer["id"], "tx", child)
    orphan, = harness.wait_until(lambda: traced.node.rpc.getorphantxs(2), "the node has an orphan")
    assert orphan["from"] == [traced.peer_of_node["id"]]
    check_orphan(traced.events.wait_for("orphan.add", mark), orphan, traced, 1)
    rejected = traced.events.wait_for("mempool.rejected", mark, txid=orphan["txid"])
    assert rejected["reason"] == "bad-txns-inputs-missingorspent"

    traced.peer.rpc.sendmsgtopeer(traced.node_of_peer["id"], "tx", parent)
    check_orphan(traced.events.wait_for("orphan.removed", mark), orphan, traced, 0)
    assert traced.node.rpc.getorphantxs() == []
    fee = satoshi(traced.node.rpc.getmempoolentry(orphan["txid"])["fees"]["base"])
    assert traced.events.wait_for("mempool.added", mark, txid=orphan["txid"])["fee_sat"] == fee
    traced.node.rpc.generatetoaddress(1, traced.wallet.getnewaddress())


def test_traces_orphan_removed_with_its_peer(traced):
    mark = traced.mark()
    child, _ = orphan_with_parent(traced)
    traced.peer.rpc.sendmsgtopeer(traced.node_of_peer["id"], "tx", child)
    orphan, = harness.wait_until(lambda: traced.node.rpc.getorphantxs(2), "the node has an orphan")
    traced.node.rpc.disconnectnode("", traced.peer_of_node["id"])
    check_orphan(traced.events.wait_for("orphan.removed", mark), orphan, traced, 0)
    assert traced.node.rpc.getorphantxs() == []
    traced.peer_of_node, traced.node_of_peer = traced.peer.connect(traced.node)


def test_traces_processing_time_of_every_message(traced):
    mark = traced.mark()
    traced.peer.rpc.ping()
    traced.peer.rpc.sendmsgtopeer(traced.node_of_peer["id"], "foobar", "00" * 100)
    processed = traced.events.wait_for("message.processed", mark, message_type="foobar")
    inbound = traced.events.wait_for("message.inbound", mark, message_type="foobar")
    assert processed.sequence > inbound.sequence
    for name in ("peer_id", "address", "connection_type", "message_type", "size"):
        assert processed[name] == inbound[name]
    assert 0 < processed["duration_ns"] <= (processed.time - inbound.time) * 1e9 + 1
    # Processed first: a message that arrives between the two looks is then only in the longer list.
    done, seen = ([(event["peer_id"], event["message_type"], event["size"]) for event in traced.events.find(kind)]
                  for kind in ("message.processed", "message.inbound"))
    assert done == seen[:len(done)]
    assert len(seen) - len(done) <= 1  # one may be in the works
