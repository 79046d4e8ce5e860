"""Runs Core's functional tests side by side, under one extractor and one archiver."""

import concurrent.futures
import dataclasses
import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import harness

HERE = os.path.dirname(os.path.abspath(__file__))
TIME_LIMIT_S = 1800
# Every timeout of the test framework times this: the nodes are traced and write every message to disk twice.
TIMEOUT_FACTOR = 4
SKIPPED = 77
RING_MIB = 256


@dataclasses.dataclass
class TestRun:
    command: str
    folder: str
    status: str  # passed, failed, skipped, timed out, not started
    seconds: float
    output: str
    # Every node that the test started, as (pid, start in clock ticks); some end before they have a log.
    processes: list = dataclasses.field(default_factory=list)


class Session:
    """`folder` takes everything: a copy of bitcoind, the data directories, the archive."""

    def __init__(self, tree, folder, jobs, minutes=None, raw_payloads="all"):
        self.tree = tree
        self.raw_payloads = raw_payloads
        self.folder = folder
        self.jobs = jobs
        self.deadline = time.monotonic() + minutes * 60 if minutes else None
        self.bitcoind = folder / "bitcoind"
        self.archive = folder / "archive"
        self.log = []
        # A file of its own: a probe of one file fires in every process that runs it.
        shutil.copy2(tree.bitcoind, self.bitcoind)

    def tracepoints(self):
        """Those of this bitcoind, as `net:inbound_message`."""
        notes = subprocess.run(["readelf", "--notes", self.bitcoind], check=True, capture_output=True, text=True).stdout
        return {f"{provider}:{name}" for provider, name in re.findall(r"Provider: (\w+)\s+Name: (\w+)\s", notes)}

    def make_cache(self):
        """The chain that most tests begin with. By the tree's own program, which is not traced: the log is deleted."""
        done = self.run_one(0, "create_cache.py", {"BITCOIND": str(self.tree.bitcoind)})
        if done.status != "passed":
            sys.exit(f"core_suite: create_cache.py {done.status}: {done.output}")

    def run(self, commands, on_done):
        self.make_cache()
        with harness.Extractor(self.bitcoind, self.folder, "--raw-payloads", self.raw_payloads, "--enable", "coin_selection", "--ring-size", str(RING_MIB)) as extractor, \
                harness.Program(harness.program("peer-observer-archiver"), "--directory", self.archive, "--source", extractor.url,
                                "--sync", "never") as archiver:
            extractor.wait_for_log("tracepoints to")
            archiver.wait_for_log("connected")
            results = []
            with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
                for future in concurrent.futures.as_completed(
                        [pool.submit(self.run_one, number, command) for number, command in zip(itertools.count(1), commands)]):
                    results.append(future.result())
                    on_done(results[-1])
            # The extractor publishes what is in the ring, and the archiver writes what has come.
            assert extractor.stop(120) == 0, "the extractor did not stop in order"
            assert archiver.stop(300) == 0, "the archiver did not stop in order"
            self.log = extractor.log + archiver.log
        return results

    def run_one(self, number, command, environment=None):
        script, *options = command.split()
        folder = self.folder / f"t{number}"
        if self.deadline and time.monotonic() > self.deadline:
            return TestRun(command, folder, "not started", 0, "")
        processes = self.folder / f"t{number}.processes"
        environment = os.environ | (environment or {
            "BITCOIND": os.path.join(HERE, "traced-bitcoind"), "PEER_OBSERVER_TRACED_BITCOIND": str(self.bitcoind),
            "PEER_OBSERVER_NODE_PROCESSES": str(processes)}) | {
            "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1", "TEST_RUNNER_PORT_MIN": "11000"}
        environment.pop("PYTHONPATH", None)
        arguments = [sys.executable, self.tree.tests / script, *options, f"--configfile={self.tree.config}", f"--cachedir={self.folder / 'cache'}",
                     f"--tmpdir={folder}", "--nocleanup", f"--portseed={number}", f"--timeout-factor={TIMEOUT_FACTOR}"]
        started = time.monotonic()
        process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", "--", *map(str, arguments)], env=environment, start_new_session=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            output, _ = process.communicate(timeout=TIME_LIMIT_S)
            status = {0: "passed", SKIPPED: "skipped"}.get(process.returncode, "failed")
        except subprocess.TimeoutExpired:
            status, output = "timed out", b""
        finally:
            # The nodes of a test that failed are in its process group, too.
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
        started_nodes = [tuple(map(int, line.split("."))) for line in processes.read_text().split()] if processes.exists() else []
        return TestRun(command, folder, status, time.monotonic() - started, output.decode(errors="replace"), started_nodes)
