"""mempool:* against getmempoolentry and what the RPC that caused the event says."""

import hashlib
import time

import pytest

from node import RpcError, satoshi
from traced import traced_node


@pytest.fixture(scope="module")
def traced():
    with traced_node("-mempoolexpiry=1", "-maxmempool=5", "-datacarriersize=100000") as traced:
        traced.wallet = traced.node.create_wallet(blocks=106)
        traced.address = traced.wallet.getnewaddress()
        yield traced


@pytest.fixture(autouse=True)
def empty_mempool(traced):
    yield
    traced.node.rpc.setmocktime(0)
    while traced.node.rpc.getrawmempool():
        traced.node.rpc.generatetoaddress(1, traced.address)


def spend(traced, coin, fee, data=None):
    """A signed transaction, in hex, of one coin (as listunspent shows it) to one output, and one that holds data."""
    amount = satoshi(coin["amount"]) - fee
    raw = traced.node.rpc.createrawtransaction([{"txid": coin["txid"], "vout": coin["vout"]}],
                                               [{traced.address: f"{amount // 10**8}.{amount % 10**8:08}"},
                                                *([{"data": data}] if data else [])])
    previous = [coin] if "scriptPubKey" in coin else []
    return traced.wallet.signrawtransactionwithwallet(raw, previous)["hex"]


def largest_coin(traced):
    return max(traced.wallet.listunspent(), key=lambda coin: satoshi(coin["amount"]))


def entry_of(traced, txid):
    """What the node says of a mempool transaction, by the names of the event's fields."""
    entry = traced.node.rpc.getmempoolentry(txid)
    return {"vsize_vbytes": entry["vsize"], "fee_sat": satoshi(entry["fees"]["base"])}, entry["time"]


def check_removed(traced, mark, txid, reason, entry):
    removed = traced.events.wait_for("mempool.removed", mark, txid=txid)
    size_and_fee, entry_time = entry
    assert removed["reason"] == reason
    assert {name: removed[name] for name in size_and_fee} == size_and_fee
    assert removed["entry_time_s"] == entry_time
    return removed


def test_traces_transaction_added_and_removed_by_block(traced):
    mark = traced.mark()
    before = time.time()
    txid = traced.wallet.sendtoaddress(traced.address, 1)
    entry = entry_of(traced, txid)
    added = traced.events.wait_for("mempool.added", mark, txid=txid)
    assert {name: added[name] for name in entry[0]} == entry[0]
    assert before <= added.time <= time.time()
    assert added.pid == traced.node.pid
    traced.node.rpc.generatetoaddress(1, traced.address)
    check_removed(traced, mark, txid, "block", entry)


def test_traces_replacement_by_transaction(traced):
    mark = traced.mark()
    old = traced.wallet.sendtoaddress(traced.address, 1)
    old_entry = entry_of(traced, old)
    bumped = traced.wallet.bumpfee(old)
    new_entry, _ = entry_of(traced, bumped["txid"])
    assert new_entry["fee_sat"] == satoshi(bumped["fee"])

    replaced = traced.events.wait_for("mempool.replaced", mark)
    assert replaced["replaced_txid"] == old
    assert replaced["replaced_vsize_vbytes"] == old_entry[0]["vsize_vbytes"]
    assert replaced["replaced_fee_sat"] == old_entry[0]["fee_sat"] == satoshi(bumped["origfee"])
    assert replaced["replaced_entry_time_s"] == old_entry[1]
    assert replaced["replacement_txid"] == bumped["txid"]
    assert replaced["replacement_vsize_vbytes"] == new_entry["vsize_vbytes"]
    assert replaced["replacement_fee_sat"] == new_entry["fee_sat"]
    assert "replacement_package_hash" not in replaced.fields
    removed = check_removed(traced, mark, old, "replaced", old_entry)
    assert removed.sequence > replaced.sequence


