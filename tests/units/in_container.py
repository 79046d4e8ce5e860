"""Runs in the container of boot_test.py: installs what is in /share, starts every unit, and writes down what it sees into report.json."""

import json
import os
import re
import shutil
import site
import subprocess
import time
import urllib.request
from pathlib import Path

SHARE = Path("/share")
DEADLINE = time.monotonic() + 200
ASKED = json.loads((SHARE / "asked.json").read_text())
PORTS, TOOLS = ASKED["ports"], ASKED["tools"]
CAPABILITIES = {19: "cap_sys_ptrace", 21: "cap_sys_admin", 38: "cap_perfmon", 39: "cap_bpf"}
FOLDERS = ["/", "/etc", "/etc/peer-observer", "/usr/local/bin", "/var/lib", "/run", "/home", "/root", "/dev", "/tmp"]  # the last one may be written


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def wait_until(condition, what):
    while not (result := condition()):
        assert time.monotonic() < DEADLINE, f"{run('journalctl', '--no-pager', '-n', '100')}\nnot within the time: {what}"
        time.sleep(0.2)
    return result


def install():
    shutil.copytree(SHARE / "local", "/usr/local/bin", dirs_exist_ok=True)
    known = run("ldconfig", "-p")
    for library in (SHARE / "libraries").iterdir():
        if f"\t{library.name} " not in known:
            shutil.copy2(library, "/usr/local/lib")
    run("ldconfig")
    shutil.copytree(SHARE / "python", site.getsitepackages()[0], dirs_exist_ok=True)
    shutil.copytree(SHARE / "etc", "/etc/peer-observer")
    shutil.copy2(SHARE / "units/peer-observer.sysusers.conf", "/usr/lib/sysusers.d/peer-observer.conf")
    for unit in (SHARE / "units").glob("*.service"):
        shutil.copy2(unit, "/etc/systemd/system")
    run("systemd-sysusers")
    log = Path("/var/log/debug.log")
    log.touch()
    shutil.chown(log, group="peer-observer-log")
    log.chmod(0o640)
    run("systemctl", "daemon-reload")


def series(port, name):
    """[(labels, value)] of a metric."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        text = answer.read().decode()
    return [(labels, float(value)) for labels, value in re.findall(rf"^{name}(\S*) (\S+)$", text, re.MULTILINE)]


def total(port, name):
    return sum(value for _, value in series(port, name))


def show(instance):
    names = "ActiveState,NRestarts,Type,WatchdogUSec,StatusText,MainPID,Result,ExecMainStatus"
    return dict(line.split("=", 1) for line in run("systemctl", "show", "-p", names, instance).splitlines())


def capabilities(mask):
    return [CAPABILITIES.get(number, str(number)) for number in range(64) if int(mask, 16) >> number & 1]


def confinement(pid):
    """What the kernel says about a process."""
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
    user, group = (int(status[name].split()[1]) for name in ("Uid", "Gid"))
    inside = ["nsenter", "-t", pid, "-m", "setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "test", "-w"]
    return {
        "user_id": user,
        "capabilities": {kind: capabilities(status[name]) for kind, name in (
            ("effective", "CapEff"), ("permitted", "CapPrm"), ("bounding", "CapBnd"), ("ambient", "CapAmb"), ("inheritable", "CapInh"))},
        "no_new_privileges": status["NoNewPrivs"].strip() == "1",
        "seccomp_filter": status["Seccomp"].strip() == "2",
        "writable": [folder for folder in FOLDERS if subprocess.run([*inside, folder]).returncode == 0],
    }


install()
templates = sorted(path.name for path in (SHARE / "units").glob("*.service"))
instances = {name: name.replace("@", "@alpha") for name in templates}
for instance in instances.values():
    run("systemctl", "start", instance)
run("systemd-run", "--unit=sim-node", "/usr/local/bin/sim_node", "--rate", "500")

report = {"units": {}}
for name, instance in instances.items():
    wait_until(lambda: show(instance)["ActiveState"] == "active" and show(instance)["StatusText"], f"{name} is up")
for name in TOOLS:
    wait_until(lambda: total(PORTS[name], "peer_observer_bus_received_events_total"), f"{name} receives events")
report["logged"] = wait_until(lambda: "alpha connection.inbound" in run("journalctl", "--no-pager", "-u", "peer-observer-logger"), "events in the journal")
wait_until(lambda: any(value for labels, value in series(PORTS["rpc-extractor"], "peer_observer_rpc_extractor_errors_total") if "unreachable" in labels), "calls")

report["received"] = {name: total(PORTS[name], "peer_observer_bus_received_events_total") for name in TOOLS}
report["calls"] = {}
for labels, value in series(PORTS["rpc-extractor"], "peer_observer_rpc_extractor_errors_total"):
    cause = re.search(r'cause="(\w+)"', labels).group(1)
    report["calls"][cause] = report["calls"].get(cause, 0) + value
report["files"] = {folder: os.listdir(folder) for folder in ASKED["states"]}
for name, instance in instances.items():
    seen = show(instance)
    report["units"][name] = {"name": name, **seen, **confinement(seen["MainPID"])}
for name, instance in instances.items():
    run("systemctl", "stop", instance)
    ended = show(instance)
    report["units"][name] |= {
        "Result": ended["Result"],
        "ExecMainStatus": ended["ExecMainStatus"],
        "journal": run("journalctl", "--no-pager", "-n", "20", "-u", instance),
    }
(SHARE / "report.json").write_text(json.dumps(report))
