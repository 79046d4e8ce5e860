"""The AS of an address against a node with -asmap: what getrawaddrman says, and which files it refuses."""

import ipaddress
import os
import random
import subprocess

import pytest

import harness
from autonomous_systems import asmap_file
from ignored_address_test import IPV4, IPV6
from node import Node, RpcError, find_bitcoind, require_bitcoind

# IPv6 addresses that carry an IPv4 address, in 8.0.0.0/8 or beside it.
CARRIERS = """64:ff9b::8.1.2.3 64:ff9b::9.1.2.3 64:ff9b:1::8.1.2.3 ::ffff:0:8.1.2.3 ::ffff:0:9.1.2.3 2002:801:203::1 2002:901:203::1
    2001:0:901:203::f7fe:fdfc 2001:0:801:203::f6fe:fdfc 2001:1::f7fe:fdfc 2003:801:203::1""".split()
NETWORKS = {"0.0.0.0/1": 1, "128.0.0.0/1": 2, "8.0.0.0/8": 3, "::/4": 4, "2000::/3": 5, "2001::/32": 6, "2002::/16": 7, "64:ff9b::/96": 8,
            "e000::/3": 9}


def ours(file, addresses):
    """By address, the AS that peer-observer-asmap prints; 0 for none."""
    lines = subprocess.run([harness.program("peer-observer-asmap"), file], input="\n".join(addresses), check=True, capture_output=True,
                           text=True).stdout.splitlines()
    return {address: int(asn.removeprefix("AS")) if asn != "-" else 0 for address, asn, _ in (line.split("\t") for line in lines)}


def cores(directory, file, addresses):
    """By address, what the node says of those that it takes into its address manager."""
    with Node(directory / "node", find_bitcoind(), f"-asmap={file}", "-test=addrman") as node:
        for address in addresses:
            try:
                node.rpc.addpeeraddress(address, 8333)
            except RpcError:
                continue  # no address that it would take
        tables = node.rpc.getrawaddrman()
    return {entry["address"]: entry.get("mapped_as", 0) for table in tables.values() for entry in table.values()}


@pytest.fixture
def directory():
    require_bitcoind()
    with harness.temporary_directory() as path:
        yield path


def test_maps_addresses_as_the_node_does(directory):
    file = directory / "asmap.dat"
    file.write_bytes(asmap_file.encode(NETWORKS))
    theirs = cores(directory, file, [*IPV4, *IPV6, *CARRIERS])
    assert set(theirs.values()) >= {1, 2, 3, 5}
    assert {str(ipaddress.ip_address(address)) for address in CARRIERS} & set(theirs)
    assert ours(file, theirs) == theirs


def test_maps_random_addresses_by_map_shipped_with_core(directory):
    source = os.environ.get("BITCOIN_SOURCE")
    if not source:
        pytest.skip("the environment has no BITCOIN_SOURCE, a source tree of Bitcoin Core")
    file = f"{source}/src/node/data/ip_asn.dat"
    generator = random.Random(2)
    addresses = [str(ipaddress.IPv4Address(generator.getrandbits(32))) for _ in range(1000)]
    addresses += [str(ipaddress.IPv6Address(generator.choice((0x2001, 0x2002, 0x2400, 0x2600, 0x2a00)) << 112 | generator.getrandbits(10) << 102
                                            | generator.getrandbits(102))) for _ in range(1000)]
    theirs = cores(directory, file, addresses)
    assert len(theirs) > 1000 and len(set(theirs.values())) > 100
    assert ours(file, theirs) == theirs


def test_refuses_files_that_the_node_refuses(directory):
    good = asmap_file.encode(NETWORKS)
    generator = random.Random(3)
    files = [good, b"", good[:-1], good + b"\0", good + b"\0\0"]
    for _ in range(11):
        bit = generator.randrange(8 * len(good))
        files.append(bytes(byte ^ (1 << bit % 8 if place == bit // 8 else 0) for place, byte in enumerate(good)))
    def matches(*lengths):
        """Matches of zeros one after the other, then an AS. Core minds two short ones only where they are neighbours."""
        bits = [bit for length in lengths for bit in asmap_file.MATCH_BITS + asmap_file.number(asmap_file.MATCH, 1 << length)]
        return asmap_file.to_bytes(bits + asmap_file.RETURN_BITS + asmap_file.number(asmap_file.ASN, 1))
    files += [matches(*lengths) for lengths in ([1, 1], [1, 8, 1], [8, 1, 8], [8] * 16, [8] * 16 + [1])]
    verdicts = []
    for number, content in enumerate(files):
        file = directory / f"{number}.dat"
        file.write_bytes(content)
        answer = subprocess.run([harness.program("peer-observer-asmap"), file, "8.8.8.8"], capture_output=True, text=True)
        verdicts.append((answer.returncode == 0, takes(directory / f"node{number}", file), answer.stderr))
    assert [we for we, _, _ in verdicts] == [core for _, core, _ in verdicts], verdicts
    assert {we for we, _, _ in verdicts[5:]} == {False, True}


def takes(directory, file):
    """Whether a node starts with it."""
    node = Node(directory, find_bitcoind(), f"-asmap={file}")
    log = directory / "regtest/debug.log"
    node.launch()
    try:
        harness.wait_until(lambda: node.program.process.poll() is not None or (log.exists() and "Using asmap version" in log.read_text()),
                           "the node has read its asmap")
        return node.program.process.poll() is None
    finally:
        node.program.end()
