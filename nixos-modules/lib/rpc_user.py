"""Makes a user of Bitcoin Core's RPC server who may call what the rpc-extractor calls, and nothing else.

rpc_user.py NAME RPC-EXTRACTOR [OPTION...]: writes the user's `password` into STATE_DIRECTORY unless there is one, and the `bitcoin.conf` there, which
the node includes.
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

folder = Path(os.environ["STATE_DIRECTORY"])
file = folder / "password"
if not file.exists():
    unfinished = folder / "password.new"
    unfinished.write_text(f"{secrets.token_hex(32)}\n")
    unfinished.rename(file)
password = file.read_text().strip()
salt = secrets.token_hex(16)
digest = hmac.new(salt.encode(), password.encode(), hashlib.sha256).hexdigest()

# In place: the file's group is the node's. rpcwhitelistdefault: without it, other users (bitcoin-cli with the cookie) could call nothing.
(folder / "bitcoin.conf").write_text(f"rpcauth={name}:{salt}${digest}\nrpcwhitelist={name}:{allowed}\nrpcwhitelistdefault=0\n")
