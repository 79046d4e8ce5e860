"""Other people's programs as peers of a node: bcoin as full node and as light client, and python-bitcoinlib.

bcoin comes from npm: `npm install --ignore-scripts bcoin` in the folder that BCOIN names (its JavaScript backend needs no compiler).
"""

import contextlib
import os
import pathlib
import socket
import time

import harness
from bitcoind.node import Node, RpcError
from coins import DESCRIPTOR, Coin, spend
from recording import recording

SECONDS = 240


def bcoin(kind, directory, node, port):
    """A bcoin that connects to the node only."""
    root = pathlib.Path(os.environ["BCOIN"]) / "node_modules/bcoin"
    return harness.Program("env", "NODE_BACKEND=js", "node", "--require", pathlib.Path(__file__).parent / "without_leveldb.js", root / "bin" / kind, "--network=regtest", f"--prefix={directory}", "--memory=true", "--no-wallet", "--no-auth",
                           f"--only={node.address}", "--listen=false", f"--port={port}", f"--http-port={harness.free_port()}", "--log-level=warning")


def bitcoinlib_peer(node):
    """A light client: it shakes hands, asks for headers, and answers pings."""
    import bitcoin
    from bitcoin.messages import MsgSerializable, msg_getheaders, msg_ping, msg_pong, msg_verack, msg_version
    bitcoin.SelectParams("regtest")
    connection = socket.create_connection(("127.0.0.1", node.port), timeout=10)
    stream = connection.makefile("rwb")

    def send(message):
        stream.write(message.to_bytes())
        stream.flush()
    version = msg_version()
    version.addrTo.ip, version.addrTo.port = "127.0.0.1", node.port
    version.addrFrom.ip, version.addrFrom.port = "127.0.0.1", 1
    version.nServices = 0
    send(version)
    deadline = time.monotonic() + 60
    with contextlib.suppress(OSError, ValueError):
        while time.monotonic() < deadline:
            message = MsgSerializable.stream_deserialize(stream)
            if message is None:
                continue
            if message.command == b"version":
                send(msg_verack())
            elif message.command == b"verack":
                send(msg_getheaders())
                send(msg_ping(nonce=7))
            elif message.command == b"ping":
                send(msg_pong(nonce=message.nonce))
    connection.close()


def record(directory):
    counts = {"transactions": 0, "blocks": 0}
    with recording(directory) as (work, binary), contextlib.ExitStack() as stack:
        node = stack.enter_context(Node(work / "node", binary, "-peerbloomfilters", "-blockfilterindex", "-peerblockfilters"))
        node.rpc.generatetodescriptor(150, DESCRIPTOR)
        for kind, name in (("node", "full"), ("spvnode", "light")):
            stack.enter_context(bcoin(kind, work / name, node, harness.free_port()))
        harness.wait_until(lambda: sum("bcoin" in peer["subver"] for peer in node.rpc.getpeerinfo()) >= 2, "both bcoins are connected", 120)
        bitcoinlib_peer(node)
        coinbase = node.rpc.getblock(node.rpc.getblockhash(1), 2)["tx"][0]
        raw, coins = spend(Coin(bytes.fromhex(coinbase["txid"])[::-1], 0, 5_000_000_000), 500, 200_000)
        node.rpc.sendrawtransaction(raw)
        node.rpc.generatetodescriptor(1, DESCRIPTOR)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            raw, new = spend(coins.pop(0), 1, 2_000)
            with contextlib.suppress(RpcError):
                node.rpc.sendrawtransaction(raw)
                coins += new
                counts["transactions"] += 1
            if counts["transactions"] % 60 == 0:
                node.rpc.generatetodescriptor(1, DESCRIPTOR)
                counts["blocks"] += 1
            time.sleep(0.2)
        counts["agents"] = sorted({peer["subver"] for peer in node.rpc.getpeerinfo()})
        node.stop()
    return counts
