"""What is in the Debian packages."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from built_services import SERVICES, UNITS, options, settings

ROOT = Path(__file__).resolve().parents[2]
SHARED = {"peer-observer-common", "peer-observer-monitoring", "peer-observer-python"}
PROGRAMS = {path.name for path in (Path(os.environ["PEER_OBSERVER_BUILD"]) / "bin").glob("peer-observer-*")}


def configuration(service):
    [path] = (ROOT / "services" / service).glob("*.conf")
    return path


def field(package, name):
    return subprocess.run(["dpkg-deb", "--field", package, name], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="module")
def contents(packages, tmp_path_factory):
    """{name: the folder that it was unpacked to}; what dpkg itself reads is in DEBIAN."""
    unpacked = {}
    for name, package in packages.items():
        unpacked[name] = tmp_path_factory.mktemp(name)
        subprocess.run(["dpkg-deb", "--raw-extract", package, unpacked[name]], check=True)
    return unpacked


def test_every_program_is_in_the_package_of_its_name(contents):
    assert set(contents) == PROGRAMS | SHARED
    for name, folder in contents.items():
        assert {path.name for path in folder.glob("usr/bin/*")} == {name} - SHARED


def test_every_service_comes_with_its_unit_and_an_example(contents):
    for service in SERVICES:
        folder = contents[f"peer-observer-{service}"]
        unit = folder / "usr/lib/systemd/system" / UNITS[service].name
        assert re.search(rf"^ExecStart=/usr/bin/peer-observer-{service} ", unit.read_text(), re.MULTILINE)
        example = configuration(service)
        assert (folder / "etc/peer-observer" / example.name).read_text() == example.read_text()
        assert (folder / "DEBIAN/conffiles").read_text() == f"/etc/peer-observer/{example.name}\n"
        assert f"/etc/peer-observer/{example.name.replace('-alpha', '-%i')}" in settings(service)["ExecStart"][0]


def test_examples_name_options_that_there_are():
    for service in SERVICES:
        lines = re.findall(r"^#?([a-z-]+) = ", configuration(service).read_text(), re.MULTILINE)
        assert lines and {f"--{name}" for name in lines} <= options(service), service


def test_programs_depend_on_their_libraries_and_on_the_same_version(packages):
    for name in set(packages) - SHARED:
        depends = field(packages[name], "Depends")
        assert f"peer-observer-common (= {field(packages[name], 'Version')})" in depends
        assert "libc6" in depends or "python3" in depends, name


def test_pages_of_the_manual_are_of_the_programs(contents):
    if not shutil.which("help2man"):
        pytest.skip("no help2man")
    for name in set(contents) - SHARED:
        page = contents[name] / f"usr/share/man/man1/{name}.1.gz"
        assert "\\-\\-config" in subprocess.run(["zcat", page], check=True, capture_output=True, text=True).stdout or name == "peer-observer-archive", name


def test_rules_and_dashboards_are_a_package(contents):
    share = contents["peer-observer-monitoring"] / "usr/share/peer-observer"
    assert {path.name for path in share.glob("rules/*")} == {"alerts.yml", "recording.yml"}
    assert {path.name for path in share.glob("dashboards/*")} == {path.name for path in (ROOT / "services/metrics/dashboards").iterdir()}


def test_lintian_finds_no_errors(packages):
    if not shutil.which("lintian"):
        pytest.skip("no lintian")
    done = subprocess.run(["lintian", "--fail-on", "error", "--tag-display-limit", "0", *packages.values()], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
