"""A container with a systemd, BPF and a loopback interface of its own, on a folder tree that it does not change."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import harness

# In namespaces of its own: all of it goes with its first process. systemd needs cgroup 2, which hosts may not have mounted.
BOOT = """
while umount -l /sys/fs/cgroup 2> /dev/null; do :; done
mount -t cgroup2 cgroup2 /sys/fs/cgroup && mkdir "$CGROUP" && echo 0 > "$CGROUP/cgroup.procs" || exit 125
SYSTEMD_SECCOMP=0 exec systemd-nspawn --quiet --register=no --keep-unit --directory="$ROOT" --volatile=overlay --private-network --boot \\
    --console=pipe --machine="$MACHINE" --capability=all --bind="$SHARE:/share" --private-users=no < /dev/null
"""
REMOVE_CGROUP = """
while umount -l /sys/fs/cgroup 2> /dev/null; do :; done
mount -t cgroup2 cgroup2 /sys/fs/cgroup
# What was in it may not have ended yet.
for _ in {1..100}; do find "$CGROUP" -depth -type d -exec rmdir {} + || true; [ -e "$CGROUP" ] || break; sleep 0.1; done
"""


def require(*programs):
    """Root, and programs of which a host may lack some."""
    harness.require_root()
    for program in programs:
        if not shutil.which(program):
            pytest.skip(f"no {program}")


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class Container:
    """`share` is /share in it."""

    def __init__(self, root, share):
        self.log = share / "console"
        machine = f"peer-observer-{os.getpid()}"
        self._environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "ROOT": str(root), "SHARE": str(share), "MACHINE": machine,
                             "CGROUP": f"/sys/fs/cgroup/{machine}"}
        with self.log.open("wb") as console:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", "unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "bash", "-c", BOOT],
                env=self._environment, stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT)

    def __enter__(self):
        try:
            self._leader = harness.wait_until(self._systemd, "the container's systemd", timeout=60)
            harness.wait_until(lambda: self.try_run("systemctl is-system-running").stdout.strip() in ("running", "degraded"), "boot", timeout=120)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        subprocess.run(["unshare", "--mount", "bash", "-c", REMOVE_CGROUP], env=self._environment, stderr=subprocess.DEVNULL)

    def _systemd(self):
        assert self._process.poll() is None, self.log.read_text(errors="replace")[-3000:]
        for nspawn in children(self._process.pid):
            for leader in children(nspawn):
                if Path(f"/proc/{leader}/comm").read_text() == "systemd\n":
                    return leader
        return None

    def try_run(self, script, timeout=300):
        """Runs a script of bash. Returns what subprocess.run() does."""
        return subprocess.run(
            ["nsenter", "-t", str(self._leader), "-m", "-u", "-i", "-n", "-p", "-C", "--", "env", "-i", "PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
             "HOME=/root", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", "bash", "-euo", "pipefail", "-c", f"cd /share\n{script}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout)

    def run(self, script, timeout=300):
        """What it prints."""
        done = self.try_run(script, timeout)
        assert done.returncode == 0, f"{script}\n{done.stdout}"
        return self._recorded(script, done.stdout)

    def _recorded(self, script, output):
        """In the file PEER_OBSERVER_TRANSCRIPT, if there is one."""
        if transcript := os.environ.get("PEER_OBSERVER_TRANSCRIPT"):
            with open(transcript, "a", encoding="utf-8") as file:
                file.write(f"# {script}\n{output}")
        return output

    def wait_until(self, script, timeout=60):
        """What it prints once its exit status is 0."""
        def attempt():
            done = self.try_run(script)
            return (done.stdout,) if done.returncode == 0 else None
        return self._recorded(script, harness.wait_until(attempt, script, timeout)[0])
