"""The units for Debian under a real systemd, in a container: they come up, find each other, are confined, and end as asked.

NIX_HARNESS names a program that has the verb `nspawn -s FOLDER -- COMMAND`: it runs COMMAND as root in a container of its own with systemd,
BPF and a network of its own, where FOLDER is /share. Without it, the tests are skipped.
"""

import importlib.util
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import harness
from built_services import NODE, SERVICES, UNITS, options, publishers, settings, socket_of

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = 77
SOCKETS = {service: f"ipc:///run/{socket_of(service)}" for service in publishers()}
# Every service's health is served, so that it can be asked what it has.
PORTS = {service: 9400 + index for index, service in enumerate(SERVICES) if "--metrics-address" in options(service)}
MORE = {"logger": "kind = connection\n"}  # else the journal drops lines


def configuration(service):
    """Its file in /etc/peer-observer."""
    values = {"bitcoind": "/usr/local/bin/sim_node", "rpc-user": "observer", "debug-log": "/var/log/debug.log",
              "connect": "127.0.0.1:9", "listen": SOCKETS.get(service), "metrics-address": f"127.0.0.1:{PORTS.get(service)}"}
    offered = options(service)
    lines = [f"{name} = {value}\n" for name, value in values.items() if f"--{name}" in offered]
    lines += [f"source = {url}\n" for publisher, url in SOCKETS.items() if "--source" in offered and publisher != service]
    return "".join(lines) + MORE.get(service, "")


def files():
    """{name in /etc/peer-observer: text}, as the units name them."""
    found = {}
    for service in SERVICES:
        unit = settings(service)
        for path in re.findall(r"--config /etc/peer-observer/(\S+)", unit["ExecStart"][0]):
            found[path.replace("%i", NODE)] = configuration(service)
        for credential in unit.get("LoadCredential", []):
            found[Path(credential.partition(":")[2]).name.replace("%i", NODE)] = "secret\n"
    return found


def fill(folder):
    """What is to be installed in the container: folder/local is its /usr/local."""
    build = Path(os.environ["PEER_OBSERVER_BUILD"])
    (folder / "local").mkdir()
    (folder / "libraries").mkdir()
    (folder / "python").mkdir()
    programs = [harness.program(f"peer-observer-{service}") for service in SERVICES]
    for program in [*programs, harness.program("sim_node")]:
        shutil.copy2(program, folder / "local")
    for name, file in harness.libraries_of(*programs).items():
        shutil.copy2(file, folder / "libraries" / name)
    shutil.copytree(build / "python/peer_observer", folder / "python/peer_observer")
    shutil.copytree(Path(importlib.util.find_spec("google.protobuf").origin).parent, folder / "python/google/protobuf")
    shutil.copytree(build / "systemd", folder / "units")
    shutil.copy2(ROOT / "contrib/systemd/peer-observer.sysusers.conf", folder / "units")
    shutil.copy2(Path(__file__).parent / "in_container.py", folder)
    (folder / "etc").mkdir()
    for name, text in files().items():
        (folder / "etc" / name).write_text(text)
    states = [f"/var/lib/{state}".replace("%i", NODE) for service in SERVICES for state in settings(service).get("StateDirectory", [])]
    (folder / "asked.json").write_text(json.dumps({"ports": PORTS, "tools": tools(), "states": states}))


def tools():
    """Those with figures of the bus: one that offers --logger hears through a logger of its own."""
    return [service for service in PORTS if "--source" in options(service) and "--logger" not in options(service)]


@pytest.fixture(scope="module")
def booted():
    """What in_container.py saw."""
    command = os.environ.get("NIX_HARNESS")
    if not command:
        pytest.skip("NIX_HARNESS is not set")
    harness.require_root()
    with harness.temporary_directory() as folder:
        fill(folder)
        result = subprocess.run([command, "nspawn", "-s", folder, "--", "python3", "/share/in_container.py"],
                                capture_output=True, text=True, timeout=600)
        if result.returncode == SKIPPED:
            pytest.skip(result.stdout.strip())
        assert result.returncode == 0, (result.stdout + result.stderr)[-8000:]
        return json.loads((folder / "report.json").read_text())


@pytest.fixture(params=SERVICES)
def service(request):
    return request.param


@pytest.fixture
def unit(booted, service):
    return booted["units"][UNITS[service].name]


def test_keeps_unit_running(unit):
    assert unit["ActiveState"] == "active" and unit["NRestarts"] == "0", unit["journal"]


def test_notifies_systemd(unit):
    assert unit["Type"] == "notify"
    assert unit["WatchdogUSec"] == "1min"
    assert unit["StatusText"], "no line of figures"


def test_grants_requested_capabilities(unit, service):
    expected = [name.lower() for line in settings(service)["AmbientCapabilities"] for name in line.split()]
    for kind in ("effective", "permitted", "bounding", "ambient", "inheritable"):
        assert sorted(unit["capabilities"][kind]) == sorted(expected), kind
    assert unit["no_new_privileges"] and unit["seccomp_filter"]
    assert unit["user_id"] > 60000, "a user of its own that systemd makes"


def test_writes_only_to_state_of_unit(unit):
    assert unit["writable"] == ["/tmp"], "which is its own"


def test_stops_unit(unit):
    assert (unit["Result"], unit["ExecMainStatus"]) == ("success", "0"), unit["journal"]


def test_delivers_events_to_tools(booted):
    assert booted["logged"]
    for name in tools():
        assert booted["received"][name] > 0, name
    for folder, files_there in booted["files"].items():
        assert files_there, folder


def test_calls_rpc_with_password_of_file(booted):
    assert booted["calls"].get("unreachable", 0) > 0, "nobody listens there"
    assert booted["calls"].get("credentials", 0) == 0
