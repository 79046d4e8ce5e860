"""Every #include of production code against the layers that docs/architecture.md describes."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]', re.MULTILINE)

# An outside library, by the beginning of its headers' names, and the only places that may see it.
OUTSIDE = {
    "nng/": ["libs/bus/"],
    "bpf/libbpf": ["services/extractor/tracer.cpp", "services/extractor/kernel_types.cpp"],
    "bpf/btf": ["services/extractor/kernel_types.cpp"],
    "bpf/bpf": ["bpf/", "services/extractor/tracer.cpp"],
    "bpf/usdt": ["bpf/"],
    "gelf.h": ["services/extractor/elf_notes.cpp"],
    "libelf.h": ["services/extractor/elf_notes.cpp"],
    "prometheus/": ["libs/telemetry/", "services/metrics/", "services/rpc-extractor/"],
    "systemd/": ["libs/app/"],
    "spdlog/": ["libs/app/", "libs/asmap/", "services/"],
    "boost/program_options": ["libs/app/", "libs/asmap/", "libs/p2p/", "libs/print/", "services/"],
    "boost/asio": ["libs/base/", "services/p2p-extractor/", "services/web/"],
    "boost/beast": ["services/web/"],
    "crypt.h": ["services/web/"],
    "openssl/": ["libs/p2p/", "libs/wire/", "services/web/"],
    "nlohmann/": ["libs/print/", "libs/web/", "services/rpc-extractor/"],
    "zstd": ["libs/archive/"],
    "curl/": ["services/addr-connectivity/", "services/clickhouse/", "services/detector/", "services/rpc-extractor/"],
    "ares.h": ["services/addr-connectivity/"],
    "pcap": ["services/archive-reader/pcap/"],
    "tins/": ["services/archive-reader/pcap/"],
    "secp256k1": ["libs/p2p/elligator_swift.cpp"],
    "sqlite3.h": ["services/addr-connectivity/", "services/archive-reader/"],
}


def library_order():
    text = (ROOT / "libs/CMakeLists.txt").read_text()
    return re.search(r"IN ITEMS ([^)]*)\)", text).group(1).split()


LIBRARIES = library_order()


def may_include(file, header):
    """Whether `file` (relative path) may include the project's own `header` (relative path)."""
    source, target = file.split("/"), header.split("/")
    if source[:2] == target[:2] or target[0] == "proto":
        return True
    if source[0] == "libs":
        return target[0] == "libs" and LIBRARIES.index(target[1]) < LIBRARIES.index(source[1])
    if source[0] == "services":
        if source[2] == "testing" and target[:2] == ["tests", "sim_node"]:
            return True  # a service's tests may play what sim_node plays
        return target[0] == "libs" or (source[1] == "extractor" and target[0] == "bpf")
    return False


def violations(file, text):
    for header in INCLUDE.findall(text):
        first = header.split("/")[0]
        if "/" in header and (ROOT / first).is_dir() and not header.startswith(("bpf/bpf_", "bpf/libbpf", "bpf/btf", "bpf/usdt")):
            if not may_include(file, header):
                yield f"{file} includes {header}"
        for library, places in OUTSIDE.items():
            if header.startswith(library) and not file.startswith(tuple(places)):
                yield f"{file} includes {header}, which only {', '.join(places)} may see"


def production_files():
    for folder in ("bpf", "libs", "services"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".h", ".c", ".cpp") and "testing" not in path.parts and not re.search(r"_(test|fuzz|testing)\.(cpp|h)$", path.name):
                yield path.relative_to(ROOT).as_posix()


def test_keeps_production_code_to_the_layers():
    files = list(production_files())
    assert len(files) > 50
    assert [v for file in files for v in violations(file, (ROOT / file).read_text())] == []


@pytest.mark.parametrize(
    ("file", "include"),
    [
        ("libs/base/hex.h", "libs/bus/publisher.h"),
        ("libs/events/batch.h", "libs/bus/frame.h"),
        ("libs/archive/content.h", "libs/bus/frame.h"),
        ("libs/bus/frame.cpp", "libs/app/app.h"),
        ("services/logger/main.cpp", "services/extractor/target.h"),
        ("services/logger/main.cpp", "bpf/events.h"),
        ("services/logger/main.cpp", "nng/nng.h"),
        ("services/extractor/target.cpp", "bpf/libbpf.h"),
        ("libs/wire/decode.cpp", "spdlog/spdlog.h"),
        ("services/detector/engine.cpp", "tests/sim_node/script.h"),
        ("services/detector/testing/lab.h", "tests/pipeline/sim_node.h"),
    ],
)
def test_finds_violation(file, include):
    assert len(list(violations(file, f'#include "{include}"\n'))) == 1


@pytest.mark.parametrize(
    ("file", "include"),
    [
        ("services/extractor/converters.h", "bpf/events.h"),
        ("services/logger/main.cpp", "libs/app/app.h"),
        ("libs/bus/frame.cpp", "proto/event.pb.h"),
        ("bpf/emit.bpf.h", "bpf/usdt.bpf.h"),
        ("services/detector/testing/lab.h", "tests/sim_node/script.h"),
    ],
)
def test_accepts_what_is_allowed(file, include):
    assert list(violations(file, f"#include <{include}>\n")) == []
