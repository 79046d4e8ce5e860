"""Class "steer": which of two payments the node takes."""

from scenarios import p2p

from . import chain
from .attack import Clock, Log, attack
from .peer import connected, hosts
from .steer import several_coins, small_coins


@attack(prepare=several_coins)
def conflicts_first(node, transactions=30, rate=15, honest=5, network=86, real_time=False):
    """Spends each coin before the transaction that all others relay.

    Wants: that the node takes its versions and refuses those of the network, which it then does not know when they are mined; and that
    honest peers look like senders of transactions that are refused.
    Sends: for each transaction one of its own that spends the same coin, at the same fee rate, just before.
    Core: validation.cpp MemPoolAccept::ReplacementChecks: the second needs a higher fee ("insufficient fee"). Nobody is punished.
    Effect: the mempool has the attacker's version of all of them; debug.log has a refusal for each of the others.
    """
    coins = small_coins(node, transactions)
    real = [chain.pay(coin) for coin in coins]
    own = [chain.pay(coin, script=chain.pay_to_script(b"\x52")) for coin in coins]
    by_hash = {transaction.wtxid: transaction for transaction in real}

    def give(peer, kind, payload):
        if kind == "getdata":
            for _, item in p2p.read_inventory(payload):
                if item in by_hash:
                    peer.send("tx", by_hash[item].raw)
    with Log(node, "mempoolrej") as log, Clock(node, real_time) as clock, connected(node, hosts(network, 1)) as (attacker,), \
            connected(node, [f"127.{network + 100 + number}.0.1" for number in range(honest)], on_message=give) as others:
        for start in range(0, transactions, rate):
            for transaction in own[start:start + rate]:
                attacker.send("tx", transaction.raw)
            attacker.settle()
            for number in range(honest):
                peer = others[(start + number) % honest]
                peer.send("inv", p2p.inventory(p2p.WTX, [transaction.wtxid for transaction in real[start:start + rate]]))
                peer.settle()
            clock.until(lambda: log.count("insufficient fee") >= min(start + rate, transactions), "the others' are refused")
        refused = log.count("insufficient fee")
    assert set(node.rpc.getrawmempool()) == {transaction.hex_txid for transaction in own}
    return {"own in the mempool": transactions, "refused of others": refused}
