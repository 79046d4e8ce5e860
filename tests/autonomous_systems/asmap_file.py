"""Writes small asmap files in Bitcoin Core's format: encode({"203.0.112.0/24": 64500, "2001:678::/32": 64501})."""

import ipaddress

# The least number, the bits of the first class, and how many classes there are; each has one bit more than the one before it.
ASN, MATCH, JUMP = (1, 15, 10), (2, 1, 8), (17, 5, 26)
RETURN_BITS, JUMP_BITS, MATCH_BITS = [0], [1, 0], [1, 1, 0]


def number(encoding, value):
    least, size, classes = encoding
    value -= least
    prefix = []
    while value >= 1 << size:
        value -= 1 << size
        size += 1
        prefix.append(1)
    if len(prefix) < classes - 1:
        prefix.append(0)
    return prefix + [value >> bit & 1 for bit in reversed(range(size))]


def _prefix(text):
    """The bits that all addresses of a network have in common, IPv4 as ::ffff:0:0/96."""
    network = ipaddress.ip_network(text)
    address, length = int(network.network_address), network.prefixlen
    if network.version == 4:
        address, length = 0xffff << 32 | address, length + 96
    return [address >> 127 - bit & 1 for bit in range(length)]


def _insert(trie, bits, asn):
    """`trie` is None, an AS, or the two halves. Returns the new one."""
    if not bits:
        return asn
    halves = list(trie) if isinstance(trie, tuple) else [trie, trie]
    halves[bits[0]] = _insert(halves[bits[0]], bits[1:], asn)
    return tuple(halves)


def _encode(trie):
    if isinstance(trie, int):
        return RETURN_BITS + number(ASN, trie)
    path = []
    while isinstance(trie, tuple) and None in trie:
        path.append(1 if trie[0] is None else 0)
        trie = trie[path[-1]]
    bits = []
    for start in range(0, len(path), 8):
        part = path[start:start + 8]
        bits += MATCH_BITS + number(MATCH, int("1" + "".join(map(str, part)), 2))
    if isinstance(trie, int):
        return bits + _encode(trie)
    zero, one = map(_encode, trie)
    return bits + JUMP_BITS + number(JUMP, len(zero)) + zero + one


def encode(networks):
    """A more specific network wins over the one around it."""
    trie = None
    for prefix, asn in sorted(((_prefix(text), asn) for text, asn in networks.items()), key=lambda entry: len(entry[0])):
        trie = _insert(trie, prefix, asn)
    if trie is None:
        raise ValueError("no network")
    return to_bytes(_encode(trie))


def to_bytes(bits):
    bits = bits + [0] * (-len(bits) % 8)
    return bytes(sum(bit << place for place, bit in enumerate(bits[start:start + 8])) for start in range(0, len(bits), 8))
