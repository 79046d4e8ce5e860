"""Files that options name are regular files, or are refused in one line: a FIFO would be waited for, in a call that no signal ends."""

import os
import re

import pytest

import built_services
import harness
from autonomous_systems import asmap_file

TLS = ["--tls-ca-file", "--tls-cert-key-file"]
NEVER_ENDS = {"--bitcoind", "--pid-file", "--cookie-file", "--rpc-password-file"}  # the file may be there later


def files_of(service):
    """Its options that name a file to read."""
    text = built_services.help_text(service)
    return (set(re.findall(r"(--[a-z-]+) \[?=?(?:FILE|NAME=FILE)", text)) | set(re.findall(r"(--[a-z-]*file) ", text))
            | {"--bitcoind"} & built_services.options(service)) - {"--output"}


def command(service, option, file, directory):
    certificates = {"tls_ca_file": file, "tls_cert_key_file": file} if option in TLS else {}
    values = {option.strip("-").replace("-", "_"): f"x={file}" if option == "--ip-list" else file, **certificates}
    if option in TLS:
        values |= {name: f"tls+tcp://127.0.0.1:{port}" for name, port in (("source", 1), ("listen", 0))
                   if f"--{name}" in built_services.options(service)}
    elif option == "--asmap-names":
        values["asmap"] = directory / "asmap.dat"
        values["asmap"].write_bytes(asmap_file.encode({"::/0": 1}))
    elif option == "--pid-file":
        values["bitcoind"] = harness.program("sim_node")
    elif option == "--cookie-file":
        values |= {"rpc_user": None, "rpc_password_file": None}
    return built_services.command(service, directory, **values)


def fifo(path):
    os.mkfifo(path)
    return path


def folder(path):
    path.mkdir()
    return path


@pytest.mark.parametrize(("make", "reason"), [(fifo, "not a regular file"), (folder, "Is a directory")])
@pytest.mark.parametrize(("service", "option"), [(service, option) for service in built_services.SERVICES for option in sorted(files_of(service))])
def test_refuses_irregular_file(directory, service, option, make, reason):
    file = make(directory / "file")
    with harness.Program(*command(service, option, file, directory)) as process:
        line = process.wait_for_log(str(file))
        assert reason in line or (option == "--cache-file" and "not a regular file" in line)
        if option in NEVER_ENDS:
            assert process.stop() == 0
        else:
            assert process.wait() == (2 if option == "--config" else 1)
