"""A node in a container, with PID and mount namespaces of its own and an overlay as its root, traced from the host."""

import os
import pathlib
import shutil

import pytest

import harness

TRAFFIC = ("--flood", "ping", "--rate", "2000")


@pytest.fixture
def image():
    """A folder with what a container needs to run sim_node as /bin/bitcoind: the layer that all containers share."""
    harness.require_root()
    with harness.temporary_directory() as path:
        for folder in ("bin", "proc", "dev"):
            (path / folder).mkdir()
        program = shutil.copy2(harness.program("sim_node"), path / "bin/bitcoind")
        harness.copy_libraries(program, path)
        yield path


class Container(harness.Program):
    def __init__(self, image, *options):
        inside = f"""
            set -e
            here=$(mktemp -d) && mount -t tmpfs tmpfs $here && mkdir $here/upper $here/work $here/root
            mount -t overlay overlay -o lowerdir={image},upperdir=$here/upper,workdir=$here/work $here/root
            mount -t proc proc $here/root/proc
            exec chroot $here/root /bin/bitcoind {' '.join(map(str, options))}"""
        super().__init__("unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-c", inside)
        self.node_pid = harness.wait_until(self._find_node, "the container runs the node")

    def _find_node(self):
        children = pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return next((int(pid) for pid in children if os.readlink(f"/proc/{pid}/exe").endswith("/bin/bitcoind")), None)

    def end(self):
        if self.process.poll() is None:
            self.kill()
        self._log_reader.join(harness.TIMEOUT)


def nonces(events, pid):
    return [int(event["payload"]["ping"]["nonce"], 16) for event in events.find("message.inbound") if event.pid == pid]


def wait_for_events_of(events, pid, count=500):
    events.wait_for("message.inbound", where=lambda event: event.pid == pid, count=count)
    found = nonces(events, pid)
    assert found == list(range(found[0], found[0] + len(found)))  # each once


def test_follows_container_across_restart(image, directory):
    pid_file = directory / "pid"
    url = f"ipc://{directory}/bus"
    with harness.Program(harness.program("peer-observer-extractor"), "--pid-file", pid_file, "--listen", url, "--node", "test") as extractor, \
            harness.Events(url) as events:
        for _ in range(3):
            with Container(image, *TRAFFIC) as container:
                lines = len(extractor.log)
                (directory / "new").write_text(f"{container.node_pid}\n")
                os.rename(directory / "new", pid_file)
                assert "/bin/bitcoind" in extractor.wait_for_log("tracepoints to", after=lines)
                wait_for_events_of(events, container.node_pid)
            extractor.wait_for_log("no process to trace", after=lines)


def test_traces_containers_of_one_image_once(image, directory):
    with Container(image, *TRAFFIC) as one, Container(image, *TRAFFIC) as two, \
            harness.Extractor(f"/proc/{one.node_pid}/root/bin/bitcoind", directory) as extractor, harness.Events(extractor.url) as events:
        for container in (one, two):
            wait_for_events_of(events, container.node_pid)


def test_ignores_other_container_of_image(image, directory):
    with Container(image, *TRAFFIC) as one, Container(image, *TRAFFIC) as two, \
            harness.Extractor(f"/proc/{two.node_pid}/root/bin/bitcoind", directory, "--pid", one.node_pid) as extractor, \
            harness.Events(extractor.url) as events:
        wait_for_events_of(events, one.node_pid)
        assert nonces(events, two.node_pid) == []


def test_warns_of_a_pid_that_is_another_process_on_the_host(image, directory):
    pid_file = directory / "pid"
    with Container(image, *TRAFFIC), harness.Program("sleep", "1000") as other:
        pid_file.write_text(f"{other.pid}\n")
        with harness.Extractor(image / "bin/bitcoind", directory, "--pid-file", pid_file) as extractor:
            sleep = os.path.realpath(shutil.which("sleep"))
            assert "warning" in extractor.wait_for_log(f"process {other.pid} runs {sleep}, not {image}/bin/bitcoind")
