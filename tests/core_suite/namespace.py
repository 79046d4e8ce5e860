"""A network namespace with nothing but lo, in which everything of a run lives."""

import os
import socket
import subprocess
import sys

INSIDE = "PEER_OBSERVER_CORE_SUITE_NAMESPACE"


def enter():
    """Runs this program again in a network namespace of its own, and returns there. Ends it when there is a way out."""
    if INSIDE not in os.environ:
        os.environ[INSIDE] = os.readlink("/proc/self/ns/net")
        os.execvp("unshare", ["unshare", "--net", "--", sys.executable, *sys.argv])
    if os.environ[INSIDE] == os.readlink("/proc/self/ns/net"):
        sys.exit("core_suite: this is not a network namespace of its own")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    # Not /sys/class/net: sysfs shows the namespace in which it was mounted.
    interfaces = [name for _, name in socket.if_nameindex()]
    if interfaces != ["lo"]:
        sys.exit(f"core_suite: the network namespace has the interfaces {interfaces}, only lo may be there")
