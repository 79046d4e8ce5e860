"""The systemd units for Debian against what the NixOS modules share."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UNITS = sorted((ROOT / "contrib/systemd").glob("*.service"))
HIGHEST_EXPOSURE = {"extractor": 3.0}
HIGHEST_EXPOSURE_OF_TOOLS = 1.5


def service_of(unit):
    return re.fullmatch(r"peer-observer-([a-z-]+?)@?\.service", unit.name).group(1)


def settings(unit):
    """{setting: [value of each line]} of the section [Service]."""
    found = {}
    section = re.search(r"^\[Service\]\n(.*?)^\[", unit.read_text(), re.DOTALL | re.MULTILINE).group(1)
    for line in section.splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


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


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_is_hardened_as_its_module_is(unit):
    found = settings(unit)
    wanted = hardening(service_of(unit))
    assert {name: found.get(name) for name in wanted} == wanted


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_watches_a_unit_as_its_module_says(unit):
    found = settings(unit)
    module = (ROOT / "nixos-modules/lib/service.nix").read_text()
    for name in ("Type", "WatchdogSec", "Restart", "RestartSec", "RestartPreventExitStatus", "Group"):
        assert re.search(rf'\b{name} = "?{found[name][0]}"?;', module), name


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_has_the_priority_of_its_module(unit):
    module = (ROOT / f"nixos-modules/{service_of(unit)}.nix").read_text()
    assert settings(unit).get("Nice", []) == re.findall(r"serviceConfig\.Nice = (-?\d+);", module)


def test_every_service_with_a_module_and_a_daemon_has_a_unit():
    modules = {path.stem for path in (ROOT / "nixos-modules").glob("*.nix")} - {"default", "honeynode"}
    assert modules == {service_of(unit) for unit in UNITS}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_rates_a_unit_as_the_documentation_says(unit):
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze")
    result = subprocess.run(["systemd-analyze", "security", "--offline=true", unit], capture_output=True, text=True)
    exposure = float(re.search(r"exposure level for \S+: ([0-9.]+)", result.stdout).group(1))
    service = service_of(unit)
    assert exposure <= HIGHEST_EXPOSURE.get(service, HIGHEST_EXPOSURE_OF_TOOLS)
    if "systemd 252 " in subprocess.run(["systemd-analyze", "--version"], capture_output=True, text=True).stdout:  # ratings change
        assert f"| `{unit.name}` | {exposure} |" in (ROOT / "docs/deployment.md").read_text()
