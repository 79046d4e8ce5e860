"""A bitcoind on regtest that talks to nobody outside this machine, and its RPC."""

import base64
import contextlib
import http.client
import json
import os
import re
import shutil
import subprocess
import urllib.parse

import pytest

import harness

# A regtest node dials every routable address that it hears of, unless it is told not to. Each test node has all of these.
SAFETY_OPTIONS = ("-regtest", "-connect=0", "-dnsseed=0", "-fixedseeds=0", "-discover=0", "-natpmp=0", "-listenonion=0")


class RpcError(Exception):
    def __init__(self, error):
        super().__init__(error["message"])
        self.code = error["code"]


class Rpc:
    """rpc.getblock(hash, 2), rpc.wallet("name").getbalance()"""

    def __init__(self, node, path="/"):
        self._node = node
        self._path = path

    def wallet(self, name):
        return Rpc(self._node, f"/wallet/{urllib.parse.quote(name)}")

    def __getattr__(self, method):
        def call(*parameters, **named):
            cookie = (self._node.directory / "regtest" / ".cookie").read_bytes()
            body = json.dumps({"id": 0, "method": method, "params": named or parameters})
            connection = http.client.HTTPConnection("127.0.0.1", self._node.rpc_port, timeout=60)
            with contextlib.closing(connection):
                connection.request("POST", self._path, body, {"Authorization": "Basic " + base64.b64encode(cookie).decode()})
                answer = json.loads(connection.getresponse().read(), parse_float=str)
            if answer["error"]:
                raise RpcError(answer["error"])
            return answer["result"]
        return call


def satoshi(amount):
    """The decimal number of bitcoins that RPC shows, in satoshi."""
    sign = -1 if str(amount).startswith("-") else 1
    whole, _, fraction = str(amount).lstrip("-").partition(".")
    return sign * (int(whole) * 100_000_000 + int(fraction.ljust(8, "0")))


class Node:
    """`binary` is run as it is: give each test its own copy, since a probe of one file fires in every process that runs it."""

    def __init__(self, directory, binary, *options):
        self.directory = directory
        self.binary = binary
        self.options = options
        self.port = harness.free_port()
        self.rpc_port = harness.free_port()
        self.rpc = Rpc(self)
        self.program = None
        directory.mkdir(parents=True)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.program:
            self.program.end()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self):
        return self.program.pid

    def launch(self, *more_options):
        """Starts it, and does not wait until it is ready."""
        self.program = harness.Program(
            self.binary, f"-datadir={self.directory}", *SAFETY_OPTIONS, f"-bind={self.address}",
            f"-rpcport={self.rpc_port}", "-printtoconsole=0", "-fallbackfee=0.0002", *self.options, *more_options)

    def start(self, *more_options):
        self.launch(*more_options)
        harness.wait_until(self.answers, "bitcoind answers RPC")

    def answers(self):
        assert self.program.process.poll() is None, f"bitcoind ended: {self.program.log}"
        with contextlib.suppress(OSError, RpcError, ValueError):
            return self.rpc.getblockchaininfo()

    def stop(self):
        self.rpc.stop()
        assert self.program.wait() == 0

    def connect(self, other):
        """Opens a connection to another node. Returns (what the other says of us, what we say of the other)."""
        self.rpc.addnode(other.address, "onetry")
        def peers():
            mine = next((peer for peer in self.rpc.getpeerinfo() if peer["addr"] == other.address), None)
            theirs = mine and next((peer for peer in other.rpc.getpeerinfo() if peer["addr"] == mine.get("addrbind")), None)
            ready = theirs and all("pong" in peer["bytesrecv_per_msg"] for peer in (mine, theirs))
            return (theirs, mine) if ready else None
        return harness.wait_until(peers, "both nodes have shaken hands")

    def create_wallet(self, name="w", blocks=101):
        """A wallet with `blocks` new coinbases, of which 100 are immature."""
        self.rpc.createwallet(name)
        wallet = self.rpc.wallet(name)
        self.rpc.generatetoaddress(blocks, wallet.getnewaddress())
        return wallet


def pay_from_one_coin(wallet, address, amount):
    """Pays whole bitcoins from one coin, with change: sendtoaddress takes coins and their number at random. Returns the txid."""
    coin = max(wallet.listunspent(), key=lambda coin: satoshi(coin["amount"]))
    assert satoshi(coin["amount"]) > satoshi(amount + 1)
    sent = wallet.send(outputs=[{address: amount}], options={"inputs": [{"txid": coin["txid"], "vout": coin["vout"]}], "add_inputs": False})
    return sent["txid"]


def copy_binary(directory, path=None):
    """A private copy of bitcoind: another inode, hence probes of its own."""
    copy = directory / "bitcoind"
    shutil.copy2(path or find_bitcoind(), copy)
    return copy


def find_bitcoind():
    """Path of bitcoind: of the environment's BITCOIND, or on PATH. Nothing when there is none."""
    return shutil.which(os.environ.get("BITCOIND", "bitcoind"))


def require_bitcoind():
    """Its path. Without one, the test is skipped."""
    path = find_bitcoind()
    if not path:
        pytest.skip("no bitcoind on PATH or in the environment's BITCOIND")
    return path


def has_tracepoint(path, name):
    """Whether the program has the tracepoint `context:event`."""
    context, event = name.split(":")
    notes = subprocess.run(["readelf", "--notes", path], check=True, capture_output=True, text=True).stdout
    return re.search(rf"Provider: {context}\s+Name: {event}\s", notes) is not None
