"""peer-observer-asmap against Bitcoin Core's node, Core's contrib/asmap and a plain list of networks."""

import ipaddress
import os
import random
import subprocess
import sys

import pytest

import harness
from autonomous_systems import asmap_file

LONG = os.environ.get("PEER_OBSERVER_LONG_TESTS") == "1"


def run(*arguments, addresses=None):
    """Without addresses on the command line it reads them from standard input."""
    text = None if addresses is None else "".join(f"{address}\n" for address in addresses)
    return subprocess.run([harness.program("peer-observer-asmap"), *map(str, arguments)], input=text, capture_output=True, text=True)


def mapped(file, addresses):
    """The AS of each address; 0 for none."""
    answer = run(file, addresses=addresses)
    assert answer.returncode == 0, answer.stderr
    lines = [line.split("\t") for line in answer.stdout.splitlines()]
    assert [line[0] for line in lines] == [str(address) for address in addresses]
    return [0 if line[1] == "-" else int(line[1].removeprefix("AS")) for line in lines]


def boundaries(networks):
    """The first and last address of each network, and their neighbours outside."""
    for network in map(ipaddress.ip_network, networks):
        kind = type(network.network_address)
        for number in (int(network.network_address) - 1, int(network.network_address), int(network.broadcast_address),
                       int(network.broadcast_address) + 1):
            if 0 <= number < 1 << network.max_prefixlen:
                yield kind(number)


def random_networks(generator, count):
    """Routable ones: IPv4 in 11.0.0.0/8 and 12.0.0.0/8, IPv6 in 2a00::/16; nested, too."""
    networks = {}
    for _ in range(count):
        if generator.random() < 0.5:
            base, length = 11 << 24 | generator.getrandbits(25), generator.randint(8, 32)
            address = ipaddress.IPv4Address(base)
        else:
            base, length = 0x2a00 << 112 | generator.getrandbits(112), generator.randint(16, 128)
            address = ipaddress.IPv6Address(base)
        networks[str(ipaddress.ip_network((address, length), strict=False))] = generator.choice((1, 65535, 32768, 4_200_000, 33_521_664))
    return networks


def longest_match(networks):
    """How a list of networks is read, without any trie."""
    parsed = sorted(((ipaddress.ip_network(text), asn) for text, asn in networks.items()), key=lambda entry: -entry[0].prefixlen)
    return lambda address: next((asn for network, asn in parsed if address.version == network.version and address in network), 0)


@pytest.fixture
def directory():
    with harness.temporary_directory() as path:
        yield path


@pytest.mark.parametrize("seed", range(10))
def test_reads_file_as_its_source_list(directory, seed):
    generator = random.Random(seed)
    networks = random_networks(generator, 60)
    file = directory / "asmap.dat"
    file.write_bytes(asmap_file.encode(networks))
    addresses = list(boundaries(networks))
    expected = list(map(longest_match(networks), addresses))
    assert len(set(expected)) > 3
    # The networks' neighbours may be outside of what is routable.
    assert mapped(file, addresses) == expected


def test_prints_names_and_continues_after_bad_address(directory):
    file, names = directory / "asmap.dat", directory / "names.tsv"
    file.write_bytes(asmap_file.encode({"11.0.0.0/8": 64500, "12.0.0.0/8": 4_200_000}))
    names.write_text("64500\tExample, Inc.\nnonsense\n")
    answer = run("--names", names, file, "11.0.0.1", "nonsense", "12.0.0.1", "13.0.0.1")
    assert answer.stdout == "11.0.0.1\tAS64500\tExample, Inc.\n12.0.0.1\tAS4200000\t\n13.0.0.1\t-\t\n"
    assert answer.returncode == 1
    assert f"{names}: line 2: no tab between number and name" in answer.stderr
    assert "'nonsense' is no IP address" in answer.stderr


@pytest.mark.parametrize(("content", "reason"), [(None, "No such file or directory"), (b"", "is no asmap: it ends without an AS"),
                                                 (b"<html>" * 50, "is no asmap: ")])
