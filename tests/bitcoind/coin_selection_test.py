"""coin_selection:* against the wallet's RPC."""

import pytest

from node import RpcError, pay_from_one_coin, satoshi
from traced import traced_node

AMOUNT = 100_000_000
ALGORITHMS = {"bnb", "knapsack", "srd", "cg", "manual"}


@pytest.fixture(scope="module")
def traced():
    with traced_node(extractor_options=("--enable", "coin_selection")) as traced:
        traced.wallet = traced.node.create_wallet("a wallet", blocks=103)
        traced.address = traced.wallet.getnewaddress()
        yield traced


def inputs_and_change(traced, txid):
    """(value of the inputs, position of the change output) of one of the wallet's transactions"""
    rpc = traced.node.rpc
    decoded = traced.wallet.gettransaction(txid, False, True)["decoded"]
    inputs = [rpc.decoderawtransaction(traced.wallet.gettransaction(spent["txid"])["hex"])["vout"][spent["vout"]]
              for spent in decoded["vin"]]
    change = [output["n"] for output in decoded["vout"]
              if traced.wallet.getaddressinfo(output["scriptPubKey"]["address"])["ischange"]]
    return sum(satoshi(coin["value"]) for coin in inputs), change[0] if change else None


def fee_of(traced, txid):
    return -satoshi(traced.wallet.gettransaction(txid)["fee"])


def test_traces_payment_and_second_attempt_without_partial_spends(traced):
    mark = traced.mark()
    txid = traced.wallet.sendtoaddress(traced.address, AMOUNT // 10**8)
    selected_value, change_position = inputs_and_change(traced, txid)
    aps = traced.events.wait_for("coin_selection.aps_create_tx", mark)
    kinds = [event.kind.removeprefix("coin_selection.") for event in traced.events.list[mark:aps_index(traced, aps)]
             if event.kind.startswith("coin_selection.")]
    assert kinds == ["selected_coins", "normal_create_tx", "attempting_aps_create_tx", "selected_coins", "aps_create_tx"]

    normal, = traced.events.find("coin_selection.normal_create_tx", mark)
    attempt, = traced.events.find("coin_selection.attempting_aps_create_tx", mark)
    selections = traced.events.find("coin_selection.selected_coins", mark)
    for selected in selections:
        assert selected["wallet"] == "a wallet"
        assert selected["algorithm"] in ALGORITHMS
        assert AMOUNT < selected["target_sat"] < AMOUNT + 10_000  # the payment, and the fee of what is not an input
        assert selected["selected_sat"] >= selected["target_sat"]
    assert normal["wallet"] == attempt["wallet"] == aps["wallet"] == "a wallet"
    assert normal["success"] and aps["success"]
    # The wallet takes the transaction without partial spends when it costs no more.
    assert aps["uses_aps"] == (aps["fee_sat"] <= normal["fee_sat"])
    selected, created = (selections[1], aps) if aps["uses_aps"] else (selections[0], normal)
    assert selected["selected_sat"] == selected_value
    assert created["fee_sat"] == fee_of(traced, txid)
    assert created.get("change_position") == change_position


def aps_index(traced, event):
    return traced.events.list.index(event) + 1


def test_traces_payment_without_change(traced):
    mark = traced.mark()
    balance = traced.wallet.getbalance()
    answer = traced.wallet.send(outputs=[{traced.address: balance}], options={"subtract_fee_from_outputs": [0], "add_to_wallet": False})
    assert answer["complete"]
    created = traced.events.wait_for("coin_selection.normal_create_tx", mark)
    assert created["success"]
    assert "change_position" not in created.fields
    selected = traced.events.wait_for("coin_selection.selected_coins", mark)
    assert selected["selected_sat"] == selected["target_sat"] == satoshi(balance)


def test_traces_bumped_fee_with_given_coins(traced):
    txid = pay_from_one_coin(traced.wallet, traced.address, 1)
    mark = traced.mark()
    bumped = traced.wallet.bumpfee(txid)
    selected = traced.events.wait_for("coin_selection.selected_coins", mark)
    assert selected["algorithm"] == "manual"
    assert selected["selected_sat"] == inputs_and_change(traced, bumped["txid"])[0]
    assert traced.events.wait_for("coin_selection.normal_create_tx", mark)["fee_sat"] == satoshi(bumped["fee"])


def test_traces_payment_with_insufficient_funds(traced):
    mark = traced.mark()
    with pytest.raises(RpcError, match="Insufficient funds"):
        traced.wallet.sendtoaddress(traced.address, 1_000_000)
    created = traced.events.wait_for("coin_selection.normal_create_tx", mark)
    assert created["wallet"] == "a wallet"
    assert created["success"] is False
    traced.node.rpc.ping()
    assert traced.events.find("coin_selection.selected_coins", mark) == []
