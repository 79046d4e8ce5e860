"""An extractor that is not allowed to trace says in one line which capabilities it lacks, and ends."""

import ctypes
import ctypes.util
import errno
import platform
import shutil
import struct
import subprocess

import pytest

import harness
from sim_node import copy_sim_node

NOBODY = "65534"


@pytest.fixture
def directory(directory):
    directory.chmod(0o755)
    return directory


def extract_as_nobody(directory, *capabilities):
    """Runs the extractor as another user with these capabilities only. Returns its exit status and its last line."""
    program = shutil.copy2(harness.program("peer-observer-extractor"), directory)
    granted = ",".join(f"+{capability}" for capability in capabilities)
    options = ["--inh-caps", f"-all,{granted}", "--ambient-caps", granted] if capabilities else []
    command = ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", *options, "--", program, "--bitcoind",
               copy_sim_node(directory), "--listen", f"tcp://127.0.0.1:{harness.free_port()}", "--node", "test"]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=harness.TIMEOUT)
    return done.returncode, done.stderr.splitlines()[-1]


def test_names_needed_capabilities(directory):
    status, line = extract_as_nobody(directory)
    assert status == 1
    assert "cannot load the BPF programs" in line
    assert "CAP_BPF" in line and "CAP_PERFMON" in line


def test_names_missing_capability_alone(directory):
    status, line = extract_as_nobody(directory, "bpf")
    assert status == 1
    assert "CAP_PERFMON" in line and "CAP_BPF" not in line


def test_requires_administrator_for_old_libbpf(directory):
    libbpf = ctypes.CDLL(ctypes.util.find_library("bpf"))
    if (libbpf.libbpf_major_version(), libbpf.libbpf_minor_version()) >= (1, 3):
        pytest.skip("this libbpf can do without")
    status, line = extract_as_nobody(directory, "bpf", "perfmon")
    assert status == 1
    assert "cannot attach to" in line and "CAP_SYS_ADMIN" in line and "CAP_PERFMON" not in line


SYSTEM_CALLS = {"x86_64": {"bpf": 321, "perf_event_open": 298}, "aarch64": {"bpf": 280, "perf_event_open": 241}}


def forbid(system_call, error):
    """Lets one system call fail in this process, as a container's seccomp filter does."""
    load, jump_if_equal, give_back, allow = 0x20, 0x15, 0x06, 0x7FFF0000
    number = SYSTEM_CALLS[platform.machine()][system_call]
    rules = [(load, 0, 0, 0), (jump_if_equal, 0, 1, number), (give_back, 0, 0, 0x50000 | error), (give_back, 0, 0, allow)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *rule) for rule in rules))
    program = struct.pack("HxxxxxxQ", len(rules), ctypes.addressof(code))
    set_no_new_privileges, set_seccomp, filter_mode = 38, 22, 2
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(set_no_new_privileges, 1, 0, 0, 0) == 0
    assert libc.prctl(set_seccomp, filter_mode, program) == 0


@pytest.mark.parametrize("error", [errno.EPERM, errno.ENOSYS])
@pytest.mark.parametrize(("system_call", "what"), [("bpf", "cannot load the BPF programs"), ("perf_event_open", "cannot attach to")])
def test_names_host_that_forbids_bpf(directory, system_call, what, error):
    command = [harness.program("peer-observer-extractor"), "--bitcoind", copy_sim_node(directory), "--listen", f"ipc://{directory}/bus",
               "--node", "test"]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=harness.TIMEOUT, preexec_fn=lambda: forbid(system_call, error))
    problems = [line for line in done.stderr.splitlines() if " info " not in line]
    assert done.returncode == 1
    assert len(problems) == 1
    assert what in problems[0] and "seccomp" in problems[0] and "peer-observer-rpc-extractor" in problems[0]
