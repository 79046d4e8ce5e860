"""scripts/check-tracepoints on ELF files made on the spot, on sim_node, and on a real bitcoind where there is one."""

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bitcoind.node import require_bitcoind
from probed import SCRIPT, build, load_script, of_table, source

script = load_script()
TABLE = script.read_table(script.TABLE)
MESSAGE = ("net", "inbound_message")
IN_MEMORY = ["reinterpret_cast<uint64_t*>(array)[1]"] * 5

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="the operands here are those of x86-64")


def run(*arguments):
    """Exit status and output, with the lines of tracepoints that are fine left out."""
    command = [sys.executable, "-B", SCRIPT, *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert "Traceback" not in result.stderr
    lines = [line for line in result.stdout.splitlines() if not re.search(r":\w+ +fine$", line)]
    return result.returncode, "\n".join(lines) + result.stderr


def without(probes, *keys):
    return {key: arguments for key, arguments in probes.items() if key not in keys}


def check_with(tmp_path, arguments, *options, **how):
    """Runs the script on a file in which one probe has other arguments than the table says."""
    rest = source(without(of_table(TABLE), MESSAGE))
    return run(*options, build(tmp_path, rest, source({MESSAGE: arguments}, **how)))


def test_accepts_file_with_every_tracepoint(tmp_path):
    elf = build(tmp_path, source(of_table(TABLE)))
    assert run("--patched", "--wallet", elf) == (0, f"{len(TABLE)} tracepoints: {len(TABLE)} fine")


def test_accepts_stripped_file(tmp_path):
    elf = build(tmp_path, source(of_table(TABLE)), options=["-s"])
    assert run("--patched", "--wallet", elf)[0] == 0


def test_fails_without_tracepoint_of_core(tmp_path):
    status, output = run(build(tmp_path, source(without(of_table(TABLE), MESSAGE))))
    assert status == 1
    assert re.search(r"^net:inbound_message +absent$", output, re.MULTILINE)


@pytest.mark.parametrize(("origin", "option"), [("patch", "--patched"), ("wallet", "--wallet")])
def test_requires_tracepoints_of_patches_and_wallet_on_request(tmp_path, origin, option):
    optional = [key for key, row in TABLE.items() if row[0] == origin]
    assert len(optional) >= 4
    elf = build(tmp_path, source(without(of_table(TABLE), *optional)))
    status, output = run(elf)
    assert status == 0
    assert output.count("(optional)") == len(optional)
    status, output = run(option, elf)
    assert status == 1
    assert output.count("(optional)") == 0
    assert f"{len(optional)} absent" in output


def test_compares_tracepoint_of_patch(tmp_path):
    rest = source(without(of_table(TABLE), ("orphan", "add")))
    status, output = run(build(tmp_path, rest, source({("orphan", "add"): ["value<uint64_t>()"]})))
    assert status == 1
    assert re.search(r"^orphan:add +different: 1 arguments, not 6$", output, re.MULTILINE)


def test_reports_different_number_of_arguments(tmp_path):
    status, output = check_with(tmp_path, ["value<int64_t>()"] + ["value<uint64_t>()"] * 6)
    assert status == 1
    assert "different: 7 arguments, not 6" in output


@pytest.mark.parametrize(
    ("type_name", "note"), [("int32_t", "-4@"), ("uint64_t", "8@"), ("uint32_t", "4@"), ("bool", "1@")]
)
def test_reports_different_size_or_sign(tmp_path, type_name, note):
    status, output = check_with(tmp_path, [f"value<{type_name}>()"] + ["value<uint64_t>()"] * 5)
    assert status == 1
    assert re.search(rf"different: argument 1 is {note}\S+, not -8@", output)


def test_reports_missing_semaphore(tmp_path):
    status, output = check_with(tmp_path, of_table(TABLE)[MESSAGE], semaphores=False)
    assert status == 1
    assert re.search(r"net:inbound_message +different: no semaphore", output)


def test_accepts_constant_of_another_size(tmp_path):
    assert check_with(tmp_path, ["7"] + ["value<uint64_t>()"] * 5)[0] == 0


def test_reports_operand_relative_to_instruction_pointer(tmp_path):
    status, output = check_with(tmp_path, ["global", *IN_MEMORY], constraint="o")
    assert status == 1
    assert re.search(r"not parsable: argument 1 is -8@\S+\(%rip\)", output)


def test_requires_newer_libbpf_for_operand_with_index(tmp_path):
    arguments = ["array[index]", *IN_MEMORY]
    status, output = check_with(tmp_path, arguments, constraint="o")
    assert status == 1
    assert re.search(r"not parsable: argument 1 is -8@-?\d*\(%\w+,%\w+,8\), needs libbpf 1\.7", output)
    assert check_with(tmp_path, arguments, "--libbpf", "1.7.0", constraint="o")[0] == 0


def test_checks_every_place_of_tracepoint(tmp_path):
    wrong = source({MESSAGE: ["value<int64_t>()"]}, semaphores=False).replace("void net_", "void other_net_")
    status, output = run(build(tmp_path, source(of_table(TABLE)), wrong))
    assert status == 1
    assert "different: no semaphore; different: 1 arguments, not 6" in output


def test_accepts_tracepoint_in_two_places(tmp_path):
    again = source({MESSAGE: of_table(TABLE)[MESSAGE]}).replace("void net_", "void other_net_")
    again = again.replace("unsigned short", "extern unsigned short")
    status, output = run(build(tmp_path, source(of_table(TABLE)), again))
    assert status == 0
    assert re.search(r"net:inbound_message +fine \(2 places\)", output)


def test_names_tracepoint_that_is_not_in_the_table(tmp_path):
    status, output = run(build(tmp_path, source(of_table(TABLE) | {("net", "new_one"): ["1"]})))
    assert status == 0
    assert re.search(r"net:new_one +not in the table", output)


def test_fails_on_file_without_tracepoints(tmp_path):
    status, output = run(build(tmp_path, "int nothing;\n"))
    assert status == 1
    assert "no tracepoints: built with -DWITH_USDT=OFF or without sys/sdt.h" in output


def test_refuses_32_bit_file(tmp_path):
    elf = build(tmp_path, "int nothing;\n")
    content = bytearray(elf.read_bytes())
    content[4] = 1
    elf.write_bytes(content)
    assert run(elf) == (2, f"{elf}: not a 64-bit little-endian ELF file\n")


def test_refuses_what_is_no_elf_file(tmp_path):
    text, pipe = tmp_path / "text", tmp_path / "pipe"
    text.write_text("#!/bin/sh\nexec bitcoind\n")
    os.mkfifo(pipe)
    assert run(text) == (2, f"{text}: not an ELF file\n")
    assert run(pipe) == (2, f"{pipe}: not a regular file\n")
    assert run(tmp_path) == (2, f"{tmp_path}: Is a directory\n")
    assert run(tmp_path / "missing") == (2, f"{tmp_path}/missing: No such file or directory\n")


def test_exits_with_status_2_on_wrong_usage(tmp_path):
    assert run()[0] == 2
    assert run("--libbpf", "new", "/bin/true")[0] == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: "", "0 tracepoints, expected 25 or more"),
        (lambda text: text.replace("net, inbound_message, ", "net, inbound_message,", 1), "a row of another form"),
        (lambda text: text.replace("u64, payload)", "u64, u128)", 1), "a row of another form"),
        (lambda text: text.replace("(ORPHAN_ADD, ", "(ORPHAN_REMOVED, ", 1), "ORPHAN_REMOVED is not the enumerator of orphan:add"),
        (lambda text: re.sub(r"TRACEPOINT\(ORPHAN_ADD, .*\n", "", text), "24 tracepoints, expected 25 or more"),
    ],
)
def test_refuses_malformed_table(tmp_path, change, message):
    table = tmp_path / "table.def"
    text = script.TABLE.read_text()
    table.write_text(change(text))
    assert table.read_text() != text
    status, output = run("--table", table, "/bin/true")
    assert status == 2
    assert message in output


def test_accepts_sim_node():
    sim_node = Path(os.environ["PEER_OBSERVER_BUILD"]) / "bin" / "sim_node"
    assert run("--patched", "--wallet", sim_node) == (0, f"{len(TABLE)} tracepoints: {len(TABLE)} fine")


def test_accepts_real_bitcoind():
    status, output = run(require_bitcoind())
    assert status == 0, output
    assert "different" not in output
