"""The services that were built, asked for and not listed: those that have a unit. Their programs, options and command lines."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import harness

UNITS = {re.fullmatch(r"peer-observer-([a-z0-9-]+?)@?", path.stem).group(1): path
         for path in sorted((Path(os.environ["PEER_OBSERVER_BUILD"]) / "systemd").glob("*.service"))}
SERVICES = list(UNITS)
NODE = "alpha"


def invocation(service):
    """A service in Python: another python3 on PATH may lack Debian's modules."""
    program = harness.program(f"peer-observer-{service}")
    with program.open("rb") as file:
        return [*([sys.executable] if file.read(2) == b"#!" else []), program]


def help_text(service):
    return subprocess.run([*invocation(service), "--help"], check=True, stdout=subprocess.PIPE, text=True).stdout


def options(service):
    """As --help lists them."""
    return set(re.findall(r"^ *(--[a-z-]+)", help_text(service), re.MULTILINE))


def settings(service):
    """{setting: [value of each line]} of the section [Service] of its unit."""
    found = {}
    section = re.search(r"^\[Service\]\n(.*?)^\[", UNITS[service].read_text(), re.DOTALL | re.MULTILINE).group(1)
    for line in section.splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def rpc_methods():
    """What the rpc-extractor calls, in its order."""
    command = [*invocation("rpc-extractor"), "--list-methods"]
    listed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return re.search(r"^rpcwhitelist=USER:(.*)$", listed, re.MULTILINE)[1].split(",")


def publishers():
    return [service for service in SERVICES if "--listen" in options(service)]


def socket_of(service):
    """Where its unit's folder has the bus, in /run."""
    return settings(service)["RuntimeDirectory"][0].replace("%i", NODE) + "/bus"


def command(service, directory, /, **values):
    """Its unit's command line without anything to connect to: all that it names is in `directory`. `values`: options instead, None for absent."""
    (line,) = settings(service)["ExecStart"]
    for folder in ("/etc/peer-observer", "/var/lib", "/run/peer-observer"):
        line = line.replace(folder, str(directory))
    _, *words = shlex.split(line.replace("%i", NODE).replace("%d", str(directory)))
    for state in settings(service).get("StateDirectory", []):
        (directory / state.replace("%i", NODE)).mkdir(exist_ok=True)
    defaults = {"source": f"ipc://{directory}/nobody", "listen": f"ipc://{directory}/{service}", "metrics-address": "127.0.0.1:0",
                "bitcoind": directory / "bitcoind", "rpc-address": f"unix:{directory}/rpc", "rpc-user": "observer",
                "debug-log": directory / "debug.log", "connect": "127.0.0.1:9"}
    offered = options(service)
    chosen = {name: value for name, value in defaults.items() if f"--{name}" in offered} | {
        name.replace("_", "-"): value for name, value in values.items()}
    for name, value in chosen.items():
        if f"--{name}" in words:
            place = words.index(f"--{name}")
            del words[place:place + 2]
        if value is not None:
            words += [f"--{name}", str(value)]
    if "--config" in words:
        Path(words[words.index("--config") + 1]).touch()
    return [*invocation(service), *words]
