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


def test_packages_every_program_by_its_name(contents):
    assert set(contents) == PROGRAMS | SHARED
    for name, folder in contents.items():
        assert {path.name for path in folder.glob("usr/bin/*")} == {name} - SHARED


def test_ships_unit_and_example_of_every_service(contents):
    for service in SERVICES:
        folder = contents[f"peer-observer-{service}"]
        unit = folder / "usr/lib/systemd/system" / UNITS[service].name
        assert re.search(rf"^ExecStart=/usr/bin/peer-observer-{service} ", unit.read_text(), re.MULTILINE)
        example = configuration(service)
        assert (folder / "etc/peer-observer" / example.name).read_text() == example.read_text()
        assert (folder / "DEBIAN/conffiles").read_text() == f"/etc/peer-observer/{example.name}\n"
        assert f"/etc/peer-observer/{example.name.replace('-alpha', '-%i')}" in settings(service)["ExecStart"][0]


def test_names_existing_options_in_examples():
    for service in SERVICES:
        lines = re.findall(r"^#?([a-z-]+) = ", configuration(service).read_text(), re.MULTILINE)
        assert lines and {f"--{name}" for name in lines} <= options(service), service


def test_declares_dependencies_of_programs(packages):
    for name in set(packages) - SHARED:
        depends = field(packages[name], "Depends")
        assert f"peer-observer-common (= {field(packages[name], 'Version')})" in depends
        assert "libc6" in depends or "python3" in depends, name


def test_documents_programs_in_manual_pages(contents):
    if not shutil.which("help2man"):
        pytest.skip("no help2man")
    for name in set(contents) - SHARED:
        page = contents[name] / f"usr/share/man/man1/{name}.1.gz"
        assert "\\-\\-config" in subprocess.run(["zcat", page], check=True, capture_output=True, text=True).stdout or name == "peer-observer-archive", name


def test_packages_rules_and_dashboards(contents):
    share = contents["peer-observer-monitoring"] / "usr/share/peer-observer"
    assert {path.name for path in share.glob("rules/*")} == {"alerts.yml", "recording.yml"}
    assert {path.name for path in share.glob("dashboards/*")} == {path.name for path in (ROOT / "services/metrics/dashboards").iterdir()}
    sql = contents["peer-observer-clickhouse"] / "usr/share/peer-observer/clickhouse-dashboards"
    assert (sql / "questions.json").read_text() == (ROOT / "services/clickhouse/dashboard.json").read_text()


def test_packages_programs_that_documentation_names(contents):
    named = set(re.findall(r"`(/usr/share/peer-observer/[\w-]+)`", (ROOT / "docs/deployment.md").read_text()))
    assert {"/usr/share/peer-observer/certificates", "/usr/share/peer-observer/collect-archives"} <= named
    for path in named:
        assert any((folder / path.lstrip("/")).exists() for folder in contents.values()), path


def test_installs_page_that_runbook_links_lead_to(contents):
    rules = (contents["peer-observer-monitoring"] / "usr/share/peer-observer/rules/alerts.yml").read_text()
    pages = set(re.findall(r"file://(/[^{]*)\{\{ end \}\}(/[^#]*)#", rules))
    assert pages
    for folder, page in pages:
        assert (contents["peer-observer-common"] / f"{folder}{page}".lstrip("/")).is_file()


def test_names_no_program_outside_of_packages_in_units(contents):
    for service in SERVICES:
        unit = (contents[f"peer-observer-{service}"] / "usr/lib/systemd/system" / UNITS[service].name).read_text()
        assert "/usr/local" not in unit
        for program in re.findall(r"/usr/\S+/peer-observer/\S+", unit):
            assert os.access(contents["peer-observer-common"] / program.lstrip("/"), os.X_OK), program


def test_installs_below_prefix_without_packages(tmp_path):
    """As docs/deployment.md says for other distributions."""
    command = ["cmake", "--install", os.environ["PEER_OBSERVER_BUILD"], "--prefix", "/usr/local"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "DESTDIR": str(tmp_path)})
    assert [path.name for path in tmp_path.iterdir()] == ["usr"] and [path.name for path in (tmp_path / "usr").iterdir()] == ["local"]
    prefix = tmp_path / "usr/local"
    assert {path.name for path in (prefix / "bin").iterdir()} == PROGRAMS
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    for program in PROGRAMS:
        assert subprocess.run([prefix / "bin" / program, "--version"], check=True, capture_output=True, text=True, env=environment).stdout
    for service in SERVICES:
        unit = (prefix / "lib/systemd/system" / UNITS[service].name).read_text()
        assert f"ExecStart=/usr/local/bin/peer-observer-{service} " in unit
        for program in re.findall(r"/usr/local/lib/peer-observer/\S+", unit):
            assert os.access(tmp_path / program.lstrip("/"), os.X_OK), program
    assert (prefix / "lib/sysusers.d/peer-observer.conf").is_file()


def test_passes_lintian(packages):
    if not shutil.which("lintian"):
        pytest.skip("no lintian")
    done = subprocess.run(["lintian", "--fail-on", "error", "--tag-display-limit", "0", *packages.values()], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
