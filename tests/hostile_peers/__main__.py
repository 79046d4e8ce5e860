"""Plays one attack on a node that runs, or lists them: python3 -m hostile_peers --help"""

import argparse
import inspect
import json
import pathlib
import sys

from bitcoind.node import Rpc

from .attack import cost
from .catalog import ATTACKS


class RunningNode:
    """What the attacks need of a node: its P2P port, its RPC by cookie, its debug.log and its process id."""

    def __init__(self, directory, port, rpc_port):
        self.directory = directory
        self.port = port
        self.rpc_port = rpc_port
        self.rpc = Rpc(self)


def strength(attack, words):
    """name=value, as the attack's parameters have it."""
    chosen = {}
    for word in words:
        name, _, value = word.partition("=")
        if name not in attack.parameters:
            raise ValueError(f"{attack.name} has no parameter '{name}', but {', '.join(attack.parameters)}")
        default = attack.parameters[name]
        number = float(value)
        chosen[name] = bool(number) if isinstance(default, bool) else int(number) if number.is_integer() else number
    return chosen


def main():
    parser = argparse.ArgumentParser(prog="python3 -m hostile_peers", description="Plays an attack on a regtest node of your own.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="every attack, its class, its parameters and the options that the node needs")
    show = commands.add_parser("show", help="what the attacker wants and does, and what Core does")
    show.add_argument("name", choices=sorted(ATTACKS), metavar="NAME")
    play = commands.add_parser("play", help="play one; the node runs on regtest, at 127.0.0.1")
    play.add_argument("name", choices=sorted(ATTACKS), metavar="NAME")
    play.add_argument("strength", nargs="*", metavar="PARAMETER=VALUE", help="e.g. duration=60 rate=10 real_time=1")
    play.add_argument("--datadir", type=pathlib.Path, required=True)
    play.add_argument("--port", type=int, required=True)
    play.add_argument("--rpc-port", type=int, required=True)
    play.add_argument("--prepare", action="store_true", help="first mine and fill what the attack needs")
    options = parser.parse_args()

    if options.command == "list":
        for attack in ATTACKS.values():
            parameters = " ".join(f"{name}={default}" for name, default in attack.parameters.items())
            print(f"{attack.of_class:9}{attack.name}  {parameters}  {' '.join(attack.options)}".rstrip())
        return 0
    attack = ATTACKS[options.name]
    if options.command == "show":
        print(inspect.cleandoc(attack.play.__doc__))
        return 0
    try:
        chosen = strength(attack, options.strength)
    except ValueError as error:
        parser.error(str(error))
    node = RunningNode(options.datadir, options.port, options.rpc_port)
    if node.rpc.getblockchaininfo()["chain"] != "regtest":
        parser.error("the node is not on regtest")
    try:
        if options.prepare:
            attack.prepare(node)
        with cost(node) as spent:
            figures = attack.play(node, **chosen)
    except (AssertionError, OSError) as error:
        needs = f" (it needs a node with {' '.join(attack.options)})" if attack.options else ""
        print(f"{attack.name}: this node does not show the effect{needs}: {error}", file=sys.stderr)
        return 1
    print(json.dumps({"name": attack.name, "class": attack.of_class, "figures": figures, "cost": spent}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
