"""Decodes payloads with Core's own test framework, and compares what comes of it with what the extractor decoded."""

import io
import sys
from collections import Counter

MAX_PAYLOAD_BYTES = 100_000  # the framework takes a second for a large block


def _hash(number):
    return number.to_bytes(32, "little")


def _of_hex(text):
    return bytes.fromhex(text)[::-1]


def _inventory(items):
    return [(item.type, _hash(item.hash)) for item in items]


def _transactions(transactions):
    return [(_of_hex(tx.txid_hex), _of_hex(tx.wtxid_hex)) for tx in transactions]


def _our_transactions(transactions):
    return [(tx.txid, tx.wtxid) for tx in transactions]


def _our_inventory(payload):
    return [(item.type & 0xFFFFFFFF, item.hash) for item in payload.items]


def _addresses(message):
    return [(address.time, address.nServices, address.ip, address.port) for address in message.addrs]


def _our_addresses(payload):
    return [(address.time_s, address.services, address.address, address.port) for address in payload.addresses]


def _locator(message):
    return [_hash(number) for number in message.locator.vHave], _hash(message.hashstop)


def _our_locator(payload):
    return list(payload.locator_hashes), payload.stop_hash


def _prefilled(message):
    """With absolute positions, which are one more than the sum of all before."""
    position, found = -1, []
    for entry in message.header_and_shortids.prefilled_txn:
        position += entry.index + 1
        found.append((position, _of_hex(entry.tx.txid_hex)))
    return found


def _absolute(differences):
    position, found = -1, []
    for difference in differences:
        position += difference + 1
        found.append(position)
    return found


def _nonce(payload):
    return payload.nonce


def _filters(payload):
    return payload.filter_type, payload.start_height, payload.stop_hash


def _their_filters(message):
    return message.filter_type, message.start_height, _hash(message.stop_hash)


# Message type: (what we decoded, what Core's framework decodes).
COMPARISONS = {
    "version": (lambda p: (p.version, p.services, p.time_s, p.nonce, p.user_agent, p.start_height),
                lambda m: (m.nVersion, m.nServices, m.nTime, m.nNonce, m.strSubVer.encode(), m.nStartingHeight)),
    "ping": (_nonce, lambda m: m.nonce),
    "pong": (_nonce, lambda m: m.nonce),
    "feefilter": (lambda p: p.fee_rate_sat_per_kvb, lambda m: m.feerate),
    "sendcmpct": (lambda p: (p.announce != 0, p.version), lambda m: (m.announce, m.version)),
    "sendtxrcncl": (lambda p: (p.version, p.salt), lambda m: (m.version, m.salt)),
    "feature": (lambda p: (p.id, p.data), lambda m: (m.feature_id if isinstance(m.feature_id, bytes) else m.feature_id.encode(), m.feature_data)),
    "inv": (_our_inventory, lambda m: _inventory(m.inv)),
    "getdata": (_our_inventory, lambda m: _inventory(m.inv)),
    "notfound": (_our_inventory, lambda m: _inventory(m.vec)),
    "addrv2": (_our_addresses, _addresses),
    "tx": (lambda p: _our_transactions([p]), lambda m: _transactions([m.tx])),
    "getblocks": (_our_locator, _locator),
    "getheaders": (_our_locator, _locator),
    "headers": (lambda p: [header.hash for header in p.headers], lambda m: [_of_hex(header.hash_hex) for header in m.headers]),
    "block": (lambda p: (p.header.hash, list(p.txids)), lambda m: (_of_hex(m.block.hash_hex), [_of_hex(tx.txid_hex) for tx in m.block.vtx])),
    "cmpctblock": (lambda p: (p.header.hash, p.nonce, list(p.short_ids), [(entry.index, entry.transaction.txid) for entry in p.prefilled]),
                   lambda m: (_of_hex(m.header_and_shortids.header.hash_hex), m.header_and_shortids.nonce, m.header_and_shortids.shortids, _prefilled(m))),
    "getblocktxn": (lambda p: (p.block_hash, list(p.indexes)),
                    lambda m: (_hash(m.block_txn_request.blockhash), _absolute(m.block_txn_request.indexes))),
    "blocktxn": (lambda p: (p.block_hash, _our_transactions(p.transactions)),
                 lambda m: (_hash(m.block_transactions.blockhash), _transactions(m.block_transactions.transactions))),
    "filterload": (lambda p: (p.filter, p.hash_functions, p.tweak, p.flags), lambda m: (m.data, m.nHashFuncs, m.nTweak, m.nFlags)),
    "getcfilters": (_filters, _their_filters),
    "getcfheaders": (_filters, _their_filters),
    "cfilter": (lambda p: (p.filter_type, p.block_hash, p.filter), lambda m: (m.filter_type, _hash(m.block_hash), m.filter_data)),
    "cfheaders": (lambda p: (p.stop_hash, p.previous_filter_header, list(p.filter_hashes)),
                  lambda m: (_hash(m.stop_hash), _hash(m.prev_header), [_hash(number) for number in m.hashes])),
}


class CoreDecoder:
    def __init__(self, tree):
        sys.path.insert(0, str(tree.tests))
        sys.dont_write_bytecode = True
        from test_framework.p2p import MESSAGEMAP
        self._types = MESSAGEMAP
        self.compared = 0
        self.not_by_core = Counter()  # by message type

    def check(self, event):
        """Yields (sort, text) for a PeerMessage that Core's framework decodes into something else."""
        name = event.payload.WhichOneof("payload")
        if name not in COMPARISONS or name != event.message_type or event.HasField("truncated") or not event.HasField("raw") \
                or event.HasField("trailing_bytes") or len(event.raw) != event.size or event.size > MAX_PAYLOAD_BYTES:
            return
        ours, theirs = COMPARISONS[name]
        try:
            message = self._types[name.encode()]()
            message.deserialize(io.BytesIO(event.raw))
            expected = theirs(message)
        except Exception:  # what the framework has no form for: other networks, text that is not UTF-8, earlier forms
            self.not_by_core[name] += 1
            return
        self.compared += 1
        if (got := ours(getattr(event.payload, name))) != expected:
            yield f"decoded otherwise: {name}", f"peer {event.peer_id}: {str(got)[:300]}, Core's framework {str(expected)[:300]}, bytes {event.raw[:200].hex()}"
