"""A source tree of Bitcoin Core with a build: where its programs, functional tests and configuration are."""

import ast
import configparser
import os
from pathlib import Path


class NoTree(Exception):
    """There is none, or it has no build."""


class CoreTree:
    def __init__(self, source, build=None):
        self.source = Path(source).resolve()
        self.tests = self.source / "test/functional"
        self.build = Path(build).resolve() if build else self.source / "build"
        self.config = self.build / "test/config.ini"
        self.bitcoind = self.build / "bin/bitcoind"
        for needed in (self.tests / "test_runner.py", self.config, self.bitcoind):
            if not needed.exists():
                raise NoTree(f"there is no {needed}")

    @classmethod
    def of_environment(cls):
        source = os.environ.get("BITCOIN_SOURCE")
        if not source:
            raise NoTree("the environment has no BITCOIN_SOURCE, a source tree of Bitcoin Core with a build")
        return cls(source, os.environ.get("BITCOIN_BUILD"))

    def components(self):
        """The parts that were built, as `ENABLE_WALLET`."""
        config = configparser.ConfigParser()
        config.optionxform = str
        config.read(self.config)
        return {name for name, value in config["components"].items() if value == "true"}

    def all_tests(self):
        """Command lines as Core's own runner has them, without those that are not in this tree's list: `p2p_leak.py`,
        `p2p_handshake.py --v2transport`."""
        commands = []
        for node in ast.parse((self.tests / "test_runner.py").read_text()).body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in ("EXTENDED_SCRIPTS", "BASE_SCRIPTS"):
                commands += [item.value for item in node.value.elts if isinstance(item, ast.Constant)]
        if len(commands) < 100:
            raise NoTree(f"{self.tests / 'test_runner.py'} has its list of tests in a form that is not understood")
        return [command for command in commands if (self.tests / command.split()[0]).exists()]
