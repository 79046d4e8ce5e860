"""scripts/check-tracepoints: operands one by one, and files that were damaged on purpose."""

import platform
import random
import struct
import subprocess
import sys

import pytest

from probed import SCRIPT, build, load_script, of_table, source

script = load_script()
TABLE = script.read_table(script.TABLE)
OLDEST, NEWEST = (1, 0), (1, 7)


def problems(machine, arguments, expected, libbpf=NEWEST):
    return script.check_note(arguments, 1, [int(size) for size in expected.split()], machine, libbpf)


@pytest.mark.parametrize(
    ("machine", "arguments", "expected"),
    [
        (script.X86_64, "-8@%rax 8@-16(%rbp) 4@%r15d 1@%sil -4@%ebx -2@%dx -1@%r9b", "-8 8 4 1 -4 -2 -1"),
        (script.X86_64, "8@$0 -4@$-1 8@%r8 -4@0(%rsp)", "8 -4 8 -4"),
        (script.AARCH64, "8@x0 -8@[sp, 16] 4@[x29,-8] 8@[x1] -4@5 8@x30 -4@-1", "8 -8 4 8 -4 8 -4"),
    ],
)
def test_accepts_operands_that_every_libbpf_parses(machine, arguments, expected):
    assert problems(machine, arguments, expected, OLDEST) == []


@pytest.mark.parametrize(
    ("operand", "needs"),
    [("(%rax)", (1, 1)), ("(%rax,%rbx)", (1, 7)), ("-8(%rax,%rbx)", (1, 7)), ("16(%rax,%rbx,4)", (1, 7))],
)
def test_requires_newer_libbpf_for_operands(operand, needs):
    assert problems(script.X86_64, f"8@{operand}", "8", needs) == []
    older = problems(script.X86_64, f"8@{operand}", "8", (1, needs[1] - 1))
    assert older == [f"not parsable: argument 1 is 8@{operand}, needs libbpf 1.{needs[1]}"]


@pytest.mark.parametrize(
    ("machine", "argument"),
    [
        (script.X86_64, "8@global(%rip)"),
        (script.X86_64, "8@16(%rip)"),
        (script.X86_64, "8@(,%rax,8)"),
        (script.X86_64, "8@(%rax,%rbx,3)"),
        (script.X86_64, "8@$global"),
        (script.X86_64, "1@%ah"),
        (script.X86_64, "8f@%xmm0"),
        (script.X86_64, "3@%rax"),
        (script.X86_64, "8@"),
        (script.X86_64, "%rax"),
        (script.X86_64, "8@x0"),
        (script.AARCH64, "8@[x0, #:lo12:.LANCHOR0]"),
        (script.AARCH64, "8@[x0, x1]"),
        (script.AARCH64, "4@w0"),
        (script.AARCH64, "8@xzr"),
        (script.AARCH64, "8@x31"),
    ],
)
def test_reports_operands_that_no_libbpf_parses(machine, argument):
    assert problems(machine, argument, "8") == [f"not parsable: argument 1 is {argument}"]


@pytest.mark.parametrize(
    ("argument", "expected"),
    [("-4@$1", "1"), ("-4@$0", "8"), ("-8@$-1", "-4"), ("1@$1", "-4"), ("4@$7", "-8"), ("-1@%al", "1")],
)
def test_accepts_harmless_difference(argument, expected):
    assert problems(script.X86_64, argument, expected) == []


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("-4@$-1", "8"),  # 18446744073709551615 in place of -1
        ("8@$256", "1"),
        ("-4@%eax", "1"),
        ("4@%eax", "-4"),
        ("4@%eax", "8"),
        ("8@%rax", "4"),
        ("-8@%rax", "8"),
        ("1@%al", "-1"),
    ],
)
def test_reports_harmful_difference(argument, expected):
    assert problems(script.X86_64, argument, expected) == [f"different: argument 1 is {argument}, not {expected}@..."]


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    if platform.machine() != "x86_64":
        pytest.skip("the operands here are those of x86-64")
    return build(tmp_path_factory.mktemp("good"), source(of_table(TABLE)), options=["-s"]).read_bytes()


def notes_of(path):
    """All notes, or the reason why there are none. Anything else that happens fails the test."""
    with path.open("rb", buffering=0) as file:
        try:
            return list(script.parse_notes(script.Elf(file).notes()))
        except script.Unusable as error:
            return str(error)


