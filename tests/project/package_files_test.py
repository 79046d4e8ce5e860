"""Whether each package of Nix has the files and libraries that its sources ask for.

A package is built from some folders only (nix/sources.nix). What is missing there fails the build of a user of Nix, and nothing else: the whole
tree has everything. This reads the lists with regular expressions, so that it needs no Nix; nix_test.py compares the files with Nix's own."""

import posixpath
import re

import pytest

from project.layers_test import INCLUDE
from project.nix_test import ROOT, tracked

# By which names CMake looks for a library: nixpkgs' name.
LIBRARIES = {
    "Boost": "boost", "OpenSSL": "openssl", "libcares": "c-ares", "libcrypt": "libxcrypt", "libcrypto": "openssl", "libcurl": "curl", "libelf": "elfutils",
    "libsystemd": "systemdLibs", "libzstd": "zstd", "sqlite3": "sqlite"}
# What is for tests of the whole tree only, and what CMake asks there: `doCheck = false`, `if(TARGET archive)`.
OPTIONAL = {
    "sim-node": {"tests/sim_node/CMakeLists.txt needs libs/wire/CMakeLists.txt"},
    "peer-observer-detector": {
        "services/detector/testing/CMakeLists.txt needs libs/archive/CMakeLists.txt", "services/detector/testing/detect_archive.cpp needs libs/archive/reader.h"}}
# Of every package (nix/build.nix), or no library.
EVERYWHERE = {"GTest", "PkgConfig", "Protobuf", "Threads", "protobuf"}


def read(name):
    return (ROOT / name).read_text()


FILES = frozenset(tracked(":/")) if (ROOT / ".git").exists() else frozenset()
PACKAGES = {
    "libraries": read("nix/libraries.nix"),
    "sim-node": read("nix/sim-node.nix"),
    # mkService's own text stands for its call: `name` and the lists are those of the service.
    **{f"peer-observer-{path.parent.name}": path.read_text() for path in sorted(ROOT.glob("services/*/package.nix")) if "mkService {" in path.read_text()}}


def strings(text):
    return re.findall(r'"([^"]+)"', text)


def list_of(name, text):
    """The words of the lists that a Nix expression gives this name."""
    return " ".join(re.findall(rf"\b{name} = \[([^]]*)\]", text))


def has_extension(name, extensions):
    return name.rsplit(".", 1)[-1] in extensions


CODE = strings(re.search(r"isCode = [^;]*", read("nix/sources.nix")).group())
assert "CMakeLists.txt" in CODE and "cpp" in CODE


def is_code(name):
    return posixpath.basename(name) == "CMakeLists.txt" or has_extension(name, CODE)


def is_about_it(name):
    return has_extension(name, ["md", "conf", "service"]) or posixpath.basename(name) in ("package.nix", "hardening.json") or name.endswith("_test.py")


def below(folder):
    return {name for name in FILES if name.startswith(f"{folder}/")}


def common():
    return (
        {"CMakeLists.txt", "VERSION", "libs/CMakeLists.txt", "services/CMakeLists.txt"}
        | {name for name in below("cmake") if is_code(name)} - {"cmake/bpf.cmake"}
        | {name for name in below("proto") - below("proto/python") if name.endswith(".proto") or posixpath.basename(name) == "CMakeLists.txt"})


def files_of(package):
    """The files from which a package with this text is built."""
    own, shared, single = [], [], []
    if "mkService {" in package:
        own = [f"services/{strings(re.search(r'name = [^;]*', package).group())[0]}"]
        shared = strings(re.search(r"sources\.shared \(\[[^]]*", read("nix/mk-service.nix")).group()) + strings(list_of("folders", package))
        single = strings(list_of("files", package))
    else:
        own = re.findall(r'sources\.own "([^"]+)"', package)
        shared = strings(" ".join(re.findall(r"sources\.shared \[[^]]*", package)))
        single = strings(" ".join(re.findall(r"sources\.files \[[^]]*", package)))
    found = common() | {name for place in single for name in below(place) or {place}}
    for folder in own:
        found |= {name for name in below(folder) if not is_about_it(name)}
    for folder in shared:
        found |= {name for name in below(folder) if is_code(name) and not name.endswith(("_test.cpp", "_fuzz.cpp"))}
    return found


