"""The figures of the pages are those of the node's RPC: a real node on regtest, its peers, a payment and a block."""

import contextlib

import pytest

import harness
from node import Node, copy_binary, find_bitcoind, require_bitcoind
from raw_peer import RawPeer
from rpc_node import RpcExtractor
from web import Web

V1_HEADER_BYTES = 24
SCRIPT = "<script>document.title='run'</script>"
SETTLED = ("sendcmpct", "feefilter", "pong")  # what both have sent when a connection is quiet


@pytest.fixture(scope="module")
def network(loopback_only):
    """(web, node, peers): a traced node, two nodes connected to it and one that it is connected to."""
    require_bitcoind()
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(harness.temporary_directory())
        binary = copy_binary(directory)
        extractor = stack.enter_context(harness.Extractor(binary, directory))
        extractor.wait_for_log("tracepoints to")
        node = Node(directory / "node", binary, "-whitelist=noban@127.0.0.1")
        # Waits for the node.
        rpc = RpcExtractor(node, directory, credentials=("--cookie-file", node.directory / "regtest" / ".cookie"))
        stack.enter_context(rpc)
        web = stack.enter_context(Web(extractor.url, rpc.url))
        stack.enter_context(node)
        peers = [stack.enter_context(Node(directory / f"peer{i}", find_bitcoind(), f"-uacomment=peer{i}", f"-minrelaytxfee=0.0000{i + 1}",
                                          f"-v2transport={int(i > 0)}", "-whitelist=noban@127.0.0.1"))
                 for i in range(3)]
        node.create_wallet(blocks=101)
        for peer in peers[:2]:
            peer.connect(node)
        node.connect(peers[2])
        harness.wait_until(lambda: all(set(SETTLED) <= set(peer["bytesrecv_per_msg"]) for peer in node.rpc.getpeerinfo()), "quiet connections")
        yield web, node, peers


def test_shows_peers_as_getpeerinfo(browser, network):
    web, node, _ = network
    def settled():
        found = {peer["peer_id"]: peer for peer in web.api("/nodes/test")["peers"]}
        told = {peer["id"]: peer for peer in node.rpc.getpeerinfo()}
        return set(found) == set(told) and all(
            found[id].get("ping_ns") and found[id].get("transport_protocol_type") == told[id]["transport_protocol_type"] for id in told) and told
    told = harness.wait_until(settled, "the peers of RPC")
    browser.open(web.url, "#/node/test")
    browser.find("tbody tr")
    rows = {int(row["peer"][0].split()[0]): row for row in browser.table("peers-by-peer")}
    assert set(rows) == set(told) and len(told) == 3
    for id, peer in told.items():
        row = rows[id]
        assert row["address"][1] == peer["addr"]
        assert row["type"][0] == peer["connection_type"]
        assert row["transport"][0] == peer["transport_protocol_type"]
        assert row["user agent"][0] == peer["subver"]
        assert sorted(row["services"][0].split()) == sorted(peer["servicesnames"])
        assert row["network"][0] == "local" and peer["network"] == "not_publicly_routable"
        shown = web.api(f"/nodes/test/peers/{id}?process={web.api('/nodes/test')['node']['process']}")["peer"]
        assert abs(shown["ping_ns"] / 1e9 - float(peer["pingtime"])) < 0.05
        assert row["feefilter"][0].replace(",", "") == str(round(float(peer["minfeefilter"]) * 1e8))


def test_counts_bytes_as_getpeerinfo(browser, network):
    """Of the peer with the v1 transport, whose messages have a header of 24 bytes."""
    web, node, _ = network
    peer = next(peer for peer in node.rpc.getpeerinfo() if peer["transport_protocol_type"] == "v1")
    browser.open(web.url, f"#/node/test/peer/latest/{peer['id']}")
    def differences():
        told = next(one for one in node.rpc.getpeerinfo() if one["id"] == peer["id"])
        rows = {row["type"][0]: row for row in browser.table("types-by-type")}
        expected = {}
        for direction, key in (("in", "bytesrecv_per_msg"), ("out", "bytessent_per_msg")):
            for kind, size in told[key].items():
                count = int(rows.get(kind, {}).get(direction, ["0"])[0].replace(",", ""))
                expected[kind, direction] = size - V1_HEADER_BYTES * count
        formatted = browser.run("const { bytes } = await import('/lib/format.js'); return given[0].map(bytes)", list(expected.values()))
        return {where: (text, rows.get(where[0])) for where, text in zip(expected, formatted)
                if rows.get(where[0], {}).get(f"bytes {where[1]}", [None])[0] != text}
    browser.find("#types-by-type")
    harness.wait_until(lambda: not differences(), "the bytes of RPC")


def test_shows_block_and_who_had_it_first(browser, network):
    web, node, peers = network
    address = node.rpc.wallet("w").getnewaddress()
    [block] = peers[0].rpc.generatetoaddress(1, address)
    harness.wait_until(lambda: all(one.rpc.getbestblockhash() == block for one in (node, *peers)), "the block everywhere")
    harness.wait_until(lambda: web.api("/nodes/test")["node"].get("tip_hash") == block, "the block in the web service")
    browser.open(web.url)
    browser.find("[data-figure=height]")
    assert int(browser.facts()["height"].replace(",", "")) == node.rpc.getblockcount()
    browser.open(web.url, f"#/block/{block}")
    browser.find("#on-test-by-after")
    first = browser.table("on-test-by-after")[0]
    announcer = next(peer for peer in node.rpc.getpeerinfo() if "peer0" in peer["subver"])
    assert first["peer"][1] == announcer["addr"] and "from the peer" in first["direction"][0]
    facts = browser.facts()
    assert facts["transactions"] == str(node.rpc.getblock(block)["nTx"])