def test_names_unusable_file(directory, content, reason):
    file = directory / "asmap.dat"
    if content is not None:
        file.write_bytes(content)
    answer = run(file, "11.0.0.1")
    assert answer.returncode == 1 and answer.stdout == ""
    assert str(file) in answer.stderr and reason in answer.stderr


def test_requires_file():
    answer = run()
    assert answer.returncode == 2 and "no asmap file is given" in answer.stderr


@pytest.fixture(scope="module")
def core_asmap():
    source = os.environ.get("BITCOIN_SOURCE")
    if not source:
        pytest.skip("the environment has no BITCOIN_SOURCE, a source tree of Bitcoin Core")
    sys.path.append(f"{source}/contrib/asmap")
    import asmap
    sys.setrecursionlimit(10_000)
    return asmap


def bits_of(address):
    number = int(address) if address.version == 6 else 0xffff << 32 | int(address)
    return [bool(number >> 127 - bit & 1) for bit in range(128)]


def is_looked_up_as_it_stands(address):
    """Not so: what is not routable, and IPv6 addresses that carry an IPv4 address. ignored_address_test.py and the node below
    compare those."""
    if address.version == 4:
        return address.is_global and not address in ipaddress.ip_network("198.18.0.0/15")
    return int(address) >> 125 == 1 and int(address) >> 96 not in (0x20010000, 0x20010db8) and int(address) >> 100 not in (
        0x2001001, 0x2001002) and int(address) >> 112 != 0x2002


@pytest.mark.parametrize("fill", [False, True])
@pytest.mark.parametrize("seed", range(20))
def test_reads_files_of_core_as_core_does(directory, core_asmap, seed, fill):
    random.seed(seed)
    map_of_core = core_asmap.ASMap.from_random(num_leaves=300, max_asn=8, unassigned_prob=0.3)
    # At the depth where routable addresses are: 2a00::/16.
    start = bits_of(ipaddress.ip_address("2a00::"))[:16]
    deeper = core_asmap.ASMap([(start + prefix, asn) for prefix, asn in map_of_core.to_entries()])
    file = directory / "asmap.dat"
    file.write_bytes(deeper.to_binary(fill=fill))
    read_back = core_asmap.ASMap.from_binary(file.read_bytes())
    addresses = [ipaddress.IPv6Address(0x2a00 << 112 | random.getrandbits(112)) for _ in range(2000)]
    expected = [read_back.lookup(bits_of(address)) or 0 for address in addresses]
    assert len(set(expected)) > 3
    assert mapped(file, addresses) == expected


@pytest.mark.skipif(not LONG, reason="takes five minutes: set PEER_OBSERVER_LONG_TESTS=1")
def test_reads_map_shipped_with_core_as_core_does(core_asmap):
    file = f"{os.environ['BITCOIN_SOURCE']}/src/node/data/ip_asn.dat"
    with open(file, "rb") as data:
        map_of_core = core_asmap.ASMap.from_binary(data.read())
    generator = random.Random(1)
    addresses = [ipaddress.IPv4Address(generator.getrandbits(32)) for _ in range(500_000)]
    addresses += [ipaddress.IPv6Address(1 << 125 | generator.getrandbits(125)) for _ in range(250_000)]
    addresses += [ipaddress.IPv6Address(generator.choice((0x2001, 0x2400, 0x2600, 0x2800, 0x2a00, 0x2c00)) << 112
                                        | generator.getrandbits(12) << 100 | generator.getrandbits(100)) for _ in range(250_000)]
    entries = map_of_core.to_entries(overlapping=False)
    assert len(entries) > 100_000
    addresses += boundaries(str(core_asmap.prefix_to_net(prefix)) for prefix, _ in entries)
    addresses = list(filter(is_looked_up_as_it_stands, addresses))
    assert len(addresses) > 1_500_000
    found = mapped(file, addresses)
    different = [(str(address), asn) for address, asn in zip(addresses, found, strict=True)
                 if asn != (map_of_core.lookup(bits_of(address)) or 0)]
    print(f"{len(addresses)} addresses, {sum(map(bool, found))} of them with an AS")
    assert different == []
