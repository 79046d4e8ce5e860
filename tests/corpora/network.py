"""A network of real nodes without enemies: blocks, transactions, reorganisations, restarts, and peers of every sort."""

import contextlib
import random
import time

import harness
from bitcoind.node import Node, RpcError, copy_binary
from coins import DESCRIPTOR, Coin, spend
from recording import recording

# What each node is started with. The first ones are observed: one as it is by default, one that keeps few blocks, one without transactions.
OPTIONS = [
    (), ("-prune=1", "-fastprune"), ("-blocksonly",), ("-v2transport=0",), ("-maxmempool=5",), ("-peerblockfilters", "-blockfilterindex"),
    ("-peerbloomfilters",), ("-maxconnections=12",), ("-minrelaytxfee=0.00005",), (),
]
OBSERVED = 3
BLOCK_S = 25  # on average; the network's own ten minutes would leave little to see
RATES = (14, 20, 7, 40, 14, 2)  # transactions a second, each for a minute
COINS = 6_000
FEE = 2_000


class Network:
    def __init__(self, directory, binary, seed):
        self.rng = random.Random(seed)
        plain = directory / "plain"
        plain.mkdir()
        other = copy_binary(plain)
        self.nodes = [Node(directory / f"node{number}", binary if number < OBSERVED else other, *options)
                      for number, options in enumerate(OPTIONS)]
        self.edges = set()
        self.coins = []
        self.counts = dict.fromkeys(("transactions", "refused", "blocks", "reorganisations", "restarts"), 0)

    def start(self):
        for node in self.nodes:
            node.start()
        self.nodes[0].rpc.generatetodescriptor(120, DESCRIPTOR)
        for number in range(len(self.nodes)):
            for step in (1, 2, 3):
                self.connect(number, (number + step) % len(self.nodes), "outbound-full-relay")
        for number in range(1, len(self.nodes)):
            self.connect(number, 0, "block-relay-only")
        self.wait_for_same_tip()
        self.fan_out()

    def connect(self, number, other, connection_type):
        self.edges.add((number, other, connection_type))
        with contextlib.suppress(RpcError):
            self.nodes[number].rpc.addconnection(self.nodes[other].address, connection_type, "-v2transport=0" not in OPTIONS[number] + OPTIONS[other])

    def wait_for_same_tip(self):
        harness.wait_until(lambda: len({node.rpc.getbestblockhash() for node in self.nodes}) == 1, "all nodes have the same tip", 120)

    def fan_out(self):
        """Coins enough to spend for minutes without waiting for a block."""
        rpc = self.nodes[0].rpc
        height = 1
        while len(self.coins) < COINS:
            block = rpc.getblock(rpc.getblockhash(height), 2)
            coinbase = block["tx"][0]
            raw, coins = spend(Coin(bytes.fromhex(coinbase["txid"])[::-1], 0, 5_000_000_000), 500, 200_000)
            rpc.sendrawtransaction(raw)
            self.coins += coins
            height += 1
        self.mine(0)
        self.wait_for_same_tip()

    def mine(self, number, count=1):
        self.nodes[number].rpc.generatetodescriptor(count, DESCRIPTOR)
        self.counts["blocks"] += count

    def pay(self):
        coin = self.coins.pop(0)
        raw, coins = spend(coin, 1, FEE + self.rng.randrange(1_000))
        number = self.rng.choice([number for number, options in enumerate(OPTIONS) if "-blocksonly" not in options])
        try:
            self.nodes[number].rpc.sendrawtransaction(raw)
        except RpcError:  # the node is behind, or the coin's chain is too long: later
            self.coins.append(coin)
            self.counts["refused"] += 1
            return
        self.coins += coins
        self.counts["transactions"] += 1

    def restart(self):
        number = self.rng.randrange(len(self.nodes))
        node = self.nodes[number]
        node.stop()
        node.start()
        for edge in sorted(self.edges):
            if number in edge[:2]:
                self.connect(*edge)
        self.counts["restarts"] += 1

    def reorganise(self):
        """A node mines alone, and finds that the others have mined more."""
        alone = self.rng.randrange(1, len(self.nodes))
        self.nodes[alone].rpc.setnetworkactive(False)
        self.mine(alone, 1)
        self.mine(0, 2)
        self.nodes[alone].rpc.setnetworkactive(True)
        for edge in sorted(self.edges):
            if alone in edge[:2]:
                self.connect(*edge)
        self.counts["reorganisations"] += 1

    def play(self, seconds):
        start = time.monotonic()
        next_payment = next_block = start
        next_reorganisation, next_restart = start + 100, start + 170
        while (now := time.monotonic()) < start + seconds:
            if now >= next_block:
                self.mine(self.rng.randrange(len(self.nodes)))
                next_block = now + self.rng.expovariate(1 / BLOCK_S)
            if now >= next_reorganisation:
                self.reorganise()
                next_reorganisation = now + 180
            if now >= next_restart:
                self.restart()
                next_restart = time.monotonic() + 200
            if now >= next_payment:
                self.pay()
                next_payment = max(next_payment, now - 1) + self.rng.expovariate(RATES[int((now - start) / 60) % len(RATES)])
            else:
                time.sleep(min(next_payment - now, 0.05))


def record(directory, minutes, seed=1):
    """Writes DIR/archive; says what happened."""
    with recording(directory) as (work, binary), contextlib.ExitStack() as stack:
        network = Network(work, binary, seed)
        for node in network.nodes:
            stack.callback(lambda node=node: node.program and node.program.end())
        network.start()
        network.play(60 * minutes)
        for node in network.nodes:
            node.stop()
    return network.counts
