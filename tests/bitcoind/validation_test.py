"""validation:block_connected and utxocache:* against getblock, gettxout and the node's log."""

import re
import time

import pytest

import harness
from node import pay_from_one_coin, satoshi
from traced import traced_node

# FlushStateMode, from v31 on.
NONE, FORCE_FLUSH, FORCE_SYNC = 0, 3, 4
MEMPOOL_HEIGHT = 0x7FFFFFFF


@pytest.fixture(scope="module")
def traced():
    with traced_node("-fastprune", "-prune=1", extractor_options=("--enable", "utxocache_coin")) as traced:
        traced.wallet = traced.node.create_wallet()
        traced.address = traced.wallet.getnewaddress()
        yield traced


def mine(traced):
    """(the new block with its inputs' coins, mark before it, seconds that mining took)"""
    mark, start = traced.mark(), time.monotonic()
    block_hash, = traced.node.rpc.generatetoaddress(1, traced.address)
    return traced.node.rpc.getblock(block_hash, 3), mark, time.monotonic() - start


def test_traces_connected_block(traced):
    rpc = traced.node.rpc
    for _ in range(3):
        traced.wallet.sendtoaddress(traced.address, 1)
    sigops = sum(tx["sigops"] for tx in rpc.getblocktemplate({"rules": ["segwit"]})["transactions"])
    before = time.time()
    block, mark, seconds = mine(traced)
    event = traced.events.wait_for("validation.block_connected", mark, hash=block["hash"])
    assert event["height"] == block["height"]
    assert event["transaction_count"] == block["nTx"] == 4
    assert event["input_count"] == sum(len(tx["vin"]) for tx in block["tx"])
    assert event["sigop_cost"] == sigops >= 3  # one a witness key hash that is spent
    assert 0 < event["duration_ns"] < seconds * 1e9
    assert before <= event.time <= time.time()
    assert event.pid == traced.node.pid


def test_traces_coins_added_and_spent_by_block(traced):
    pay_from_one_coin(traced.wallet, traced.address, 1)
    block, mark, _ = mine(traced)
    traced.events.wait_for("validation.block_connected", mark, hash=block["hash"])
    spendable = [(tx, output) for tx in block["tx"] for output in tx["vout"] if output["scriptPubKey"]["type"] != "nulldata"]
    assert len(spendable) == 3
    for tx, output in spendable:
        added = traced.events.wait_for("utxocache.add", mark, txid=tx["txid"], vout=output["n"], height=block["height"])
        assert added["value_sat"] == satoshi(output["value"])
        assert added["coinbase"] == (tx is block["tx"][0])
    spent_input, = block["tx"][1]["vin"]
    coin = spent_input["prevout"]
    spent = traced.events.wait_for("utxocache.spent", mark, txid=spent_input["txid"], vout=spent_input["vout"])
    assert spent["height"] == coin["height"]
    assert spent["value_sat"] == satoshi(coin["value"])
    assert spent["coinbase"] == coin["generated"]


def cache_size(node):
    """Coins in the cache, as the last line about a new tip in the node's log has it."""
    log = (node.directory / "regtest" / "debug.log").read_text()
    return int(re.findall(r"UpdateTip: .* cache=[0-9.]+MiB\((\d+)txo\)", log)[-1])


def check_flush(event, mode, for_prune=False):
    assert event["mode"] == mode
    assert event["for_prune"] == for_prune
    assert event["duration_us"] >= 0
    assert event["memory_bytes"] > 0


def test_traces_requested_flush_of_all_coins(traced):
    mine(traced)
    mark, start = traced.mark(), time.monotonic()
    traced.node.rpc.gettxoutsetinfo()
    seconds = time.monotonic() - start
    flush = traced.events.wait_for("utxocache.flush", mark)
    check_flush(flush, FORCE_SYNC)
    assert flush["coins"] == cache_size(traced.node)
    assert flush["duration_us"] < seconds * 1e6


def test_traces_flush_by_pruning(traced):
    rpc = traced.node.rpc
    # -fastprune makes files of 64 KiB, some 250 such blocks; the last 288 blocks are kept.
    rpc.generatetoaddress(560 - rpc.getblockcount(), traced.address)
    mark = traced.mark()
    pruned_to = rpc.pruneblockchain(300)
    assert pruned_to > 0
    check_flush(traced.events.wait_for("utxocache.flush", mark, for_prune=True), NONE, for_prune=True)


def test_traces_flush_at_shutdown(traced):
    mine(traced)
    mark, pid, coins = traced.mark(), traced.node.pid, cache_size(traced.node)
    traced.node.stop()
    flushes = traced.events.wait_for("utxocache.flush", mark, mode=FORCE_FLUSH, count=2)
    for event in flushes:
        check_flush(event, FORCE_FLUSH)
        assert event.pid == pid
    assert [event["coins"] for event in flushes] == [coins, 0]
    mark = traced.events.mark()
    traced.node.start()
    traced.node.rpc.gettxoutsetinfo()
    flush = traced.events.wait_for("utxocache.flush", mark)
    check_flush(flush, FORCE_SYNC)
    assert flush["coins"] == 0
    assert flush.pid == traced.node.pid != pid


def test_traces_coin_uncached_after_rejected_transaction(traced):
    """The node has just been restarted: its cache is cold."""
    rpc = traced.node.rpc
    height = rpc.getblockcount() - 150
    coinbase = rpc.getblock(rpc.getblockhash(height), 2)["tx"][0]  # gettxout would pull the coin in
    mark = traced.mark()
    unsigned = rpc.createrawtransaction([{"txid": coinbase["txid"], "vout": 0}], [{traced.address: 1}])
    answer, = rpc.testmempoolaccept([unsigned], 0)
    assert not answer["allowed"]
    uncached = traced.events.wait_for("utxocache.uncache", mark, txid=coinbase["txid"])
    assert uncached["vout"] == 0
    assert uncached["height"] == height
    assert uncached["value_sat"] == satoshi(coinbase["vout"][0]["value"])
    assert uncached["coinbase"] is True
