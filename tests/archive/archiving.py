"""The archiver and the reader of archives, for tests."""

import json
import subprocess

import harness


def archive_tool(*arguments, status=0):
    done = subprocess.run([harness.program("peer-observer-archive"), *map(str, arguments)], capture_output=True, timeout=120)
    assert done.returncode == status, done.stderr.decode()
    return done.stdout


class Archiver(harness.Program):
    def __init__(self, folder, url, *options):
        self.metrics = f"127.0.0.1:{harness.free_port()}"
        super().__init__(harness.program("peer-observer-archiver"), "--directory", folder, "--source", url,
                         "--metrics-address", self.metrics, *options)
        self.wait_for_log("connected")

    def written(self):
        return harness.metric(self.metrics, "peer_observer_archiver_written_events_total")


def files(folder):
    return sorted(folder.rglob("*.poa.zst*"))


def json_events(*arguments):
    return [json.loads(line) for line in archive_tool("cat", "--format", "json", *arguments).splitlines()]
