"""libs/wire and python-bitcoinlib must agree on every field of thousands of random messages of each type."""

import os
import random
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest

pytest.importorskip("bitcoin", reason="needs python3-bitcoinlib")
sys.path.insert(0, str(Path(__file__).parent))

from bitcoin import messages
from bitcoin.core import CBlock
from bitcoinlib_messages import Generator, expected_of, payload_of
from proto import p2p_pb2 as pb

SEED = 413567
MESSAGES_OF_EACH_TYPE = 2000
ALL_TYPES = [arm.name for arm in pb.MessagePayload.DESCRIPTOR.fields]
MAINNET_BLOCK = Path(__file__).parents[2] / "libs/wire/testdata/block_170_of_mainnet.txt"

# bitcoinlib decodes these as Core does, but for the rules of STRICTER.
DECODED_BY_BITCOINLIB = ["addr", "alert", "inv", "getdata", "notfound", "getblocks", "getheaders", "tx", "block"]

# Rules of Core that bitcoinlib does not know.
STRICTER = (
    "a CompactSize is not in its shortest form",
    "a CompactSize exceeds",
    "more than",
    "a transaction has the witness flag, but no witness",
    "unknown flags in a transaction",
)


def decode(payloads):
    """Of (type, payload) pairs: (trailing bytes, MessagePayload), or the reason why there is none."""
    lines = "".join(f"{name} {payload.hex()}\n" for name, payload in payloads)
    program = Path(os.environ["PEER_OBSERVER_BUILD"]) / "bin/decode_lines"
    output = subprocess.run([program], input=lines, text=True, stdout=subprocess.PIPE, check=True).stdout.splitlines()
    assert len(output) == len(payloads)
    results = []
    for line in output:
        first, rest = line.split(" ", 1)
        if first == "error":
            results.append(rest)
            continue
        message = pb.MessagePayload.FromString(bytes.fromhex(rest))
        for address in [*message.addr.addresses, *message.addrv2.addresses]:
            address.ClearField("ignored")  # bitcoinlib has no such rule: tests/bitcoind/ignored_address_test.py asks Core
        results.append((int(first), message))
    return results


@pytest.mark.parametrize("name", ALL_TYPES)
def test_decodes_what_bitcoinlib_encodes(name):
    generator = Generator(random.Random(f"{SEED} {name}"))
    cases = [generator.message(name) for _ in range(MESSAGES_OF_EACH_TYPE)]
    for (payload, expected), result in zip(cases, decode([(name, payload) for payload, _ in cases])):
        assert result == (0, expected), payload.hex()


def damaged(payload, generator):
    """Cut, with more behind it, or with a byte changed."""
    at = generator.randrange(len(payload))
    return generator.choice([
        payload[:at],
        payload + generator.randbytes(3),
        payload[:at] + bytes([generator.choice([0, 1, 0xFC, 0xFD, 0xFF, generator.randrange(256)])]) + payload[at + 1:],
    ])


@pytest.mark.parametrize("name", DECODED_BY_BITCOINLIB)
def test_agrees_with_bitcoinlib_on_damaged_messages(name):
    generator = random.Random(f"{SEED} damaged {name}")
    messages_of_type = Generator(generator)
    payloads = [damaged(messages_of_type.message(name)[0], generator) for _ in range(MESSAGES_OF_EACH_TYPE)]
    decoded = refused = 0
    for payload, result in zip(payloads, decode([(name, payload) for payload in payloads])):
        stream = BytesIO(payload)
        try:
            theirs = messages.messagemap[name.encode()].msg_deser(stream)
        except Exception:
            assert isinstance(result, str), payload.hex()
            refused += 1
            continue
        if isinstance(result, str):
            assert result.startswith(STRICTER), payload.hex()
            continue
        assert result == (len(payload) - stream.tell(), expected_of(theirs)), payload.hex()
        decoded += 1
    assert decoded > 100 and refused > 100


def test_agrees_with_bitcoinlib_on_a_block_of_the_main_chain():
    payload = bytes.fromhex("".join(line.partition("#")[0] for line in MAINNET_BLOCK.read_text().partition("=>")[0].splitlines()))
    block = messages.msg_block.msg_deser(BytesIO(payload))
    assert decode([("block", payload)]) == [(0, expected_of(block))]
    assert block.block.calc_merkle_root() == block.block.hashMerkleRoot


def test_agrees_with_bitcoinlib_on_a_block_of_full_size():
    generator = Generator(random.Random(SEED))
    transactions, size = [], 0
    while size < 1_000_000:
        transactions.append(generator.transaction())
        size += len(transactions[-1].serialize())
    block = messages.msg_block()
    block.block = CBlock(vtx=transactions)
    payload = payload_of(block)
    assert len(transactions) > 1_000
    assert decode([("block", payload)]) == [(0, expected_of(block))]