def test_traces_replacement_by_package(traced):
    rpc = traced.node.rpc
    mark = traced.mark()
    coin = largest_coin(traced)
    old = rpc.sendrawtransaction(spend(traced, coin, 1000))
    old_entry = entry_of(traced, old)
    parent = spend(traced, coin, 500)
    output = rpc.decoderawtransaction(parent)["vout"][0]
    child = spend(traced, {"txid": rpc.decoderawtransaction(parent)["txid"], "vout": 0, "amount": output["value"],
                           "scriptPubKey": output["scriptPubKey"]["hex"]}, 20000)
    answer = rpc.submitpackage([parent, child])
    assert answer["replaced-transactions"] == [old]
    results = answer["tx-results"]

    replaced = traced.events.wait_for("mempool.replaced", mark)
    # A package is known by the SHA-256 of its wtxids, sorted as numbers.
    wtxids = sorted(results)
    package_hash = hashlib.sha256(b"".join(bytes.fromhex(wtxid)[::-1] for wtxid in wtxids)).digest()
    assert replaced["replacement_package_hash"] == package_hash[::-1].hex()
    assert "replacement_txid" not in replaced.fields
    assert replaced["replaced_txid"] == old
    assert replaced["replacement_vsize_vbytes"] == sum(result["vsize"] for result in results.values())
    assert replaced["replacement_fee_sat"] == sum(satoshi(result["fees"]["base"]) for result in results.values())
    check_removed(traced, mark, old, "replaced", old_entry)


@pytest.mark.parametrize("method", ["sendrawtransaction", "testmempoolaccept"])
def test_traces_rejected_transaction(traced, method):
    mark = traced.mark()
    raw = spend(traced, largest_coin(traced), 0)
    txid = traced.node.rpc.decoderawtransaction(raw)["txid"]
    if method == "testmempoolaccept":
        answer, = traced.node.rpc.testmempoolaccept([raw])
        reason = answer["reject-reason"]
    else:
        with pytest.raises(RpcError) as error:
            traced.node.rpc.sendrawtransaction(raw)
        reason = str(error.value).partition(",")[0]
    rejected = traced.events.wait_for("mempool.rejected", mark, txid=txid)
    assert rejected["reason"] == reason == "min relay fee not met"


def test_traces_removal_by_expiry(traced):
    mark = traced.mark()
    old = traced.wallet.sendtoaddress(traced.address, 1)
    entry = entry_of(traced, old)
    traced.node.rpc.setmocktime(int(time.time()) + 7300)
    traced.wallet.sendtoaddress(traced.address, 1)
    check_removed(traced, mark, old, "expiry", entry)


def test_traces_removal_by_conflict(traced):
    mark = traced.mark()
    coin = largest_coin(traced)
    txid = traced.node.rpc.sendrawtransaction(spend(traced, coin, 1000))
    entry = entry_of(traced, txid)
    traced.node.rpc.generateblock(traced.address, [spend(traced, coin, 5000)])
    check_removed(traced, mark, txid, "conflict", entry)


def test_traces_removal_by_reorg(traced):
    rpc = traced.node.rpc
    mark = traced.mark()
    # The coinbase that may be spent in the next block for the first time.
    coinbase = rpc.getblock(rpc.getblockhash(rpc.getblockcount() - 99))["tx"][0]
    coin = {"txid": coinbase, "vout": 0, "amount": rpc.gettxout(coinbase, 0)["value"]}
    txid = rpc.sendrawtransaction(spend(traced, coin, 1000))
    entry = entry_of(traced, txid)
    tip = rpc.getbestblockhash()
    rpc.invalidateblock(tip)
    check_removed(traced, mark, txid, "reorg", entry)
    rpc.reconsiderblock(tip)


def test_traces_removal_by_sizelimit(traced):
    """Overfills the 5 MB mempool with transactions each of which pays more than those before it, so the first have to go."""
    rpc = traced.node.rpc
    traced.wallet.sendmany("", {traced.wallet.getnewaddress(): "0.5" for _ in range(55)})
    rpc.generatetoaddress(1, traced.address)
    mark = traced.mark()
    sent, entry = [], None
    for number, coin in enumerate(coin for coin in traced.wallet.listunspent() if coin["confirmations"] == 1):
        sent.append(rpc.sendrawtransaction(spend(traced, coin, 50_000 + 20_000 * number, data="61" * 95_000)))
        entry = entry or entry_of(traced, sent[0])
    gone = len(sent) - len(rpc.getrawmempool())
    assert gone > 0
    removed = traced.events.wait_for("mempool.removed", mark, reason="sizelimit", count=gone)
    assert [event["txid"] for event in removed] == sent[:gone]
    check_removed(traced, mark, sent[0], "sizelimit", entry)