def section_table(content):
    """[(position of the header, offset, size, type)] of every section."""
    offset, = struct.unpack_from("<Q", content, 40)
    count, = struct.unpack_from("<H", content, 60)
    sections = []
    for header in range(offset, offset + 64 * count, 64):
        kind, = struct.unpack_from("<I", content, header + 4)
        sections.append((header, *struct.unpack_from("<QQ", content, header + 24), kind))
    return sections


def note_section(content):
    """The position of the header, the offset and the size of section .note.stapsdt."""
    (header, offset, size, _), = [section for section in section_table(content) if section[3] == script.SHT_NOTE
                                  and b"stapsdt" in content[section[1] : section[1] + section[2]]]
    return header, offset, size


def test_refuses_file_truncated_anywhere(good, tmp_path):
    path = tmp_path / "cut"
    ends = set(range(64)) | {len(good) - 1}
    for header, offset, size, _ in section_table(good):
        ends |= {header, header + 32, header + 63, offset, offset + size // 2, offset + size}
    for end in sorted(end for end in ends if end < len(good)):
        path.write_bytes(good[:end])
        assert isinstance(notes_of(path), str), f"cut at {end} of {len(good)}"


def test_fails_cleanly_on_damaged_file(good, tmp_path):
    path = tmp_path / "damaged"
    _, offset, size = note_section(good)
    parts = [range(64), range(section_table(good)[0][0], len(good)), range(offset, offset + size)]
    dice = random.Random(1)
    refused = 0
    for _ in range(3000):
        content = bytearray(good)
        for _ in range(dice.randint(1, 4)):
            content[dice.choice(dice.choice(parts))] = dice.choice((0, 1, 0x7F, 0xFF, dice.randrange(256)))
        path.write_bytes(content)
        notes = notes_of(path)
        refused += isinstance(notes, str)
        if not isinstance(notes, str):
            for _, _, arguments, semaphore in notes:
                script.check_note(arguments, semaphore, [8], script.X86_64, NEWEST)
    assert 0 < refused < 3000


def with_notes(good, notes):
    """The file with another content of section .note.stapsdt, put at its end."""
    content = bytearray(good)
    header, _, _ = note_section(good)
    struct.pack_into("<QQ", content, header + 24, len(content), len(notes))
    return bytes(content + notes)


def note(description, owner=b"stapsdt\0", kind=3):
    pad = bytes(-len(description) % 4)
    return struct.pack("<III", len(owner), len(description), kind) + owner + description + pad


def run(path):
    command = [sys.executable, "-B", SCRIPT, path]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(
    ("notes", "message"),
    [
        (note(bytes(24) + b"net\0inbound_message\0"), "a note without its three strings"),
        (note(bytes(10)), "a note without its three strings"),
        (note(bytes(24) + b"a\0b\0c\0")[:-8], "a note ends behind its end"),
        (struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, 3), "a note ends behind its end"),
        (b"12345", "half a note"),
    ],
)
def test_names_damaged_notes(good, tmp_path, notes, message):
    path = tmp_path / "damaged"
    path.write_bytes(with_notes(good, notes))
    result = run(path)
    assert (result.returncode, result.stdout) == (2, "")
    assert message in result.stderr


def test_skips_foreign_notes(good, tmp_path):
    path = tmp_path / "others"
    other = note(bytes(24) + b"net\0inbound_message\0\0", owner=b"other\0\0\0") + note(b"", kind=9)
    path.write_bytes(with_notes(good, other))
    assert notes_of(path) == []


def test_escapes_names_of_file(good, tmp_path):
    path = tmp_path / "escape"
    names = b"\x1b]0;title\x07\0\x9b2J\r\n\0"
    path.write_bytes(with_notes(good, note(bytes(24) + names + b"\x1b[31m\0")))
    result = run(path)
    assert result.returncode == 1
    assert "not in the table" in result.stdout
    assert all(character.isprintable() or character == "\n" for character in result.stdout)


def test_reads_file_full_of_notes_quickly(good, tmp_path):
    path = tmp_path / "many"
    begin = struct.pack("<QQQ", 1, 1, 1) + b"net\0inbound_message\0"
    for arguments in (b" " * 900_000, b"8@" * 450_000, b"8@%rax " * 120_000, b"9" * 900_000):
        path.write_bytes(with_notes(good, note(begin + arguments + b"\0")))
        result = run(path)
        assert result.returncode == 1
        assert len(result.stdout) < 10_000
    path.write_bytes(with_notes(good, bytes(script.MAX_SECTION_SIZE + 1)))
    assert "the section .note.stapsdt has 1048577 bytes" in run(path).stderr