def folders_of_targets():
    """The CMake file that makes each target."""
    return {target: name for name in FILES if name.endswith("CMakeLists.txt")
            for target in re.findall(r"\b(?:peer_observer_library|add_library)\(([\w-]+)", read(name))}


def asked_for(name, targets):
    """The tracked files that a file needs."""
    text = read(name) if is_code(name) else ""
    if has_extension(name, ["c", "cpp", "def", "h"]):
        for header in INCLUDE.findall(text):
            header = re.sub(r"\.pb\.h$", ".proto", header)
            # From the file's own folder, or from the root.
            places = {posixpath.join(posixpath.dirname(name), header), header} & FILES
            yield from places
        yield from re.findall(r'PEER_OBSERVER_SOURCE\s*"/([^"]+)"', text)
    if name.endswith("CMakeLists.txt"):
        yield from (f"cmake/{module}.cmake" for module in re.findall(r"^include\((\w+)\)", text, re.MULTILINE) if f"cmake/{module}.cmake" in FILES)
        if "/" in name:
            for place in re.findall(r"\$\{(?:CMAKE|PROJECT)_SOURCE_DIR\}/([\w./-]+)", text):
                yield from below(place) or {place}
        for arguments in re.findall(r"\b(?:peer_observer_library|peer_observer_service|target_link_libraries)\(([^)]*)\)", text):
            yield from (targets[word] for word in arguments.split()[1:] if word in targets)


def libraries_of(name):
    """The libraries, by nixpkgs' names, without which CMake refuses this file."""
    text = read(name)
    names = re.findall(r"^ *find_package\(([\w-]+)[^)]*\bREQUIRED", text, re.MULTILINE) + re.findall(r"^ *peer_observer_need_pkgconfig\((\w+)\)", text, re.MULTILINE)
    return {LIBRARIES.get(name, name) for name in names} - EVERYWHERE


def missing(package):
    """What the sources of a package with this text ask for and do not get."""
    files, targets = files_of(package), folders_of_targets()
    assert {"CMakeLists.txt", "proto/event.proto"} < files <= FILES
    for name in sorted(files):
        yield from (f"{name} needs {other}" for other in asked_for(name, targets) if other not in files)
    given = " ".join(list_of(inputs, text) for inputs in ("buildInputs", "checkInputs") for text in (package, read("nix/mk-service.nix"))).split()
    for name in sorted(files):
        if name.endswith(("CMakeLists.txt", ".cmake")):
            yield from (f"{name} needs the library {library}" for library in libraries_of(name) - set(given))
        elif has_extension(name, ["c", "cpp", "h"]) and "<sys/sdt.h>" in read(name) and "libsystemtap" not in given:
            yield f"{name} needs the library libsystemtap"


@pytest.fixture(autouse=True)
def checkout():
    tracked("flake.nix")


@pytest.mark.parametrize("package", PACKAGES)
def test_gives_package_what_its_sources_ask_for(package):
    assert set(missing(PACKAGES[package])) == OPTIONAL.get(package, set())


@pytest.mark.parametrize(
    ("package", "text", "less", "says"),
    [
        ("sim-node", '"bpf/tracepoints.def"', "", "needs bpf/tracepoints.def"),
        ("peer-observer-detector", '"bpf/tracepoints.def"', "", "needs bpf/tracepoints.def"),
        ("peer-observer-detector", "libsystemtap];", "];", "needs the library libsystemtap"),
        ("peer-observer-archive-reader", '"libs/web"', "", "needs libs/web/CMakeLists.txt"),
        ("peer-observer-extractor", '"bpf"', "", "needs bpf/events.h"),
        ("peer-observer-extractor", '"cmake/bpf.cmake"', "", "needs cmake/bpf.cmake"),
        ("peer-observer-web", "libxcrypt nloh", "nloh", "needs the library libxcrypt"),
        ("peer-observer-archiver", '"libs/wire/testdata"', "", "needs libs/wire/testdata/addr.txt"),
        ("peer-observer-metrics", '"docs/metrics.md"', "", "needs docs/metrics.md"),
        ("libraries", "openssl prom", "prom", "needs the library openssl"),
    ],
)
def test_names_what_is_missing(package, text, less, says):
    assert PACKAGES[package].count(text) == 1
    assert any(line.endswith(says) for line in missing(PACKAGES[package].replace(text, less)))
