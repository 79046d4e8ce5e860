"""peer-observer-web on a real node: its figures are those of RPC and of the events."""

import harness
from traced import traced_node
from web_service import Web


def test_shows_the_peers_of_a_node():
    with traced_node("-v2transport=0") as traced, Web(traced.extractor.url) as web:
        node, peer = traced.node, traced.peer
        harness.wait_until(lambda: web.get("health")["sources"]["connected"] == 1, "the source is connected")
        node.connect(peer)
        info, = node.rpc.getpeerinfo()
        node.rpc.ping()

        def ponged():
            shown = web.get("nodes/test")["peers"]
            return shown and "ping_ns" in shown[0] and shown[0]

        shown = harness.wait_until(ponged, "a ping is answered")
        assert shown["peer_id"] == info["id"] and shown["address"] == info["addr"]
        assert shown["connection_type"] == info["connection_type"]
        assert shown["user_agent"] == info["subver"] and shown["version"] == info["version"]
        assert f"{shown['services']:016x}" == info["services"]
        assert set(info["servicesnames"]) == set(shown["services_names"])
        info, = node.rpc.getpeerinfo()
        assert 0 < shown["min_ping_ns"] < 60e9

        block, = node.rpc.generatetodescriptor(1, "raw(51)")
        fleet = harness.wait_until(lambda: next((n for n in web.get("nodes")["nodes"] if n.get("tip_hash") == block), None), "the block")
        assert fleet["height"] == node.rpc.getblockcount()

        def announced():
            of_node, = web.get(f"blocks/{block}")["nodes"]
            return of_node["announcements"] and of_node

        assert harness.wait_until(announced, "the node announces its block")["announcements"][0]["direction"] == "outbound"

        # After a last word, the counts per type are those of the node: messages with their header of 24 bytes.
        traced.mark()
        info, = node.rpc.getpeerinfo()
        shown, = web.get_now("nodes/test")["peers"]
        by_node = {name: size for name, size in info["bytesrecv_per_msg"].items() if name != "*other*"}
        assert {t["message_type"]: t["bytes_in"] + 24 * t["messages_in"] for t in shown["by_type"] if t["messages_in"]} == by_node

        talk = web.get_now(f"nodes/test/peers/{shown['peer_id']}")["conversation"]
        pings = [item for item in talk if item.get("message_type") == "ping" and item["direction"] == "outbound"]
        assert pings and all(item["answered_by"][0]["by"] == "nonce" for item in pings)
        version = next(item for item in talk if item.get("message_type") == "version" and item["direction"] == "inbound")
        whole = web.get(f"messages/{version['id']}")
        assert whole["event"]["event"]["payload"]["version"]["user_agent"] == info["subver"]

        node.rpc.disconnectnode("", shown["peer_id"])
        gone = harness.wait_until(lambda: web.get("nodes/test")["gone"], "the peer is gone")
        assert gone[0]["ending"] == "closed" and gone[0]["peer_id"] == shown["peer_id"]
