"""The Nix side, as far as it can be checked here.

`nix-instantiate` (Debian's nix-bin) parses. NIX_HARNESS names a program that evaluates without network: it has the verbs `check FLAKE` and
`eval OPTION... FLAKE#ATTRIBUTE`, takes nixpkgs from the git repository NIXPKGS, and exits with 77 where it cannot. Without it, those tests are
skipped. With PEER_OBSERVER_LONG_TESTS=1, its verbs `build`, `lint-test` and `test` build every package and run every VM test, which takes an hour.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import built_services

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = 77
SYSTEM = "packages.x86_64-linux"
CHECK = f"{ROOT}#checks.x86_64-linux.vm-{{}}"
PACKAGES = [f"peer-observer-{path.parent.name}" for path in sorted(ROOT.glob("services/*/package.nix"))] + [
    "dashboards", "libraries", "python-types", "quickstart", "rules", "sim-node"]
VM_TESTS = sorted(path.stem for path in (ROOT / "vm-tests").glob("*.nix") if path.stem != "default")
long = pytest.mark.skipif(not os.environ.get("PEER_OBSERVER_LONG_TESTS"), reason="PEER_OBSERVER_LONG_TESTS is not set")


def evaluate(*words, timeout=600):
    harness = os.environ.get("NIX_HARNESS")
    if not harness or not os.environ.get("NIXPKGS"):
        pytest.skip("NIX_HARNESS and NIXPKGS are not set")
    result = subprocess.run([harness, *map(str, words)], capture_output=True, text=True, timeout=timeout)
    if result.returncode == SKIPPED:
        pytest.skip(result.stdout.strip())
    return result


def tracked(*patterns):
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--", *patterns]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [name for name in listing.split("\0") if name and (ROOT / name).is_file()]


def test_allows_rpc_methods_in_nix_modules():
    assert json.loads((ROOT / "nixos-modules/lib/rpc-methods.json").read_text()) == built_services.rpc_methods()


@pytest.fixture
def copy(tmp_path):
    """The repository's files, to be changed."""
    for name in tracked():
        (tmp_path / "copy" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, tmp_path / "copy" / name)
    return tmp_path / "copy"


def changed_by(folder, *names):
    """The packages that Nix would build again, were something added to these files."""

    def derivations():
        result = evaluate("eval", "--json", f"path:{folder}#{SYSTEM}", "--apply", "builtins.mapAttrs (name: package: package.drvPath)")
        assert result.returncode == 0, result.stderr[-3000:]
        return json.loads(result.stdout)

    before = derivations()
    assert set(PACKAGES) < set(before)
    for name in names:
        with (folder / name).open("a") as file:
            file.write("// changed\n")
    after = derivations()
    return {name for name in before if before[name] != after[name]}


def test_parses_every_file():
    parser = shutil.which("nix-instantiate")
    if not parser:
        pytest.skip("no nix-instantiate (Debian: nix-bin)")
    files = tracked("*.nix")
    assert len(files) > 30
    result = subprocess.run([parser, "--parse", *files], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-3000:]


def test_packages_every_folder_of_services():
    for folder in (ROOT / "services").iterdir():
        if (folder / "CMakeLists.txt").exists():
            assert (folder / "package.nix").exists(), folder


def test_evaluates_outputs_and_explains_wrong_configurations():
    result = evaluate("check", ROOT, timeout=3600)
    assert result.returncode == 0, result.stderr[-3000:]
    assert "checks.x86_64-linux.configurations" in result.stdout + result.stderr


def test_rebuilds_changed_service_and_its_users_only(copy):
    assert changed_by(copy, "services/logger/logger.cpp") == {
        "peer-observer-logger", "peer-observer-getblocktxn-recorder", "quickstart", "default"}


def test_rebuilds_no_service_for_tests_and_documents(copy):
    assert changed_by(copy, "libs/bus/frame_test.cpp", "services/logger/README.md", "docs/architecture.md") == {"libraries"}


# A package's files, by nixpkgs' own filesets.
FILES = """packages: with builtins; let
  below = src: folder: concatLists (attrValues (mapAttrs (name: type: let path = folder + "/${name}"; in
    if !(src.filter (toString path) type) then [] else if type == "directory" then below src path else [(toString path)]) (readDir folder)));
  names = package: let root = toString package.src.origSrc; in map (path: substring (stringLength root + 1) (-1) path) (below package.src package.src.origSrc);
in mapAttrs (name: names) (intersectAttrs (listToAttrs (map (name: {inherit name; value = null;}) (fromJSON NAMES))) packages)"""


def test_reads_files_of_packages_as_nix_does():
    import project.package_files_test as without_nix  # which uses what is above

    names = json.dumps(json.dumps(list(without_nix.PACKAGES)))
    result = evaluate("eval", "--json", f"{ROOT}#{SYSTEM}", "--apply", FILES.replace("NAMES", names))
    assert result.returncode == 0, result.stderr[-3000:]
    assert {name: set(files) for name, files in json.loads(result.stdout).items()} == {
        name: without_nix.files_of(package) for name, package in without_nix.PACKAGES.items()}


@long
def test_finds_missing_dependency(copy):
    package = copy / "services/addr-connectivity/package.nix"
    # Not one that others propagate: prometheus-cpp brings curl, which brings zstd.
    text, removed = re.subn(r" sqlite\b(?!,)", "", package.read_text())
    assert removed == 1
    package.write_text(text)
    result = evaluate("build", f"path:{copy}#peer-observer-addr-connectivity", timeout=3600)
    assert result.returncode != 0 and "sqlite3" in result.stderr, result.stderr[-3000:]


@long
@pytest.mark.parametrize("package", PACKAGES)
def test_builds_and_tests_package(package):
    result = evaluate("build", f"{ROOT}#{package}", timeout=3600)
    assert result.returncode == 0, result.stderr[-5000:]


@long
@pytest.mark.parametrize("name", VM_TESTS)
def test_passes_vm_test(name):
    for verb in ("lint-test", "test"):
        result = evaluate(verb, CHECK.format(name), timeout=3600)
        assert result.returncode == 0, (result.stdout + result.stderr)[-5000:]


def test_tests_every_module_in_a_vm():
    modules = {path.stem for path in (ROOT / "nixos-modules").glob("*.nix")} - {"default", "honeynode"}
    assert modules | {"archive", "central", "fleet", "isolation", "node-unharmed", "pipeline", "restart", "template", "tor", "unmanaged"} <= set(VM_TESTS)
