"""contrib/compose.yaml as it stands, but for the folder of bitcoind: containers of Docker observe a node of this host. The Docker engine is the
test's own, in a network namespace of its own.

The images are made of this build's programs and the libraries that they load. Those of Nix have the same programs as their entry points.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import harness
from archive.archiving import files, json_events
from bitcoind.node import Node, find_bitcoind, require_bitcoind
from container import require

yaml = pytest.importorskip("yaml")
COMPOSE = Path(__file__).resolve().parents[2] / "contrib/compose.yaml"
SERVICES = yaml.safe_load(COMPOSE.read_text())["services"]
ENGINE = "ip link set lo up; exec dockerd --data-root $PWD/data --exec-root $PWD/exec --pidfile $PWD/pid --host unix://$PWD/socket --storage-driver vfs"


class Docker:
    """An engine, and the containers of a compose file."""

    def __init__(self, directory, compose):
        directory.mkdir()
        (directory / "compose.yaml").write_text(compose)
        self._directory = directory
        self._environment = {**os.environ, "DOCKER_HOST": f"unix://{directory}/socket"}
        self._engine = harness.Program("unshare", "--net", f"--wd={directory}", "bash", "-c", ENGINE)

    def __enter__(self):
        try:
            self._engine.wait_for_log("API listen on")
        except AssertionError as error:
            self._engine.end()
            # As in a container that may not make others.
            pytest.skip(f"dockerd does not start: {self._engine.log[-1] if self._engine.log else error}")
        return self

    def __exit__(self, *_):
        try:
            self.compose("down", "--volumes", "--timeout", "5")
        finally:
            self._engine.end()

    def run(self, *command, **options):
        done = subprocess.run(["nsenter", f"--net=/proc/{self._engine.pid}/ns/net", *command], env=self._environment, cwd=self._directory,
                              capture_output=True, timeout=120, **options)
        assert done.returncode == 0, f"{command}: {done.stdout.decode()}{done.stderr.decode()}"
        return done.stdout.decode()

    def add_image(self, service):
        """As nix/images.nix makes it: a program, what it loads, and nothing else."""
        program = harness.program(f"peer-observer-{service}")
        root = self._directory / service
        (root / "bin").mkdir(parents=True)
        shutil.copy2(program, root / "bin")
        harness.copy_libraries(program, root)
        tar = subprocess.run(["tar", "-C", root, "-c", "."], capture_output=True, check=True).stdout
        self.run("docker", "import", "--change", f'ENTRYPOINT ["/bin/{program.name}"]', "-", SERVICES[service]["image"], input=tar)

    def compose(self, *words):
        return self.run("docker-compose", "--no-ansi", *words)

    def wait_for_log(self, service, text):
        harness.wait_until(lambda: text in self.compose("logs", "--no-color", service), f"'{text}' in the log of {service}")

    def metric(self, name):
        address, _, _ = SERVICES["metrics"]["ports"][0].rpartition(":")
        return sum(harness.values_of_metric(self.run("curl", "-fsS", f"http://{address}/metrics"), name))

    def volume(self, name):
        return Path(self.run("docker", "volume", "inspect", "--format", "{{.Mountpoint}}", f"{self._directory.name}_{name}").strip())


def test_containers_observe_node_of_host():
    require("dockerd", "docker", "docker-compose")
    with harness.temporary_directory() as directory:
        program = directory / "bin/bitcoind"
        program.parent.mkdir()
        shutil.copy2(require_bitcoind(), program)
        text = COMPOSE.read_text().replace("/usr/local/bin:/node", f"{program.parent}:/node")
        with Docker(directory / "compose", text) as docker, Node(directory / "node", program) as node, Node(directory / "peer", find_bitcoind()) as peer:
            for service in SERVICES:
                docker.add_image(service)
            docker.compose("up", "--detach")
            docker.wait_for_log("extractor", f"process {node.pid} runs")
            for service in ("metrics", "archiver"):
                docker.wait_for_log(service, "connected")
            node.connect(peer)
            messages = "peerobserver_p2p_message_count"
            harness.wait_until(lambda: docker.metric(messages) > 4, "messages in the metrics")

            # An update makes another file.
            node.stop()
            shutil.copy2(program, program.with_suffix(".new"))
            program.with_suffix(".new").rename(program)
            node.start()
            docker.wait_for_log("extractor", f"process {node.pid} runs")
            before = docker.metric(messages)
            node.connect(peer)
            harness.wait_until(lambda: docker.metric(messages) > before + 4, "messages of the new program in the metrics")

            archive = docker.volume("archive")
            docker.compose("stop")
            assert [file.name.endswith(".poa.zst") for file in files(archive)] == [True]
            versions = [event for event in json_events("--message-type", "version", archive) if event["kind"] == "message.inbound"]
            assert [event["node"] for event in versions] == ["alpha"] * 2