def test_follows_transaction_from_peer_to_mempool(browser, network):
    web, node, peers = network
    wallet = node.rpc.wallet("w")
    txid = wallet.sendtoaddress(wallet.getnewaddress(), 1)
    harness.wait_until(lambda: all(txid in peer.rpc.getrawmempool() for peer in peers), "the transaction everywhere")
    wtxid = node.rpc.getmempoolentry(txid)["wtxid"]
    for hash in (txid, wtxid):
        browser.open(web.url, "#/blocks")
        browser.find("#hash").send_keys(hash + "\n")
        browser.wait_for_text("entered the mempool")
        harness.wait_until(lambda: len(browser.table("on-test-by-after")) == 3, "three announcements")
        rows = browser.table("on-test-by-after")
        assert {row["peer"][1] for row in rows} == {peer["addr"] for peer in node.rpc.getpeerinfo()}
        assert all("to the peer" in row["direction"][0] for row in rows)


def test_shows_how_compact_block_was_put_together(browser, network):
    """One transaction was in the mempool, the other one nobody had sent."""
    web, node, peers = network
    wallet = node.rpc.wallet("w")
    [before] = peers[0].rpc.generatetoaddress(1, wallet.getnewaddress())  # with all that other tests have sent
    harness.wait_until(lambda: node.rpc.getbestblockhash() == before, "nothing unconfirmed")
    known = wallet.sendtoaddress(wallet.getnewaddress(), 1)
    harness.wait_until(lambda: known in peers[0].rpc.getrawmempool(), "the transaction at the miner")
    missing = wallet.send([{wallet.getnewaddress(): 1}], None, "unset", 10, {"add_to_wallet": False})["hex"]
    block = peers[0].rpc.generateblock(wallet.getnewaddress(), [known, missing])["hash"]
    harness.wait_until(lambda: node.rpc.getbestblockhash() == block, "the block at the node")
    def compact_block():
        [at] = web.api(f"/blocks/{block}")["nodes"]
        return at.get("connected_ns") and at["compact_block"]
    found = harness.wait_until(compact_block, "the block in the web service")
    expected = [transaction["hash"] for transaction in node.rpc.getblock(block, 2)["tx"]]
    assert [one["by"] for one in found["transactions"]] == ["prefilled", "known", "blocktxn"]
    assert [one["wtxid"] for one in found["transactions"]][1:] == expected[1:]
    browser.open(web.url, f"#/block/{block}")
    browser.wait_for_text("How it was put together".upper())
    facts = browser.facts()
    assert [facts[name] for name in ("prefilled", "known", "asked for, sent", "asked for, not seen", "not known")] == ["1", "1", "1", "0", "0"]
    path = f"/nodes/test/peers/{found['peer_id']}?process={found['process']}"
    items = {item.get("message_type"): item for item in web.api(path)["conversation"]}
    assert items["blocktxn"]["in_compact_block"]["id"] == items["cmpctblock"]["id"]
    assert items["blocktxn"]["in_compact_block"]["matched"] == items["blocktxn"]["in_compact_block"]["transaction_count"] == 1
    browser.open(web.url, f"#/node/test/peer/{found['process']}/{found['peer_id']}")
    harness.wait_until(lambda: "in the compact block" in browser.texts(".pairs button"), "the short ids in the conversation")


def test_shows_user_agent_that_looks_like_markup_as_text(browser, network):
    web, node, _ = network
    peer = RawPeer(node, SCRIPT.encode())
    with contextlib.closing(peer.socket):
        peer.send("<img src=x>")
        browser.open(web.url, "#/node/test")
        def row():
            return next((row for row in browser.table("peers-by-peer") if row["address"][1] == peer.address), None)
        harness.wait_until(lambda: row() and row()["user agent"][0] == SCRIPT, "the user agent as it was sent")
        [id] = [one["id"] for one in node.rpc.getpeerinfo() if one["addr"] == peer.address]
        browser.open(web.url, f"#/node/test/peer/latest/{id}")
        harness.wait_until(lambda: browser.text("[data-figure=user_agent]") == SCRIPT, "the user agent of the peer")
        harness.wait_until(lambda: "<img src=x>" in browser.texts(".rows .type"), "the type of the message")
        assert browser.driver.title == f"test · peer {id} · peer-observer"
        assert browser.run("return document.querySelectorAll('main script, main img').length") == 0


def test_keeps_peer_that_has_gone(browser, network):
    web, node, peers = network
    browser.open(web.url, "#/node/test")
    browser.find("tbody tr")
    gone = next(peer for peer in node.rpc.getpeerinfo() if not peer["inbound"])
    node.rpc.disconnectnode(gone["addr"])
    def row():
        return next((row for row in browser.table("peers-by-peer") if int(row["peer"][0].split()[0]) == gone["id"]), None)
    harness.wait_until(lambda: row() and "closed" in row()["peer"][0], "the peer among those gone")
    browser.click("#gone")
    harness.wait_until(lambda: row() is None, "only those connected")
    assert len(browser.table("peers-by-peer")) == len(node.rpc.getpeerinfo())
