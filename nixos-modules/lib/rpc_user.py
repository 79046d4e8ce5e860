"""Makes a user of Bitcoin Core's RPC server who may call what the rpc-extractor calls, and nothing else.

rpc_user.py NAME RPC-EXTRACTOR [OPTION...]: writes the user's `password`, and a `bitcoin.conf` for the node, into RUNTIME_DIRECTORY.
"""

import hashlib
import hmac
import os
import secrets
import subprocess
import sys
from pathlib import Path

name, *extractor = sys.argv[1:]
methods = subprocess.run([*extractor, "--list-methods"], check=True, stdout=subprocess.PIPE, text=True).stdout
[allowed] = [line.partition(":")[2] for line in methods.splitlines() if line.startswith("rpcwhitelist=")]

password = secrets.token_hex(32)
salt = secrets.token_hex(16)
digest = hmac.new(salt.encode(), password.encode(), hashlib.sha256).hexdigest()

folder = Path(os.environ["RUNTIME_DIRECTORY"])
(folder / "password").write_text(f"{password}\n")
# rpcwhitelistdefault: without it, other users (bitcoin-cli with the cookie) could call nothing.
(folder / "bitcoin.conf").write_text(f"rpcauth={name}:{salt}${digest}\nrpcwhitelist={name}:{allowed}\nrpcwhitelistdefault=0\n")
