"""A node with something of everything that RPC tells, and the rpc-extractor that asks it."""

import contextlib
import json
import re
import shutil
import subprocess
import time
import urllib.request

import built_services
import harness
from node import Node, find_bitcoind

METHODS = built_services.rpc_methods()
PARAMETERS = {"getorphantxs": ["2"]}
ESTIMATES = [(target, mode) for target in (1, 6, 144) for mode in ("economical", "conservative")]


class RpcExtractor(harness.Program):
    def __init__(self, node, directory, *options, credentials=None, interval=0.2):
        self.url = f"ipc://{directory}/rpc-bus"
        intervals = [word for method in METHODS for word in ("--interval", f"{method}={interval}")]
        super().__init__(
            harness.program("peer-observer-rpc-extractor"), "--rpc-address", f"127.0.0.1:{node.rpc_port}",
            *(credentials or ("--cookie-file", node.directory / "regtest" / ".cookie")), "--listen", self.url,
            "--node", "test", "--metrics-address", "127.0.0.1:0", *intervals, *options)
        self.metrics = re.search(r"http://([\d.:]+)/", self.wait_for_log("metrics on"))[1]

    def page(self):
        with urllib.request.urlopen(f"http://{self.metrics}/metrics", timeout=harness.TIMEOUT) as answer:
            return answer.read().decode()

    def errors(self):
        """(cause, method) of every error so far."""
        return set(re.findall(r'rpc_extractor_errors_total{cause="(\w+)",method="(\w+)"}', self.page()))


class Cli:
    """bitcoin-cli: what it prints, as JSON."""

    def __init__(self, node):
        self.command = [shutil.which("bitcoin-cli"), "-regtest", f"-datadir={node.directory}", f"-rpcport={node.rpc_port}"]

    def __call__(self, method, *parameters):
        run = subprocess.run([*self.command, method, *map(str, parameters)], check=True, capture_output=True, text=True)
        return json.loads(run.stdout)


def have_cli():
    return bool(find_bitcoind() and shutil.which("bitcoin-cli"))


def signed(node, wallet, coin, amount, previous=()):
    """A transaction in hex that spends `coin`."""
    raw = node.rpc.createrawtransaction([{"txid": coin["txid"], "vout": coin["vout"]}], [{wallet.getnewaddress(): amount}])
    return wallet.signrawtransactionwithwallet(raw, list(previous))["hex"]


def make_orphan(node, peer, wallet, coin):
    """Lets the peer send a transaction whose parent the node does not have."""
    parent = node.rpc.decoderawtransaction(signed(node, wallet, coin, "49.9"))
    output = {"txid": parent["txid"], "vout": 0, "amount": "49.9", "scriptPubKey": parent["vout"][0]["scriptPubKey"]["hex"]}
    peer.rpc.sendmsgtopeer(0, "tx", signed(node, wallet, output, "49.8", [output]))


def fill_addrman(node, count):
    for i in range(count):
        node.rpc.addpeeraddress(f"{1 + i % 9}.{i % 200}.3.4", 8333 + i % 3, i % 4 == 0)
    node.rpc.addpeeraddress("2001:db9::1", 8333)


@contextlib.contextmanager
def rich_node():
    """(node, directory): peers, mempool, orphans, address manager, bans, a fork, fee estimates. Nothing moves any more."""
    with harness.temporary_directory() as directory:
        # With this permission the node hears of transactions at once, and the other end may be banned for nothing.
        with Node(directory / "node", find_bitcoind(), "-whitelist=noban@127.0.0.1") as node, \
                Node(directory / "peer", find_bitcoind()) as peer:
            wallet = node.create_wallet(blocks=130)
            peer.connect(node)
            spend_for_estimates(node, wallet)
            fork(node, wallet)
            for _ in range(3):
                wallet.sendtoaddress(wallet.getnewaddress(), 1)
            coins = [coin for coin in wallet.listunspent() if float(coin["amount"]) >= 50]
            make_orphan(node, peer, wallet, coins[0])
            make_orphan(node, peer, wallet, coins[1])
            harness.wait_until(lambda: len(node.rpc.getorphantxs()) == 2, "two orphans")
            fill_addrman(node, 100)
            node.rpc.setban("192.0.2.0/24", "add", 3600)
            # Pings, announcements and times stand still from here on.
            node.rpc.setmocktime(int(time.time()))
            yield node, directory


def spend_for_estimates(node, wallet):
    """Core estimates fees when it has seen enough transactions confirm."""
    for _ in range(30):
        for _ in range(4):
            wallet.sendtoaddress(address=wallet.getnewaddress(), amount="0.1", fee_rate=25)
        node.rpc.generatetoaddress(1, wallet.getnewaddress())
        node.rpc.syncwithvalidationinterfacequeue()


def fork(node, wallet):
    """A tip that is not the best."""
    tip = node.rpc.getbestblockhash()
    node.rpc.invalidateblock(tip)
    node.rpc.generatetoaddress(2, wallet.getnewaddress())
    node.rpc.reconsiderblock(tip)
    assert len(node.rpc.getchaintips()) == 2
