"""Class "work": transactions that take long, and requests that are few from each host."""

import random

from . import chain, curve, messages
from .attack import Log, attack, pace, processor_seconds
from .peer import connected, hosts
from .work import HASHES, coin_of, coins_of_hashes, long_chain

CHECKS_PER_COIN = 100
SLOW = curve.first_of_twenty_times(CHECKS_PER_COIN // 20)


def slow_coins(node):
    """Coins that one signature spends, which Core compares with twenty keys, five times."""
    chain.mature(node)
    chain.mine_with(node, chain.pay(chain.coins(node)[0], outputs=100, script=chain.pay_to_script(SLOW)))


@attack(prepare=slow_coins)
def slow_accepted_transactions(node, duration=1, rate=2, inputs=5, network=73):
    """Sends valid transactions whose scripts take as long as the rules for relay allow, each with a higher fee than the one before.

    Wants: the one thread that processes messages; what it pays is the last fee only, or nothing if it spends the coin elsewhere.
    Sends, among transactions of an honest peer: tx that spend P2WSH coins with five CHECKMULTISIG of twenty keys, of which the last one compared is the right one. All of
    them spend the same coins, so that each replaces the one before.
    Core: script/interpreter.cpp EvalChecksigMultisig compares in turn; script/sigcache.cpp remembers valid signatures only.
    policy/policy.h MAX_STANDARD_TX_SIGOPS_COST 16,000, DEFAULT_BYTES_PER_SIGOP. validation.cpp ReplacementChecks.
    Effect: the last one is in the mempool, all were accepted, and each took the node as long as its signature checks.
    """
    first = coin_of(node, chain.pay_to_script(SLOW))
    coins = [(first[0], first[1] + index, first[2]) for index in range(inputs)]
    total = sum(value for *_, value in coins)
    requests = round(duration * rate)
    sent = [chain.spend_signed(coins, [(total - 100_000 * (number + 1), chain.ANYONE)], SLOW, curve.sign)
            for number in range(requests)]
    before = processor_seconds(node)
    with Log(node, "mempool") as log, connected(node, [*hosts(network, 1), f"127.{network + 100}.0.1"]) as (attacker, honest):
        for coin in chain.coins(node, 8):
            honest.send("tx", chain.pay(coin).raw)
        honest.settle()
        for number in pace(duration, rate):
            attacker.send("tx", sent[number].raw)
        attacker.settle()
        accepted = sum(log.count("AcceptToMemoryPool", transaction.hex_txid) > 0 for transaction in sent)
    checks = requests * inputs * CHECKS_PER_COIN
    assert accepted == requests and sent[-1].hex_txid in node.rpc.getrawmempool(), accepted
    assert processor_seconds(node) - before > checks * 20e-6
    return {"transactions accepted": accepted, "signature checks": checks}


@attack(prepare=coins_of_hashes)
def packages_that_fail(node, duration=1, rate=5, network=73):
    """Has one parent without a fee evaluated again with one costly child after the other.

    Wants: the work of a package, twice the validation of a transaction, for children that fail at their last script.
    Sends: a parent that pays nothing, then children of it that spend 399 coins with costly scripts, of which the last fails.
    Core: node/txdownloadman_impl.cpp MempoolRejectedTx (TX_RECONSIDERABLE), Find1P1CPackage; net_processing.cpp ProcessPackageResult;
    validation.cpp AcceptPackage. The package is remembered by its hash: each child makes another.
    Effect: debug.log has an evaluation of each package, and nothing is in the mempool.
    """
    first = coin_of(node, chain.pay_to_script(HASHES))
    coins = [(first[0], first[1] + index, first[2]) for index in range(399)]
    parent = chain.pay(coins.pop(), fee=0, script=chain.pay_to_script(HASHES), witness=[b"", HASHES])
    total = sum(value for *_, value in coins)
    requests = round(duration * rate)
    with Log(node, "txpackages") as log, connected(node, hosts(network, 1)) as (attacker,):
        for number in pace(duration, rate):
            wrong = [b"", number.to_bytes(8, "big"), HASHES]
            child = chain.spend([*coins, parent.coin()], [(total, chain.ANYONE)], [b"", HASHES], wrong)
            attacker.send("tx", child.raw)
            attacker.send("tx", parent.raw)
        attacker.settle()
        evaluated = log.wait_for("package evaluation for", count=requests)
    assert node.rpc.getrawmempool() == []
    return {"packages evaluated": evaluated}


@attack(prepare=long_chain)
def headers_asked_by_many(node, duration=5, rate=0.4, peers=12, network=80):
    """Asks for headers that it has, seldom from each of many networks, and never twice for the same.

    Wants: what getheaders_from_genesis wants, without any peer that stands out.
    Sends: getheaders with a locator of one block, each time another one of the first half of the chain.
    Core: net_processing.cpp ProcessMessage (GETHEADERS): no limit.
    Effect: the node has sent half of its headers for each request.
    """
    rng = random.Random(network)
    half = node.rpc.getblockcount() // 2
    requests = round(duration * rate) * peers
    with connected(node, [f"127.{network + number}.0.1" for number in range(peers)]) as attackers:
        for _ in pace(duration, rate):
            for attacker in attackers:
                known = messages.wire(node.rpc.getblockhash(rng.randrange(half)))
                attacker.send("getheaders", messages.locator([known]))
        for attacker in attackers:
            attacker.settle()
        sent = sum(attacker.sent_by_node("headers") for attacker in attackers)
    assert sent >= requests * 81 * min(2_000, half), sent
    return {"requests": requests, "bytes of headers": sent}
