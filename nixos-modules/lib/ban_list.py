"""Bans the networks of a file at a node, and lifts its own bans that are no longer in it.

ban_list.py FILE BITCOIN-CLI...: FILE has an address or network per line; `#` begins a comment. STATE_DIRECTORY/banned has what was banned before.
Bans by others stay. Exit status 1 where the node refuses one; the others are banned all the same.
"""

import ipaddress
import os
import subprocess
import sys
from pathlib import Path

TEN_YEARS = str(10 * 365 * 86400)
ALREADY_BANNED = 23  # RPC_CLIENT_NODE_ALREADY_ADDED of Core's src/rpc/protocol.h, as bitcoin-cli's exit status
NOT_BANNED = 30  # RPC_CLIENT_INVALID_IP_OR_SUBNET


def networks(file):
    found = set()
    for number, line in enumerate(file.read_text().splitlines(), start=1):
        if text := line.partition("#")[0].strip():
            try:
                found.add(str(ipaddress.ip_network(text, strict=False)))
            except ValueError as error:
                sys.exit(f"{file}:{number}: {error}")
    return found


def main(file, *cli):
    state = Path(os.environ["STATE_DIRECTORY"]) / "banned"
    wanted = networks(Path(file))
    ours = set(state.read_text().split()) if state.exists() else set()
    failed = 0

    def ban(network, *words):
        done = subprocess.run([*cli, "setban", network, *words], capture_output=True, text=True)
        if done.returncode not in (0, ALREADY_BANNED, NOT_BANNED):
            print(f"{network}: {done.stderr.strip()}", file=sys.stderr)
        return done.returncode

    try:
        for network in sorted(ours - wanted):
            if ban(network, "remove") in (0, NOT_BANNED):
                ours.remove(network)
            else:
                failed = 1
        for network in sorted(wanted):
            status = ban(network, "add", TEN_YEARS)
            if status == 0:
                ours.add(network)
            elif status != ALREADY_BANNED:
                failed = 1
    finally:
        state.write_text("".join(f"{network}\n" for network in sorted(ours)))
    return failed


sys.exit(main(*sys.argv[1:]))
