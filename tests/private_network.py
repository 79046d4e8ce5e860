"""A network with nothing but a loopback interface, which no packet can leave."""

import ctypes
import os
import pathlib
import subprocess

import harness

CLONE_NEWNET = 0x40000000


def enter():
    """Moves this thread there, and all that it starts from now on."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "cannot make a network namespace")
    subprocess.run(("ip", "link", "set", "lo", "up"), check=True, timeout=harness.TIMEOUT)
    interfaces = [line.split(":")[0].strip() for line in pathlib.Path("/proc/thread-self/net/dev").read_text().splitlines()[2:]]
    loopback_only = not {name for name in interfaces if name not in ("lo", "sit0", "tunl0", "ip6tnl0")}
    assert loopback_only, f"this network has a way out: {interfaces}"
