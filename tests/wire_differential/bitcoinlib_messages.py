"""Random P2P messages: the payload as python-bitcoinlib encodes it, and the MessagePayload that must come of it.

Where bitcoinlib has the message, its class encodes it. Where it has not, the payload is put together here from
bitcoinlib's serializers in the order that the BIP gives.
"""

import base64
import hashlib
import ipaddress
import struct
from io import BytesIO

from bitcoin import messages
from bitcoin.core import (CBlock, CBlockHeader, COutPoint, CTransaction, CTxIn, CTxInWitness, CTxOut, CTxWitness)
from bitcoin.core.script import CScript, CScriptWitness
from bitcoin.core.serialize import BytesSerializer, VarIntSerializer, uint256VectorSerializer
from bitcoin.net import CAddress, CInv

from proto import p2p_pb2 as pb

compact_size = VarIntSerializer.serialize
var_bytes = BytesSerializer.serialize
hashes = uint256VectorSerializer.serialize


def payload_of(message):
    stream = BytesIO()
    message.msg_ser(stream)
    return stream.getvalue()


# What must come of bitcoinlib's objects.

def onion(public_key):
    checksum = hashlib.sha3_256(b".onion checksum" + public_key + b"\x03").digest()[:2]
    return base64.b32encode(public_key + checksum + b"\x03").decode().lower() + ".onion"


def network_and_text(address):
    """Of 16 bytes."""
    if address.startswith(bytes(10) + b"\xff\xff"):
        return pb.Address.IPV4, str(ipaddress.IPv4Address(address[12:]))
    if address.startswith(bytes.fromhex("fd87d87eeb43")):
        return pb.Address.TORV2, base64.b32encode(address[6:]).decode().lower() + ".onion"
    return pb.Address.IPV6, str(ipaddress.IPv6Address(address))


def expected_address(address, with_time=True):
    packed = ipaddress.ip_address(address.ip).packed
    network, text = network_and_text(packed if len(packed) == 16 else bytes(10) + b"\xff\xff" + packed)
    expected = pb.Address(services=address.nServices, network=network, address=text, port=address.port)
    if with_time:
        expected.time_s = address.nTime
    return expected


def expected_header(header):
    return pb.BlockHeader(hash=header.GetHash(), version=header.nVersion, previous_block_hash=header.hashPrevBlock,
                          merkle_root=header.hashMerkleRoot, time_s=header.nTime, bits=header.nBits,
                          nonce=header.nNonce)


