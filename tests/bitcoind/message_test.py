"""net:inbound_message and net:outbound_message, decoded, against getpeerinfo, getblock and getrawtransaction."""

import collections
import time

import pytest

import harness
from node import satoshi
from traced import traced_node

V1_HEADER_BYTES = 24


@pytest.fixture(scope="module")
def traced():
    # A peer with this permission hears of new transactions at once.
    with traced_node("-v2transport=0", "-whitelist=noban@127.0.0.1") as traced:
        traced.wallet = traced.node.create_wallet(blocks=110)
        traced.wallet.sendtoaddress(traced.wallet.getnewaddress(), 1)
        traced.node.rpc.generatetoaddress(1, traced.wallet.getnewaddress())
        traced.node.rpc.syncwithvalidationinterfacequeue()  # the height that the node tells its peers comes from there
        traced.connected_at = time.time()
        traced.peer_of_node, traced.node_of_peer = traced.peer.connect(traced.node)
        yield traced


def wait_for(traced, direction, message_type, mark=0, where=lambda payload: True):
    """The decoded payload of the first such message."""
    event = traced.events.wait_for(f"message.{direction}", mark, message_type=message_type,
                                   where=lambda event: where(event["payload"][message_type]))
    assert event["peer_id"] == traced.peer_of_node["id"]
    assert event["address"] == traced.peer_of_node["addr"]
    assert event["connection_type"] == "inbound"
    assert event.pid == traced.node.pid
    assert "decode_error" not in event.fields
    return event["payload"][message_type]


def check_version(version, peer):
    assert version["version"] == peer["version"]
    assert version["services"] == int(peer["services"], 16)
    assert version["user_agent"] == peer["subver"]
    assert version["relay"] == peer["relaytxes"]


def test_traces_handshake(traced):
    theirs, ours = (wait_for(traced, direction, "version") for direction in ("inbound", "outbound"))
    check_version(theirs, traced.peer_of_node)
    check_version(ours, traced.node_of_peer)
    assert theirs["start_height"] == 0
    assert ours["start_height"] == traced.node.rpc.getblockcount() == 111
    assert theirs["nonce"] != ours["nonce"]
    assert traced.connected_at - 1 <= ours["time_s"] <= time.time()
    wait_for(traced, "inbound", "verack")
    handshake = [(event.kind.removeprefix("message."), event["message_type"]) for event in traced.events.list
                 if event.kind in ("message.inbound", "message.outbound")]
    assert handshake[:2] == [("inbound", "version"), ("outbound", "version")]
    assert handshake.index(("inbound", "verack")) > handshake.index(("outbound", "verack"))


def test_traces_ping_and_pong(traced):
    mark = traced.mark()
    traced.node.rpc.ping()
    ping = wait_for(traced, "outbound", "ping", mark)
    pong = wait_for(traced, "inbound", "pong", mark, where=lambda pong: pong["nonce"] == ping["nonce"])
    assert int(pong["nonce"], 16) != 0


def test_traces_feefilter(traced):
    told = wait_for(traced, "outbound", "feefilter")["fee_rate_sat_per_kvb"]
    assert told == satoshi(traced.node_of_peer["minfeefilter"])
    heard = traced.events.find("message.inbound", message_type="feefilter")
    assert satoshi(traced.node.rpc.getpeerinfo()[0]["minfeefilter"]) \
        in [event["payload"]["feefilter"]["fee_rate_sat_per_kvb"] for event in heard]


def check_header(header, block):
    assert header["hash"] == block["hash"]
    assert header["version"] == block["version"]
    assert header["previous_block_hash"] == block["previousblockhash"]
    assert header["merkle_root"] == block["merkleroot"]
    assert header["time_s"] == block["time"]
    assert f"{header['bits']:08x}" == block["bits"]
    assert header["nonce"] == block["nonce"]


