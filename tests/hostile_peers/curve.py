"""Public keys on secp256k1, most of them of unknown private keys, and signatures, right and wrong."""

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G_X = 0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798
KEY_OF_ONE = b"\x02" + G_X.to_bytes(32, "big")  # the private key is 1


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


# OP_CHECKMULTISIG compares with the last key first.
FIRST_OF_TWENTY = one_of([KEY_OF_ONE, *public_keys(19)])


def first_of_twenty_times(times):
    """Has the same dummy and signature checked that often: OP_2DUP ... OP_VERIFY before the last."""
    return (b"\x6e" + FIRST_OF_TWENTY + b"\x69") * (times - 1) + FIRST_OF_TWENTY


def encoded(r, s):
    """DER with the hash type ALL."""
    def integer(value):
        digits = value.to_bytes(32, "big").lstrip(b"\0")
        digits = digits if digits[0] < 0x80 else b"\0" + digits
        return b"\x02" + bytes([len(digits)]) + digits
    body = integer(r) + integer(s)
    return b"\x30" + bytes([len(body)]) + body + b"\x01"


def wrong_signature(rng):
    """With a low S: strict enough that Core checks it against each key."""
    return encoded(rng.randrange(1, N), rng.randrange(1, N // 2))


def sign(digest):
    """By the private key 1 and the nonce 1, hence without any multiplication on the curve."""
    s = (int.from_bytes(digest, "big") + G_X) % N
    return encoded(G_X, min(s, N - s))
