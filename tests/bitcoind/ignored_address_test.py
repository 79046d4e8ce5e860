"""Address.ignored against Core itself: which announced addresses it takes over into its address manager, and which it drops."""

import contextlib
import hashlib
import ipaddress
import socket
import struct
import time

import pytest

from traced import traced_node

REGTEST_MAGIC = bytes.fromhex("fabfb5da")
PORT = 8333

# On both sides of each limit.
IPV4 = """0.0.0.0 0.0.0.1 0.255.255.255 1.0.0.1 9.255.255.255 10.0.0.1 10.255.255.255 11.0.0.0 100.63.255.255 100.64.0.0
    100.127.255.255 100.128.0.0 126.255.255.255 127.0.0.1 127.255.255.255 128.0.0.0 169.253.255.255 169.254.0.0 169.254.255.255
    169.255.0.0 172.15.255.255 172.16.0.0 172.31.255.255 172.32.0.0 192.0.1.255 192.0.2.0 192.0.2.255 192.0.3.0 192.167.255.255
    192.168.0.0 192.168.255.255 192.169.0.0 198.17.255.255 198.18.0.0 198.19.255.255 198.20.0.0 198.51.99.255 198.51.100.0
    198.51.100.255 198.51.101.0 203.0.112.255 203.0.113.0 203.0.113.255 203.0.114.0 224.0.0.1 240.0.0.1 255.255.255.254
    255.255.255.255""".split()
IPV6 = """:: ::1 ::2 ::ffff:8.8.8.8 ::fffe:8.8.8.8 64:ff9b::8.8.8.8 2001:f:ffff::1 2001:10::1 2001:1f:ffff::1 2001:20::1
    2001:2f:ffff::1 2001:30::1 2001:db7:ffff::1 2001:db8::1 2001:db8:ffff::1 2001:db9::1 2002:808:808::1 fbff::1 fc00::1 fc32::1
    fd00::1 fdff::1 fd87:d87e:eb42::1 fd87:d87e:eb43::1 fd87:d87e:eb44::1 fd6b:88c0:8723::1 fd6b:88c0:8724::1 fd6b:88c0:8725::1
    fe00::1 fe7f::1 fe80::1 fe80:0:0:1::1 febf::1 fec0::1 ff02::1 2a00::1""".split()


def compact_size(value):
    return bytes([value]) if value < 253 else b"\xfd" + struct.pack("<H", value)


def addr(addresses):
    """The old format: 16 bytes for each."""
    return compact_size(len(addresses)) + b"".join(
        struct.pack("<IQ", int(time.time()), 9) + address + struct.pack(">H", PORT) for address in addresses)


def addrv2(addresses):
    return compact_size(len(addresses)) + b"".join(
        struct.pack("<I", int(time.time())) + b"\x09" + bytes([network]) + compact_size(len(address)) + address
        + struct.pack(">H", PORT) for network, address in addresses)


LEGACY = addr([ipaddress.IPv6Address("::ffff:" + text).packed for text in IPV4]
              + [ipaddress.IPv6Address(text).packed for text in IPV6])
BIP155 = addrv2([(1, ipaddress.IPv4Address(text).packed) for text in IPV4]
                + [(2, ipaddress.IPv6Address(text).packed) for text in IPV6]
                + [(3, bytes(range(10))), (3, b"\x01"), (4, bytes(range(32))), (5, bytes(range(1, 33))),
                   (6, b"\xfc\x12" + bytes(13) + b"\x01"), (6, b"\xfd" + bytes(14) + b"\x01"), (6, bytes(16)), (7, bytes(16)),
                   (99, b""), (0, bytes(4))])


@pytest.mark.parametrize(("message_type", "payload"), [("addr", LEGACY), ("addrv2", BIP155)], ids=["addr", "addrv2"])
def test_marks_exactly_the_addresses_that_core_ignores(message_type, payload):
    # All addresses of a message are let through, all networks count as reachable, and the address manager is not random: two
    # addresses may be given the same place, and which those are is always the same.
    options = ("-whitelist=addr,noban@127.0.0.1", "-cjdnsreachable", "-proxy=127.0.0.1:1", "-i2psam=127.0.0.1:1",
               "-i2pacceptincoming=0", "-test=addrman")
    with traced_node(*options) as traced:
        mark = traced.mark()
        with contextlib.closing(socket.create_connection(("127.0.0.1", traced.node.port))) as peer:
            def send(message_type, payload=b""):
                checksum = hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
                peer.sendall(REGTEST_MAGIC + message_type.encode().ljust(12, b"\0") + struct.pack("<I", len(payload)) + checksum
                             + payload)
            send("version", struct.pack("<iQq", 70016, 9, int(time.time())) + bytes(26) * 2 + struct.pack("<Q", 1) + b"\x00"
                 + struct.pack("<i", 0) + b"\x01")
            send("verack")
            send("addr", addr([]))  # has the node talk about addresses with us
            send(message_type, payload)
            event = traced.events.wait_for("message.inbound", mark, message_type=message_type, size=len(payload))
            send("ping", bytes(8))
            traced.events.wait_for("message.outbound", mark, message_type="pong", peer_id=event["peer_id"])
        addresses = event["payload"][message_type]["addresses"]
        marked = {address["address"] for address in addresses if "ignored" in address and "address" in address}
        expected = {address["address"] for address in addresses if "ignored" not in address}
        assert expected and not expected & marked
        taken = {entry["address"] for table in traced.node.rpc.getrawaddrman().values() for entry in table.values()}
        assert taken <= expected, f"Core took {taken - expected}, which are marked"
        missing = expected - taken
        assert not missing, f"Core did not take {missing}, which are not marked"
