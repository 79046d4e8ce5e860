"""Public keys on secp256k1 whose private keys nobody needs, and signatures that are well-formed and wrong."""

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def public_keys(count):
    """The first points above 1 by their x coordinate, in compressed form."""
    keys, x = [], 1
    while len(keys) < count:
        x += 1
        square = (x**3 + 7) % P
        if pow(square, (P - 1) // 2, P) == 1:
            keys.append(b"\x02" + x.to_bytes(32, "big"))
    return keys


def one_of(keys):
    """1 <key>... n OP_CHECKMULTISIG"""
    return b"\x51" + b"".join(b"\x21" + key for key in keys) + b"\x01" + bytes([len(keys)]) + b"\xae"


ONE_OF_TWENTY = one_of(public_keys(20))


def wrong_signature(rng):
    """DER with a low S and the hash type ALL: strict enough that Core checks it against each key."""
    def integer(value):
        encoded = value.to_bytes(32, "big").lstrip(b"\0")
        encoded = encoded if encoded[0] < 0x80 else b"\0" + encoded
        return b"\x02" + bytes([len(encoded)]) + encoded
    body = integer(rng.randrange(1, N)) + integer(rng.randrange(1, N // 2))
    return b"\x30" + bytes([len(body)]) + body + b"\x01"
