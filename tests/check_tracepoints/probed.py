"""ELF files with tracepoints, compiled on the spot with sys/sdt.h, and the script under test as a module."""

import importlib.machinery
import importlib.util
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "check-tracepoints"

TYPES = {
    **{1: "bool", 2: "uint16_t", 4: "uint32_t", 8: "uint64_t"},
    **{-1: "int8_t", -2: "int16_t", -4: "int32_t", -8: "int64_t"},
}


def load_script():
    loader = importlib.machinery.SourceFileLoader("check_tracepoints", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_tracepoints", loader))
    loader.exec_module(module)
    return module


def of_table(table):
    """{(provider, name): [C++ expression]} for every row, with arguments of the row's sizes."""
    return {key: [f"value<{TYPES[size]}>()" for size in sizes] for key, (_, sizes) in table.items()}


def source(probes, semaphores=True, constraint=None):
    """C++ with one function a probe. Expressions may use the function's parameters `array` and `index`."""
    lines = ["#define SDT_USE_VARIADIC 1"]
    if semaphores:
        lines.append("#define _SDT_HAS_SEMAPHORES 1")
    if constraint:
        lines.append(f"#define STAP_SDT_ARG_CONSTRAINT {constraint}")
    lines += ["#include <sys/sdt.h>", "#include <stdint.h>", "static int64_t global = 1;"]
    lines.append("template <typename T> [[gnu::noinline]] T value() { static volatile T stored; return stored; }")
    for (provider, name), arguments in probes.items():
        probe = f"{provider}_{name}"
        if semaphores:
            lines.append(f'unsigned short {probe}_semaphore __attribute__((section(".probes")));')
        lines.append(f"void {probe}([[maybe_unused]] int64_t* array, [[maybe_unused]] int64_t index)")
        lines.append(f"{{ ++global; STAP_PROBEV({', '.join([provider, name, *arguments])}); }}")
    return "\n".join(lines) + "\n"


def build(folder, *sources, options=()):
    """The path of a shared object made of the sources."""
    files = []
    for number, text in enumerate(sources):
        files.append(folder / f"{number}.cpp")
        files[-1].write_text(text)
    elf = folder / "probed"
    subprocess.run(["g++", "-std=c++17", "-O2", "-fPIC", "-shared", *options, "-o", elf, *files], check=True)
    return elf
