"""Two hosts on one machine: network namespaces with two cables between them, and no way out of them."""

import contextlib
import ipaddress
import os
import subprocess

import pytest

import harness

# `data` is what faults happen to; `control` is how the test reads metrics meanwhile.
HERE, THERE = "10.77.0.1", "10.77.0.2"
CONTROL_HERE, CONTROL_THERE = "10.77.1.1", "10.77.1.2"
# The kernel's default; some hosts, and machines that run tests, have another one.
CONGESTION_CONTROL = os.environ.get("CHAOS_CONGESTION_CONTROL", "cubic")


def run(*command):
    subprocess.run(command, check=True, timeout=harness.TIMEOUT)


def require_cables():
    """Skips where the kernel has no virtual cables, or cannot slow them, or does not know the congestion control."""
    try:
        run("ip", "link", "add", "probe0", "type", "veth", "peer", "name", "probe1")
        run("tc", "qdisc", "add", "dev", "probe0", "root", "tbf", "rate", "1mbit", "burst", "16kb", "latency", "200ms")
        run("ip", "link", "set", "probe0", "up")
        run("ip", "route", "add", f"{THERE}/32", "dev", "probe0", "congctl", CONGESTION_CONTROL)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"this kernel has no veth, no tbf or no {CONGESTION_CONTROL}: {error}")
    finally:
        subprocess.run(("ip", "link", "delete", "probe0"), stderr=subprocess.DEVNULL, timeout=harness.TIMEOUT)


class OtherHost:
    """The namespace at the other end of the cables. `command` goes before one that is to run there."""

    def __enter__(self):
        require_cables()
        self.holder = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "--", "unshare", "--net", "sleep", "infinity"])
        mine = os.readlink("/proc/thread-self/ns/net")
        harness.wait_until(lambda: os.readlink(f"/proc/{self.holder.pid}/ns/net") != mine, "the other namespace")
        self.command = ("nsenter", f"--net=/proc/{self.holder.pid}/ns/net", "--")
        self.slowed = False
        for cable, here, there in (("data", HERE, THERE), ("control", CONTROL_HERE, CONTROL_THERE)):
            run("ip", "link", "add", f"{cable}0", "type", "veth", "peer", "name", f"{cable}1", "netns", str(self.holder.pid))
            run("ip", "address", "add", f"{here}/24", "dev", f"{cable}0")
            run("ip", "link", "set", f"{cable}0", "up")
            network = ipaddress.ip_interface(f"{here}/24").network
            run("ip", "route", "replace", str(network), "dev", f"{cable}0", "congctl", CONGESTION_CONTROL)
            self.run("ip", "address", "add", f"{there}/24", "dev", f"{cable}1")
            self.run("ip", "link", "set", f"{cable}1", "up")
        self.run("ip", "link", "set", "lo", "up")
        return self

    def __exit__(self, *_):
        if self.holder.poll() is None:
            self.heal()
            self.vanish()

    def vanish(self):
        """As it is: nothing is healed before."""
        with contextlib.suppress(subprocess.CalledProcessError):
            for cable in ("data", "control"):
                run("ip", "link", "delete", f"{cable}0")
        self.holder.kill()
        self.holder.wait()

    def run(self, *command):
        run(*self.command, *command)

    def unplug(self):
        """The other host knows that it has no network."""
        self.run("ip", "link", "set", "data1", "down")

    def swallow(self):
        """Nobody knows: what is sent to the other host disappears."""
        run("ip", "route", "add", "blackhole", f"{THERE}/32")

    def slow(self, kilobits):
        """So many a second go to the other host."""
        run("tc", "qdisc", "add", "dev", "data0", "root", "tbf", "rate", f"{kilobits}kbit", "burst", "16kb", "latency", "200ms")
        self.slowed = True

    def heal(self):
        self.run("ip", "link", "set", "data1", "up")
        subprocess.run(("ip", "route", "delete", "blackhole", f"{THERE}/32"), stderr=subprocess.DEVNULL)
        if self.slowed:
            run("tc", "qdisc", "delete", "dev", "data0", "root")
            self.slowed = False
