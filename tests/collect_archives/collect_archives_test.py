"""contrib/collect-archives against a server that does what nginx does, and what it should not do."""

import contextlib
import functools
import http.server
import json
import shutil
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import archive_files
import harness
from recipes import ROOT

NAME = "20261122T233734.123456Z-1122334455667788.poa.zst"


class Server(http.server.ThreadingHTTPServer):
    """Serves folder. `most` limits the bytes of an answer, after which it hangs up. Notes the ranges that it was asked for."""

    def __init__(self, folder):
        self.folder = folder
        self.most = None
        self.listing = None
        self.asked = []
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self):
        path = self.server.folder / self.path.lstrip("/")
        if self.path.endswith("/"):
            entries = [{"name": file.name, "type": "file", "size": file.stat().st_size} for file in sorted(path.iterdir())]
            return self.answer(200, self.server.listing or json.dumps(entries).encode())
        begin = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        self.server.asked.append((path.name, begin))
        self.answer(206 if begin else 200, path.read_bytes()[begin:])

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body[:self.server.most])

    def log_message(self, *_):
        pass


@pytest.fixture
def there(tmp_path):
    folder = tmp_path / "there/alpha"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def server(there):
    with Server(there.parent) as server:
        threading.Thread(target=functools.partial(server.serve_forever, 0.05), daemon=True).start()
        yield server
        server.shutdown()


def archive_file(events=1000):
    writer = archive_files.Writer(node="alpha", publisher_id=0x1122334455667788)
    writer.frame(0, range(1_700_000_000_000_000_000, 1_700_000_000_000_000_000 + events))
    return writer.data + archive_files.record_of(b"I", writer.index)


@pytest.fixture
def collect(server, tmp_path):
    """Runs it. Returns what subprocess.run() does."""
    def run(*options, scheme="http"):
        return subprocess.run([sys.executable, ROOT / "contrib/collect-archives", "--directory", tmp_path / "here", "--archive",
                               harness.program("peer-observer-archive"), "--timeout", "10",
                               "--node", f"alpha={scheme}://localhost:{server.server_port}", *options],
                              capture_output=True, text=True, timeout=60)
    return run


def here(tmp_path):
    return {str(path.relative_to(tmp_path / "here")): path.read_bytes() for path in (tmp_path / "here").rglob("*") if path.is_file()}


def test_copies_closed_files_once(there, server, collect, tmp_path):
    (there / NAME).write_bytes(archive_file())
    (there / f"{NAME}.open").write_bytes(b"being written")
    (there / "notes").write_bytes(b"not of the archiver")
    for _ in range(2):
        done = collect()
        assert done.returncode == 0, done.stderr
        assert here(tmp_path) == {f"alpha/{NAME}": archive_file()}
    assert server.asked == [(NAME, 0)]
    assert (there / NAME).exists(), "the node's archiver deletes"


def test_continues_copy_that_was_interrupted(there, server, collect, tmp_path):
    (there / NAME).write_bytes(archive_file())
    server.most = 1000
    done = collect()
    assert done.returncode == 1 and "the next run continues it" in done.stderr
    assert here(tmp_path) == {f".unfinished/alpha/{NAME}": archive_file()[:1000]}
    server.most = None
    assert collect().returncode == 0
    assert here(tmp_path) == {f"alpha/{NAME}": archive_file()}
    assert server.asked == [(NAME, 0), (NAME, 1000)]


def test_keeps_damaged_file_apart_until_it_is_repaired(there, server, collect, tmp_path):
    damaged = bytearray(archive_file())
    damaged[-100] ^= 1
    (there / NAME).write_bytes(damaged)
    other = NAME.replace("20261122", "20261123")
    (there / other).write_bytes(archive_file())
    done = collect()
    assert done.returncode == 1 and f"{NAME} is damaged" in done.stderr
    assert here(tmp_path) == {f".damaged/alpha/{NAME}": bytes(damaged), f"alpha/{other}": archive_file()}
    assert collect().returncode == 0, "it is not copied again"
    (there / NAME).write_bytes(archive_file(events=2000))
    assert collect().returncode == 0
    assert here(tmp_path)[f"alpha/{NAME}"] == archive_file(events=2000)


@pytest.mark.parametrize("listing", [
    b"<html>", b"[1]", b'[{"name": "x"}]', b'{"name": 1}',
    b'[{"name": "../../../etc/20261122T233734.123456Z-1122334455667788.poa.zst", "type": "file", "size": 1}]',
    b'[{"name": "20261122T233734.123456Z-1122334455667788.poa.zst", "type": "file", "size": -1}]',
    b'[{"name": "20261122T233734.123456Z-1122334455667788.poa.zst", "type": "file", "size": "many"}]',
    b'[{"name": "20261122T233734.123456Z-1122334455667788.poa.zst", "type": "directory", "size": 1}]',
])
def test_takes_nothing_from_a_wrong_listing(server, collect, tmp_path, listing):
    server.listing = listing
    done = collect()
    assert "Traceback" not in done.stderr
    assert here(tmp_path) == {} and server.asked == []


def test_refuses_more_bytes_than_listed(there, server, collect, tmp_path):
    (there / NAME).write_bytes(archive_file())
    server.listing = json.dumps([{"name": NAME, "type": "file", "size": 10}]).encode()
    done = collect()
    assert done.returncode == 1 and "more than the 10 bytes" in done.stderr
    assert set(here(tmp_path)) <= {f".unfinished/alpha/{NAME}"}


def test_copies_from_other_nodes_when_one_is_away(there, collect, tmp_path):
    (there / NAME).write_bytes(archive_file())
    done = collect("--node", f"beta=http://127.0.0.1:{harness.free_port()}")
    assert done.returncode == 1 and "beta: cannot list the archive" in done.stderr
    assert here(tmp_path) == {f"alpha/{NAME}": archive_file()}


def test_authenticates_both_ends(there, server, collect, tmp_path):
    if not shutil.which("openssl"):
        pytest.skip("no openssl")
    certificates = tmp_path / "certificates"
    for folder, hosts in ((certificates, ("localhost", "central")), (certificates / "other", ("central",))):
        folder.mkdir()
        for command in (("init",), ("issue", *hosts)):
            subprocess.run([ROOT / "contrib/certificates", *command], cwd=folder, check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificates / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(certificates / "localhost.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None
    (there / NAME).write_bytes(archive_file())

    def with_files(ca, certificate):
        return collect("--ca-file", ca / "ca.pem", "--cert-key-file", certificate / "central.pem", scheme="https")
    assert with_files(certificates / "other", certificates).returncode == 1
    assert with_files(certificates, certificates / "other").returncode == 1
    assert here(tmp_path) == {}
    done = with_files(certificates, certificates)
    assert done.returncode == 0, done.stderr
    assert here(tmp_path) == {f"alpha/{NAME}": archive_file()}


def test_names_wrong_option(collect):
    for options, text in ((("--node", "a/b=http://localhost"), "not NAME=URL"), (("--node", "..=http://localhost"), "not NAME=URL"),
                          (("--ca-file", "x"), "go together")):
        done = collect(*options)
        assert done.returncode == 2 and text in done.stderr
    assert Path(ROOT / "contrib/collect-archives").stat().st_mode & 0o111