def expected_transaction(tx):
    raw = tx.serialize()
    weight = 3 * len(tx.serialize({"include_witness": False})) + len(raw)
    return pb.Transaction(
        txid=tx.GetTxid(), wtxid=tx.GetHash(), size_bytes=len(raw), vsize_vbytes=-(-weight // 4), weight_wu=weight,
        version=tx.nVersion & 0xFFFFFFFF, locktime=tx.nLockTime, raw=raw,
        inputs=[pb.TransactionInput(previous_txid=i.prevout.hash, previous_vout=i.prevout.n, sequence=i.nSequence)
                for i in tx.vin],
        outputs=[pb.TransactionOutput(value_sat=o.nValue, script_pubkey=o.scriptPubKey) for o in tx.vout])


def expected_block(block):
    return pb.Block(header=expected_header(block), transaction_count=len(block.vtx), size_bytes=len(block.serialize()),
                    weight_wu=block.GetWeight(), txids=[tx.GetTxid() for tx in block.vtx],
                    coinbase_script=block.vtx[0].vin[0].scriptSig if block.vtx and block.vtx[0].vin else b"",
                    transactions=[expected_transaction(tx) for tx in block.vtx])


def expected_inventory(items):
    return pb.Inventory(items=[pb.InventoryItem(type=i.type, hash=i.hash) for i in items])


def expected_locator(message):
    return pb.BlockLocator(version=message.locator.nVersion & 0xFFFFFFFF, locator_hashes=message.locator.vHave,
                           stop_hash=message.hashstop)


def expected_of(message):
    """The MessagePayload that must come of a bitcoinlib message."""
    name = message.command.decode()
    if name == "addr":
        inner = pb.Addresses(addresses=[expected_address(a) for a in message.addrs])
    elif name == "alert":
        inner = pb.Alert(payload=message.alert.vchMsg, signature=message.alert.vchSig)
    elif name in ("inv", "getdata", "notfound"):
        inner = expected_inventory(message.inv)
    elif name in ("getblocks", "getheaders"):
        inner = expected_locator(message)
    elif name == "tx":
        inner = expected_transaction(message.tx)
    elif name == "block":
        inner = expected_block(message.block)
    elif name in ("ping", "pong"):
        inner = pb.Ping(nonce=message.nonce)
    elif name == "reject":
        inner = pb.Reject(message_type=message.message, code=message.ccode[0], reason=message.reason)
    elif name in ("verack", "getaddr", "mempool"):
        inner = pb.Empty()
    else:
        raise NotImplementedError(name)
    return pb.MessagePayload(**{name: inner})


class Generator:
    """Makes random messages; `message(name)` gives a payload and the MessagePayload that must come of it."""

    def __init__(self, random):
        self.random = random

    def message(self, name):
        return getattr(self, name)()

    # Pieces. Numbers are often at an end of their range.

    def number(self, bits, signed=False):
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
        return self.random.choice([low, high, 0, 1, self.random.randint(low, high), self.random.randint(low, high),
                                   self.random.randrange(1 << self.random.randrange(1, bits - 1))])

    def bytes(self, low, high):
        return self.random.randbytes(self.random.randint(low, high))

    def hash(self):
        return self.random.choice([bytes(32), self.random.randbytes(32), self.random.randbytes(32)])

    def list(self, make, high, low=0):
        return [make() for _ in range(self.random.randint(low, high))]

    def script(self):
        return self.bytes(*self.random.choice([(0, 0), (0, 40), (0, 40), (250, 260)]))

    def ipv6(self, first=None):
        groups = bytes(b for _ in range(8) for b in self.random.choice([b"\0\0", b"\0\1", self.random.randbytes(2)]))
        return bytes([first if first is not None else self.random.randrange(0x20, 0x40)]) + groups[1:]

    def address(self):
        address = CAddress()
        kind = self.random.randrange(4)
        packed = [self.random.randbytes(4), self.ipv6(), self.ipv6(0xFC),
                  bytes.fromhex("fd87d87eeb43") + self.random.randbytes(10)][kind]
        address.ip = str(ipaddress.ip_address(packed))
        address.nTime, address.nServices, address.port = self.number(32), self.number(64), self.number(16)
        return address

    def header(self):
        return CBlockHeader(self.number(32, signed=True), self.hash(), self.hash(), self.number(32), self.number(32),
                            self.number(32))

    def transaction(self):
        inputs = self.list(lambda: CTxIn(COutPoint(self.random.randbytes(32), self.number(32)), CScript(self.script()),
                                         self.number(32)), 4, low=1)
        outputs = self.list(lambda: CTxOut(self.number(64, signed=True), CScript(self.script())), 4)
        witness = CTxWitness()
        if self.random.random() < 0.6:
            witness = CTxWitness([CTxInWitness(CScriptWitness(self.list(self.script, 3))) for _ in inputs])
        if witness.is_null():
            witness = CTxWitness()
        return CTransaction(inputs, outputs, self.number(32), self.number(32, signed=True), witness)

    # Messages that bitcoinlib has.

    def of_class(self, cls, **fields):
        message = cls()
        for name, value in fields.items():
            setattr(message, name, value)
        return payload_of(message), expected_of(message)

    def verack(self): return self.of_class(messages.msg_verack)
    def getaddr(self): return self.of_class(messages.msg_getaddr)
    def mempool(self): return self.of_class(messages.msg_mempool)
    def ping(self): return self.of_class(messages.msg_ping, nonce=self.number(64))
    def pong(self): return self.of_class(messages.msg_pong, nonce=self.number(64))
    def addr(self): return self.of_class(messages.msg_addr, addrs=self.list(self.address, 12))
    def tx(self): return self.of_class(messages.msg_tx, tx=self.transaction())

    def inventory(self, cls):
        def item():
            result = CInv()
            result.type = self.random.choice([1, 2, 3, 4, 5, 1 << 30 | 1, 1 << 30 | 2, self.number(32, signed=True)])
            result.hash = self.hash()
            return result
        return self.of_class(cls, inv=self.list(item, self.random.choice([3, 40, 120])))

    def inv(self): return self.inventory(messages.msg_inv)
    def getdata(self): return self.inventory(messages.msg_getdata)
    def notfound(self): return self.inventory(messages.msg_notfound)

    def locator(self, cls):
        message = cls()
        message.locator.nVersion = self.number(32, signed=True)
        message.locator.vHave = self.list(self.hash, 101)
        message.hashstop = self.hash()
        return payload_of(message), expected_of(message)

    def getblocks(self): return self.locator(messages.msg_getblocks)
    def getheaders(self): return self.locator(messages.msg_getheaders)

    def alert(self):
        message = messages.msg_alert()
        message.alert.vchMsg, message.alert.vchSig = self.bytes(0, 300), self.bytes(0, 80)
        return payload_of(message), expected_of(message)

    def reject(self):
        payload, expected = self.of_class(messages.msg_reject, message=self.bytes(0, 12),
                                          ccode=self.random.randbytes(1), reason=self.bytes(0, 111))
        if self.random.random() < 0.5:
            expected.reject.hash = self.random.randbytes(32)
        return payload + expected.reject.hash, expected

    def block(self):
        header = self.header()
        block = CBlock(header.nVersion, header.hashPrevBlock, bytes(32), header.nTime, header.nBits, header.nNonce,
                       self.list(self.transaction, 6, low=1))
        return self.of_class(messages.msg_block, block=block)

    def version(self):
        message = messages.msg_version()
        message.nVersion, message.nServices = self.number(32, signed=True), self.number(64)
        message.nTime, message.nNonce = self.number(64, signed=True), self.number(64)
        message.addrTo, message.addrFrom = self.address(), self.address()
        message.strSubVer, message.nStartingHeight = self.bytes(0, 256), self.number(32, signed=True)
        message.fRelay = self.random.random() < 0.5
        expected = pb.Version(version=message.nVersion, services=message.nServices, time_s=message.nTime,
                              receiver=expected_address(message.addrTo, with_time=False),
                              sender=expected_address(message.addrFrom, with_time=False), nonce=message.nNonce,
                              user_agent=message.strSubVer, start_height=message.nStartingHeight, relay=message.fRelay)
        payload = payload_of(message)
        # The optional fields go from the last to the first.
        sizes = [("relay", 1), ("start_height", 4), ("user_agent", len(var_bytes(message.strSubVer))), ("nonce", 8),
                 ("sender", 26)]
        for field, size in sizes[:self.random.choice([0, 0, 1, 2, 3, 4, 5])]:
            expected.ClearField(field)
            payload = payload[:-size]
        return payload, pb.MessagePayload(version=expected)

    # Messages that it has not, or has in a form that is not Core's.

    def headers(self):
        headers = self.list(self.header, 20)
        payload = compact_size(len(headers)) + b"".join(h.serialize() + b"\0" for h in headers)
        return payload, pb.MessagePayload(headers=pb.Headers(headers=[expected_header(h) for h in headers]))

    def sendaddrv2(self): return b"", pb.MessagePayload(sendaddrv2=pb.Empty())
    def wtxidrelay(self): return b"", pb.MessagePayload(wtxidrelay=pb.Empty())
    def sendheaders(self): return b"", pb.MessagePayload(sendheaders=pb.Empty())
    def filterclear(self): return b"", pb.MessagePayload(filterclear=pb.Empty())

    def sendcmpct(self):
        announce, version = self.random.randrange(2), self.number(64)
        return struct.pack("<BQ", announce, version), pb.MessagePayload(
            sendcmpct=pb.SendCompact(announce=announce, version=version))

    def sendtxrcncl(self):
        version, salt = self.number(32), self.number(64)
        return struct.pack("<IQ", version, salt), pb.MessagePayload(
            sendtxrcncl=pb.SendReconciliation(version=version, salt=salt))

    def feature(self):
        name, data = self.bytes(4, 80), self.bytes(0, 512)
        return var_bytes(name) + var_bytes(data), pb.MessagePayload(feature=pb.Feature(id=name, data=data))

    def feefilter(self):
        rate = self.number(64, signed=True)
        return struct.pack("<q", rate), pb.MessagePayload(feefilter=pb.FeeFilter(fee_rate_sat_per_kvb=rate))

    def addrv2(self):
        payload, expected = b"", []
        count = self.random.randint(0, 12)
        for _ in range(count):
            network, size = self.random.choice([(1, 4), (2, 16), (3, 10), (4, 32), (5, 32), (6, 16), (7, 8), (1, 5)])
            address = self.ipv6(0xFC if network == 6 else None) if size == 16 else self.random.randbytes(size)
            item = pb.Address(time_s=self.number(32), services=self.number(64), port=self.number(16))
            if (network, size) in ((7, 8), (1, 5)):
                item.unknown_network_id, item.unknown_address = network, address
            else:
                item.network = network
                item.address = {1: lambda: str(ipaddress.IPv4Address(address)),
                                2: lambda: str(ipaddress.IPv6Address(address)),
                                3: lambda: base64.b32encode(address).decode().lower() + ".onion",
                                4: lambda: onion(address),
                                5: lambda: base64.b32encode(address).decode().lower().rstrip("=") + ".b32.i2p",
                                6: lambda: str(ipaddress.IPv6Address(address))}[network]()
            payload += struct.pack("<I", item.time_s) + compact_size(item.services) + bytes([network])
            payload += var_bytes(address) + struct.pack(">H", item.port)
            expected.append(item)
        return compact_size(count) + payload, pb.MessagePayload(addrv2=pb.Addresses(addresses=expected))

    def merkleblock(self):
        header, count, tree, flags = self.header(), self.number(32), self.list(self.hash, 20), self.bytes(0, 10)
        return (header.serialize() + struct.pack("<I", count) + hashes(tree) + var_bytes(flags),
                pb.MessagePayload(merkleblock=pb.MerkleBlock(header=expected_header(header), transaction_count=count,
                                                             hashes=tree, flags=flags)))

    def differences(self, high):
        """Rising positions in a block, and each as its distance from the one after the former."""
        block_size = self.random.choice([200, 300, 65536])
        positions = sorted(self.random.sample(range(block_size), self.random.randint(0, high)))
        return positions, [b - a - 1 for a, b in zip([-1] + positions, positions)]

    def cmpctblock(self):
        header, nonce = self.header(), self.number(64)
        short_ids = self.list(lambda: self.number(48), 40)
        positions, differences = self.differences(4)
        transactions = [self.transaction() for _ in positions]
        payload = header.serialize() + struct.pack("<Q", nonce) + compact_size(len(short_ids))
        payload += b"".join(struct.pack("<Q", i)[:6] for i in short_ids) + compact_size(len(positions))
        payload += b"".join(compact_size(d) + tx.serialize() for d, tx in zip(differences, transactions))
        return payload, pb.MessagePayload(cmpctblock=pb.CompactBlock(
            header=expected_header(header), nonce=nonce, short_ids=short_ids,
            short_id_count=len(short_ids), prefilled_count=len(positions),
            prefilled=[pb.PrefilledTransaction(index=p, transaction=expected_transaction(tx))
                       for p, tx in zip(positions, transactions)]))

    def getblocktxn(self):
        block, (positions, differences) = self.hash(), self.differences(200)
        payload = block + compact_size(len(positions)) + b"".join(compact_size(d) for d in differences)
        return payload, pb.MessagePayload(getblocktxn=pb.GetBlockTransactions(block_hash=block, indexes=positions))

    def blocktxn(self):
        block, transactions = self.hash(), self.list(self.transaction, 5)
        payload = block + compact_size(len(transactions)) + b"".join(tx.serialize() for tx in transactions)
        return payload, pb.MessagePayload(blocktxn=pb.BlockTransactions(
            block_hash=block, transaction_count=len(transactions), transactions=[expected_transaction(tx) for tx in transactions]))

    def filterload(self):
        expected = pb.FilterLoad(filter=self.bytes(0, 300), hash_functions=self.random.randint(0, 50),
                                 tweak=self.number(32), flags=self.number(8))
        numbers = struct.pack("<IIB", expected.hash_functions, expected.tweak, expected.flags)
        return var_bytes(expected.filter) + numbers, pb.MessagePayload(filterload=expected)

    def filteradd(self):
        data = self.bytes(0, 520)
        return var_bytes(data), pb.MessagePayload(filteradd=pb.FilterAdd(data=data))

    def filter_range(self, name):
        kind, height, stop = self.number(8), self.number(32), self.hash()
        return struct.pack("<BI", kind, height) + stop, pb.MessagePayload(
            **{name: pb.GetCompactFilters(filter_type=kind, start_height=height, stop_hash=stop)})

    def getcfilters(self): return self.filter_range("getcfilters")
    def getcfheaders(self): return self.filter_range("getcfheaders")

    def cfilter(self):
        kind, block, data = self.number(8), self.hash(), self.bytes(0, 300)
        return bytes([kind]) + block + var_bytes(data), pb.MessagePayload(
            cfilter=pb.CompactFilter(filter_type=kind, block_hash=block, filter=data))

    def cfheaders(self):
        kind, stop, previous, filters = self.number(8), self.hash(), self.hash(), self.list(self.hash, 30)
        return bytes([kind]) + stop + previous + hashes(filters), pb.MessagePayload(cfheaders=pb.CompactFilterHeaders(
            filter_type=kind, stop_hash=stop, previous_filter_header=previous, filter_hashes=filters))

    def getcfcheckpt(self):
        kind, stop = self.number(8), self.hash()
        return bytes([kind]) + stop, pb.MessagePayload(
            getcfcheckpt=pb.GetCompactFilterCheckpoints(filter_type=kind, stop_hash=stop))

    def cfcheckpt(self):
        kind, stop, headers = self.number(8), self.hash(), self.list(self.hash, 30)
        return bytes([kind]) + stop + hashes(headers), pb.MessagePayload(
            cfcheckpt=pb.CompactFilterCheckpoints(filter_type=kind, stop_hash=stop, filter_headers=headers))
