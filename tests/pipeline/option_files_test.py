"""Files that options name are regular files, or are refused in one line: a FIFO would be waited for, in a call that no signal ends."""

import os
import re
import subprocess
import sys

import pytest

import harness

# Each program's options for files that it reads, with what else it needs to come so far.
TLS = ["--tls-ca-file", "--tls-cert-key-file"]
PROGRAMS = {
    "extractor": ["--bitcoind", "--pid-file", *TLS, "--config"],
    "rpc-extractor": ["--cookie-file", "--rpc-password-file", *TLS, "--config"],
    "logger": [*TLS, "--config"],
    "metrics": ["--ip-list", *TLS, "--config"],
    "archiver": [*TLS, "--config"],
    "addr-connectivity": ["--cache-file", *TLS, "--config"],
    "detector": [*TLS, "--config"],
    "getblocktxn-recorder": TLS,
}
NEVER_ENDS = {"--bitcoind", "--pid-file", "--cookie-file", "--rpc-password-file"}  # the file may be there later
PUBLISHERS = {"extractor", "rpc-extractor", "addr-connectivity", "detector"}


def command(program, option, file, directory):
    certificates = {"--tls-ca-file": file, "--tls-cert-key-file": file} if option in TLS else {}
    if program == "getblocktxn-recorder":
        return ["--source", "tls+tcp://127.0.0.1:1", *(str(word) for pair in certificates.items() for word in pair)]
    options = {option: f"x={file}" if option == "--ip-list" else file, **certificates}
    url = "tls+tcp://127.0.0.1:1" if option in TLS else f"ipc://{directory}/none"
    listen = "tls+tcp://127.0.0.1:0" if option in TLS else f"ipc://{directory}/bus"
    if program == "archiver":
        options["--directory"] = directory
    if program in PUBLISHERS:
        options |= {"--listen": listen, "--node": "test"}
    if program not in ("extractor", "rpc-extractor"):
        options["--source"] = url
    if program == "extractor":
        options.setdefault("--bitcoind", harness.program("sim_node"))
    if program == "rpc-extractor":
        options["--rpc-address"] = "127.0.0.1:1"
        options |= {"--rpc-user": "test"} if option == "--rpc-password-file" else {} if option == "--cookie-file" else {"--cookie-file": directory / "cookie"}
    if program == "metrics":
        options["--metrics-address"] = "127.0.0.1:0"
    return [str(word) for pair in options.items() for word in pair]


def invocation(program):
    """The recorder is Python: another python3 on PATH may lack Debian's modules."""
    return [*([sys.executable] if program == "getblocktxn-recorder" else []), harness.program(f"peer-observer-{program}")]


def fifo(path):
    os.mkfifo(path)
    return path


def folder(path):
    path.mkdir()
    return path


@pytest.mark.parametrize(("make", "reason"), [(fifo, "not a regular file"), (folder, "Is a directory")])
@pytest.mark.parametrize(("program", "option"), [(program, option) for program, options in PROGRAMS.items() for option in options])
def test_what_is_no_regular_file_is_refused(directory, program, option, make, reason):
    file = make(directory / "file")
    with harness.Program(*invocation(program), *command(program, option, file, directory)) as process:
        line = process.wait_for_log(str(file))
        assert reason in line or (option == "--cache-file" and "not a regular file" in line)
        if option in NEVER_ENDS:
            assert process.stop() == 0
        else:
            assert process.wait() == (2 if option == "--config" else 1)


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_option_that_names_a_file_to_read_is_known_here(program):
    text = subprocess.run([*invocation(program), "--help"], check=True, stdout=subprocess.PIPE, text=True).stdout
    named = set(re.findall(r"(--[a-z-]+) \[?=?(?:FILE|NAME=FILE)", text)) | set(re.findall(r"(--[a-z-]*file) ", text))
    assert named - {"--output"} <= set(PROGRAMS[program]), named
