"""The systemd units for Debian against what the NixOS modules share."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from built_services import SERVICES, UNITS, help_text, settings

ROOT = Path(__file__).resolve().parents[2]
BY_NAME = pytest.mark.parametrize("service", SERVICES)


def hardening(service):
    """The shared list with the service's deviations, in systemd's words."""
    wanted = json.loads((ROOT / "nixos-modules/lib/hardening.json").read_text())
    deviations = ROOT / "services" / service / "hardening.json"
    if deviations.exists():
        for name, deviation in json.loads(deviations.read_text()).items():
            assert deviation["why"], name
            wanted[name] = deviation["value"]

    def word(value):
        return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
    return {name: [word(value) for value in (values if isinstance(values, list) else [values])] for name, values in wanted.items()}


@BY_NAME
def test_matches_hardening_of_unit_and_module(service):
    found = settings(service)
    wanted = hardening(service)
    assert {name: found.get(name) for name in wanted} == wanted


@BY_NAME
def test_matches_watchdog_of_unit_and_module(service):
    found = settings(service)
    module = (ROOT / "nixos-modules/lib/service.nix").read_text()
    for name in ("Type", "WatchdogSec", "Restart", "RestartSec", "RestartPreventExitStatus", "Group"):
        assert re.search(rf'\b{name} = "?{found[name][0]}"?;', module), name


@BY_NAME
def test_matches_priority_of_unit_and_module(service):
    module = (ROOT / f"nixos-modules/{service}.nix").read_text()
    assert settings(service).get("Nice", []) == re.findall(r"serviceConfig\.Nice = (-?\d+);", module)


def test_has_unit_for_every_module():
    assert {path.stem for path in (ROOT / "nixos-modules").glob("*.nix")} - {"default", "honeynode"} == set(SERVICES)


def test_gives_each_tool_its_own_port():
    ports = [int(port) for path in sorted((ROOT / "nixos-modules").glob("*.nix")) if path.stem != "metrics"
             for port in re.findall(r'^  metricsAddress = "127\.0\.0\.1:(\d+)";', path.read_text(), re.MULTILINE)]
    first, last = re.search(r"^\| (\d+) to (\d+) \| health of the tools", (ROOT / "docs/deployment.md").read_text(), re.MULTILINE).groups()
    assert len(set(ports)) == len(ports) > 0
    assert all(int(first) <= port <= int(last) for port in ports)


def test_gives_each_publisher_its_own_port():
    by_default = [port for service in SERVICES for port in re.findall(r"--listen URL \(=tcp://127\.0\.0\.1:(\d+)\)", help_text(service))]
    in_examples = [port for path in (ROOT / "nixos-modules").glob("*.nix") for port in re.findall(r"^ *port = (\d+);", path.read_text(), re.MULTILINE)]
    for ports in by_default, in_examples:
        assert len(set(ports)) == len(ports) >= 4, ports


def test_gives_each_service_of_a_host_its_own_ports():
    in_examples = [port for path in (ROOT / "services").glob("*/*.conf") for port in re.findall(r"^[a-z]+-address = 127\.0\.0\.1:(\d+)$", path.read_text(), re.MULTILINE)]
    texts = [path.read_text() for path in (ROOT / "nixos-modules").rglob("*.nix")]
    in_modules = [port for text in texts for port in re.findall(r'(?:metricsAddress|Address|default) = "127\.0\.0\.1:(\d+)";|^ *first(?:Metrics)?Port = (\d+);', text, re.MULTILINE)]
    for ports in in_examples, ["".join(groups) for groups in in_modules]:
        assert len(set(ports)) == len(ports) > 8, sorted(ports)


def test_documents_exposure_of_units():
    if "systemd 252 " not in (version := run("systemd-analyze", "--version")):
        pytest.skip(f"ratings change from version to version: {version.splitlines()[:1]}")
    ratings = {service: re.search(r"exposure level for \S+: ([0-9.]+)", run("systemd-analyze", "security", "--offline=true", unit)).group(1)
               for service, unit in UNITS.items()}
    extractor, others = re.search(r"rates the extractor ([0-9.]+) and every other unit ([0-9.]+)",
                                  (ROOT / "docs/deployment.md").read_text()).groups()
    assert ratings == dict.fromkeys(SERVICES, others) | {"extractor": extractor}
    assert float(others) <= 1.5 and float(extractor) <= 3.0  # as vm-tests/central.nix asks of the units on NixOS


def run(*command):
    if not shutil.which(command[0]):
        pytest.skip(f"no {command[0]}")
    return subprocess.run(command, capture_output=True, text=True).stdout
