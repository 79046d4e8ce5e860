"""Core's tests start in a network namespace with nothing but lo, or not at all."""

import os
import subprocess
import sys
from pathlib import Path

import harness

sys.path.insert(1, str(Path(__file__).parent))

import namespace

ENTER = [sys.executable, "-B", "-c", "import namespace; namespace.enter(); print('inside')"]


def enter(*prefix, inside=None):
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)} | ({namespace.INSIDE: inside} if inside else {})
    return subprocess.run([*prefix, *ENTER], env=environment, capture_output=True, text=True)


def test_refuses_shared_namespace():
    harness.require_root()
    done = enter(inside=os.readlink("/proc/self/ns/net"))
    assert done.returncode != 0 and "not a network namespace of its own" in done.stderr and not done.stdout


def test_refuses_another_interface():
    harness.require_root()
    done = enter("unshare", "--net", "sh", "-c", 'ip link add other0 type veth peer name other1 && exec "$@"', "sh", inside="net:[0]")
    assert done.returncode != 0 and "other0" in done.stderr and not done.stdout


def test_accepts_lo_alone():
    harness.require_root()
    done = enter("unshare", "--net", inside="net:[0]")
    assert (done.returncode, done.stdout) == (0, "inside\n"), done.stderr