def check_transaction(decoded, tx):
    assert decoded["txid"] == tx["txid"]
    assert decoded["wtxid"] == tx["hash"]
    assert decoded["size_bytes"] == tx["size"]
    assert decoded["vsize_vbytes"] == tx["vsize"]
    assert decoded["weight_wu"] == tx["weight"]
    assert decoded["version"] == tx["version"]
    assert decoded["locktime"] == tx["locktime"]
    assert [(output["value_sat"], output["script_pubkey"]) for output in decoded["outputs"]] \
        == [(satoshi(output["value"]), output["scriptPubKey"]["hex"]) for output in tx["vout"]]
    assert [(spent["previous_txid"], spent["previous_vout"], spent["sequence"]) for spent in decoded["inputs"]] \
        == [(spent.get("txid", "00" * 32), spent.get("vout", 0xFFFFFFFF), spent["sequence"]) for spent in tx["vin"]]


def test_traces_headers_and_blocks_for_new_peer(traced):
    rpc = traced.node.rpc
    blocks = [rpc.getblock(rpc.getblockhash(height), 2) for height in range(1, 112)]
    asked = wait_for(traced, "inbound", "getheaders")
    assert asked["locator_hashes"] == [rpc.getblockhash(0)]
    sent = wait_for(traced, "outbound", "headers", where=lambda headers: len(headers["headers"]) == 111)
    for header, block in zip(sent["headers"], blocks, strict=True):
        check_header(header, block)

    with_transaction = blocks[-1]
    wait_for(traced, "inbound", "getdata", where=lambda getdata: {
        "type": "WITNESS_BLOCK", "hash": with_transaction["hash"]} in getdata["items"])
    block = wait_for(traced, "outbound", "block", where=lambda block: block["header"]["hash"] == with_transaction["hash"])
    check_header(block["header"], with_transaction)
    assert block["transaction_count"] == with_transaction["nTx"] == 2
    assert block["size_bytes"] == with_transaction["size"]
    assert block["weight_wu"] == with_transaction["weight"]
    assert block["txids"] == [tx["txid"] for tx in with_transaction["tx"]]
    assert block["coinbase_script"] == with_transaction["tx"][0]["vin"][0]["coinbase"]
    for decoded, tx in zip(block["transactions"], with_transaction["tx"], strict=True):
        check_transaction(decoded, tx)


def test_traces_relay_of_new_transaction(traced):
    wait_until_synchronized(traced)
    mark = traced.mark()
    txid = traced.wallet.sendtoaddress(traced.wallet.getnewaddress(), 1)
    tx = traced.node.rpc.getrawtransaction(txid, 1)
    announced = {"type": "WTX", "hash": tx["hash"]}
    wait_for(traced, "outbound", "inv", mark, where=lambda inv: announced in inv["items"])
    wait_for(traced, "inbound", "getdata", mark, where=lambda getdata: announced in getdata["items"])
    check_transaction(wait_for(traced, "outbound", "tx", mark), tx)


def test_traces_compact_block(traced):
    wait_until_synchronized(traced)
    mark = traced.mark()
    block_hash, = traced.node.rpc.generatetoaddress(1, traced.wallet.getnewaddress())
    block = traced.node.rpc.getblock(block_hash, 2)
    compact = wait_for(traced, "outbound", "cmpctblock", mark)
    check_header(compact["header"], block)
    assert len(compact["short_ids"]) + len(compact["prefilled"]) == block["nTx"]
    assert compact["prefilled"][0]["index"] == 0
    check_transaction(compact["prefilled"][0]["transaction"], block["tx"][0])


def wait_until_synchronized(traced):
    harness.wait_until(lambda: traced.peer.rpc.getbestblockhash() == traced.node.rpc.getbestblockhash(), "the peer has all blocks")


def test_misses_no_message_that_getpeerinfo_counts(traced):
    """The node counts the bytes of each message type and direction; the events add up to exactly that."""
    def bytes_of_events(direction):
        total = collections.Counter()
        for event in traced.events.find(f"message.{direction}"):
            total[event["message_type"]] += V1_HEADER_BYTES + event["size"]
        return total

    def difference():
        peer, = traced.node.rpc.getpeerinfo()
        return {(direction, message_type): (counted[message_type], seen[message_type])
                for direction, counted in (("inbound", peer["bytesrecv_per_msg"]), ("outbound", peer["bytessent_per_msg"]))
                for seen in [bytes_of_events(direction)]
                for message_type in counted | seen if counted.get(message_type) != seen[message_type]}

    harness.wait_until(lambda: not difference(), "the sums are equal")
