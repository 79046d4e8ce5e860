"""An extractor that is not allowed to trace says in one line which capabilities it lacks, and ends."""

import ctypes
import ctypes.util
import shutil
import subprocess

import pytest

import harness
from sim_node import copy_sim_node

NOBODY = "65534"


@pytest.fixture
def directory():
    harness.require_root()
    with harness.temporary_directory() as path:
        path.chmod(0o755)
        yield path


def extract_as_nobody(directory, *capabilities):
    """Runs the extractor as another user with these capabilities only. Returns its exit status and its last line."""
    program = shutil.copy2(harness.program("peer-observer-extractor"), directory)
    granted = ",".join(f"+{capability}" for capability in capabilities)
    options = ["--inh-caps", f"-all,{granted}", "--ambient-caps", granted] if capabilities else []
    command = ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", *options, "--", program, "--bitcoind",
               copy_sim_node(directory), "--listen", f"tcp://127.0.0.1:{harness.free_port()}", "--node", "test"]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=harness.TIMEOUT)
    return done.returncode, done.stderr.splitlines()[-1]


def test_without_capabilities_it_names_those_it_needs(directory):
    status, line = extract_as_nobody(directory)
    assert status == 1
    assert "cannot load the BPF programs" in line
    assert "CAP_BPF" in line and "CAP_PERFMON" in line


def test_one_missing_capability_is_named_alone(directory):
    status, line = extract_as_nobody(directory, "bpf")
    assert status == 1
    assert "CAP_PERFMON" in line and "CAP_BPF" not in line


def test_a_libbpf_that_attaches_one_by_one_needs_the_administrator(directory):
    libbpf = ctypes.CDLL(ctypes.util.find_library("bpf"))
    if (libbpf.libbpf_major_version(), libbpf.libbpf_minor_version()) >= (1, 3):
        pytest.skip("this libbpf can do without")
    status, line = extract_as_nobody(directory, "bpf", "perfmon")
    assert status == 1
    assert "cannot attach to" in line and "CAP_SYS_ADMIN" in line and "CAP_PERFMON" not in line
