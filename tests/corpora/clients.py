"""Other people's programs as peers of a node: bcoin as full node and as light client, python-bitcoinlib, and the test framework of
Bitcoin Core, if BITCOIN_SOURCE names its source tree.

bcoin comes from npm: `npm install --ignore-scripts bcoin` in the folder that BCOIN names (its JavaScript backend needs no compiler).
"""

import contextlib
import os
import pathlib
import socket
import sys
import threading
import time

import harness
from bitcoind.node import Node, RpcError
from coins import DESCRIPTOR, Coin, spend
from recording import recording

SECONDS = 480
# To bcoin, segwit begins on regtest when miners have signalled it (BIP 9, bit 1, the first two windows of 144 blocks); to Core, with the
# first block. Where they do not agree, bcoin rejects each block for its witness commitment and disconnects, again and again.
SEGWIT = 432
SIGNALLING = ("-blockversion=536870914", f"-testactivationheight=segwit@{SEGWIT}")


def bcoin(kind, directory, node, port):
    """A bcoin that connects to the node only."""
    root = pathlib.Path(os.environ["BCOIN"]) / "node_modules/bcoin"
    return harness.Program("env", "NODE_BACKEND=js", "node", "--require", pathlib.Path(__file__).parent / "without_leveldb.js", root / "bin" / kind,
                           "--network=regtest", f"--prefix={directory}", "--memory=true", "--no-wallet", "--no-auth", f"--only={node.address}",
                           "--listen=false", f"--port={port}", f"--http-port={harness.free_port()}",
                           f"--wallet-http-port={harness.free_port()}", "--log-level=warning")  # the light one has a wallet in any case


def bitcoinlib_peer(node, over):
    """A light client until `over`: it shakes hands, asks for headers with each ping, and answers it."""
    import bitcoin
    from bitcoin.core.serialize import SerializationTruncationError
    from bitcoin.messages import MsgSerializable, msg_getheaders, msg_ping, msg_pong, msg_verack, msg_version
    bitcoin.SelectParams("regtest")
    connection = socket.create_connection(("127.0.0.1", node.port), timeout=300)
    stream = connection.makefile("rwb")

    def send(*some):
        for message in some:
            stream.write(message.to_bytes())
        stream.flush()
    version = msg_version()
    version.addrTo.ip, version.addrTo.port = "127.0.0.1", node.port
    version.addrFrom.ip, version.addrFrom.port = "127.0.0.1", 1
    version.nServices = 0
    send(version)

    def answer():
        while True:
            message = MsgSerializable.stream_deserialize(stream)
            if message is None:
                continue
            if message.command == b"version":
                send(msg_verack())
            elif message.command == b"verack":
                send(msg_getheaders(), msg_ping(nonce=7))
            elif message.command == b"ping":
                send(msg_pong(nonce=message.nonce), msg_getheaders())

    def close():
        over.wait()
        connection.shutdown(socket.SHUT_RDWR)
    threading.Thread(target=close, daemon=True).start()
    with contextlib.suppress(OSError, SerializationTruncationError):
        answer()


def framework_peer(node, over):
    """Core's own test framework as a light client until `over`: it asks for all that is announced, and answers pings."""
    sys.path.append(str(pathlib.Path(os.environ["BITCOIN_SOURCE"]) / "test/functional"))
    from test_framework.p2p import NetworkThread, P2PInterface
    network = NetworkThread()
    network.start()
    peer = P2PInterface()
    peer.peer_connect(dstaddr="127.0.0.1", dstport=node.port, net="regtest", timeout_factor=1, supports_v2_p2p=False, send_version=True)()
    peer.wait_for_connect()
    peer.wait_for_verack()
    over.wait()
    peer.peer_disconnect()
    peer.wait_for_disconnect()
    network.close(timeout=10)


def record(directory):
    counts = {"transactions": 0, "blocks": 0}
    with recording(directory) as (work, binary), contextlib.ExitStack() as stack:
        node = stack.enter_context(Node(work / "node", binary, "-peerbloomfilters", "-blockfilterindex", "-peerblockfilters", *SIGNALLING))
        node.rpc.generatetodescriptor(SEGWIT + 10, DESCRIPTOR)
        for kind, name in (("node", "full"), ("spvnode", "light")):
            stack.enter_context(bcoin(kind, work / name, node, harness.free_port()))
        tip = node.rpc.getblockcount()
        def synchronized():
            """Both have the node's blocks: the full one says so, the light one has asked for them all."""
            peers = [peer for peer in node.rpc.getpeerinfo() if "bcoin" in peer["subver"]]
            return len(peers) == 2 and all(peer["bytessent_per_msg"].get("block", 0) + peer["bytessent_per_msg"].get("merkleblock", 0) > 80 * tip
                                           for peer in peers)
        harness.wait_until(synchronized, "both bcoins have the chain", 300)
        over = threading.Event()
        lights = [bitcoinlib_peer] + [framework_peer] * ("BITCOIN_SOURCE" in os.environ)
        threads = [threading.Thread(target=light, args=(node, over)) for light in lights]
        for thread in threads:
            thread.start()
        stack.callback(over.set)
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
        assert len(counts["agents"]) == len(lights) + 1, counts
        over.set()
        for thread in threads:
            thread.join(60)
        node.stop()
    return counts
