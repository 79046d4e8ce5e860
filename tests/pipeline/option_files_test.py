"""Files that options name are regular files, or are refused in one line: a FIFO would be waited for, in a call that no signal ends."""

import os
import re

import pytest

import built_services
import harness

TLS = ["--tls-ca-file", "--tls-cert-key-file"]
<<<<<<< HEAD
=======
PROGRAMS = {
    "extractor": ["--bitcoind", "--pid-file", *TLS, "--config"],
    "rpc-extractor": ["--cookie-file", "--rpc-password-file", *TLS, "--config"],
    "logger": [*TLS, "--config"],
    "metrics": ["--ip-list", *TLS, "--config"],
    "archiver": [*TLS, "--config"],
    "addr-connectivity": ["--cache-file", *TLS, "--config"],
    "detector": [*TLS, "--config"],
    "getblocktxn-recorder": [*TLS, "--config"],
}
>>>>>>> d1dd46b (getblocktxn-recorder: --config, --version, --metrics-address, and requests without an answer)
NEVER_ENDS = {"--bitcoind", "--pid-file", "--cookie-file", "--rpc-password-file"}  # the file may be there later


def files_of(service):
    """Its options that name a file to read."""
    text = built_services.help_text(service)
    return (set(re.findall(r"(--[a-z-]+) \[?=?(?:FILE|NAME=FILE)", text)) | set(re.findall(r"(--[a-z-]*file) ", text))
            | {"--bitcoind"} & built_services.options(service)) - {"--output"}


<<<<<<< HEAD
def command(service, option, file, directory):
    certificates = {"tls_ca_file": file, "tls_cert_key_file": file} if option in TLS else {}
    values = {option.strip("-").replace("-", "_"): f"x={file}" if option == "--ip-list" else file, **certificates}
    if option in TLS:
        values |= {name: f"tls+tcp://127.0.0.1:{port}" for name, port in (("source", 1), ("listen", 0))
                   if f"--{name}" in built_services.options(service)}
    elif option == "--pid-file":
        values["bitcoind"] = harness.program("sim_node")
    elif option == "--cookie-file":
        values |= {"rpc_user": None, "rpc_password_file": None}
    return built_services.command(service, directory, **values)
=======
def command(program, option, file, directory):
    if option == "--config" and program == "getblocktxn-recorder":
        return ["--config", str(file)]
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
>>>>>>> d1dd46b (getblocktxn-recorder: --config, --version, --metrics-address, and requests without an answer)


def fifo(path):
    os.mkfifo(path)
    return path


def folder(path):
    path.mkdir()
    return path


@pytest.mark.parametrize(("make", "reason"), [(fifo, "not a regular file"), (folder, "Is a directory")])
@pytest.mark.parametrize(("service", "option"), [(service, option) for service in built_services.SERVICES for option in sorted(files_of(service))])
def test_option_refuses_what_is_no_regular_file(directory, service, option, make, reason):
    file = make(directory / "file")
    with harness.Program(*command(service, option, file, directory)) as process:
        line = process.wait_for_log(str(file))
        assert reason in line or (option == "--cache-file" and "not a regular file" in line)
        if option in NEVER_ENDS:
            assert process.stop() == 0
        else:
            assert process.wait() == (2 if option == "--config" else 1)
