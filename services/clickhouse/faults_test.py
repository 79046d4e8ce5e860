"""Faults of the server's host and of the way to it: slow, full, replaced, TLS. After each, published = stored + told as lost, and nothing twice."""

import concurrent.futures
import contextlib
import http.server
import subprocess
import threading
import types

import clickhouse_server
import harness
import private_network
from writing import assert_complete, number, rejections, replaying, stored, told, wait_for_end, write_archive, Writing


def test_gets_rows_through_a_slow_network(directory):
    """A megabit a second: a third of the rows at most is there within the time of a request."""
    events = 8_000
    write_archive(directory / "many.poa.zst", list(rejections(events)))
    url = f"ipc://{directory}/bus"

    def run():
        private_network.enter()
        with clickhouse_server.Server(directory / "server") as server, Writing(server, directory / "spool", url, request_seconds=2) as writing:
            writing.wait_for_log("created", 60)
            subprocess.run(["ip", "link", "set", "lo", "mtu", "1500"], check=True)  # a larger packet does not fit into the bucket
            subprocess.run(["tc", "qdisc", "add", "dev", "lo", "root", "tbf", "rate", "1mbit", "burst", "16kb", "latency", "200ms"], check=True)
            with replaying(directory / "many.poa.zst", url, 50_000) as replay:
                assert replay.wait() == 0
                harness.wait_until(lambda: writing.metric("events_total") == events, "all events to be stored", 90)
            assert writing.errors("timeout") > 0
            subprocess.run(["tc", "qdisc", "delete", "dev", "lo", "root"], check=True)
            assert writing.stop() == 0
            assert assert_complete(server, events) == set()

    harness.require_root()
    with concurrent.futures.ThreadPoolExecutor(1) as thread:  # a network namespace is a thread's
        thread.submit(run).result()


def test_waits_until_the_disk_of_the_server_has_room(directory, url, many):
    archive, events = many
    harness.require_root()
    data = directory / "server/data"
    data.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", data], check=True)
    try:
        with clickhouse_server.Server(directory / "server") as server, Writing(server, directory / "spool", url) as writing:
            writing.wait_for_log("created", 60)
            with open(data / "filler", "wb", buffering=0) as filler, contextlib.suppress(OSError):
                while filler.write(bytes(4096)):
                    pass
            with replaying(archive, url, 20_000) as replay:
                assert "No space left on device" in writing.wait_for_log("retrying, events wait in the spool")
                assert replay.wait() == 0
            harness.wait_until(lambda: writing.errors("full") > 0, "an error with its cause")
            (data / "filler").unlink()
            wait_for_end(server, events)
            assert writing.stop() == 0
            assert assert_complete(server, events) == set()
    finally:
        subprocess.run(["umount", data], check=True)


def test_continues_on_an_empty_server_in_place_of_the_other(directory, url, many):
    archive, events = many
    with clickhouse_server.Server(directory / "first") as first:
        second = clickhouse_server.Server(directory / "second", ports=(first.http, first.tcp, first.interserver))
        with Writing(first, directory / "spool", url) as writing:
            writing.wait_for_log("created", 60)
            with replaying(archive, url, 4_000) as replay:
                harness.wait_until(lambda: writing.metric("events_total") > events / 5, "events to be stored")
                first.kill()
                with second:
                    assert replay.wait() == 0
                    harness.wait_until(lambda: writing.metric("events_total") == events, "all events to be stored", 60)
                    assert writing.stop() == 0
                    sequences, lost = stored(second), told(second)
        assert 0 < len(sequences) < events and len(sequences) == len(set(sequences))
        first.start()
        before = stored(first)
        assert len(before) == len(set(before))
        # An insert that the first one has stored without an answer is on both.
        assert not lost and set(before) | set(sequences) == set(range(events))


def make_certificate(directory):
    key, certificate = directory / "key.pem", directory / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return key, certificate


def test_writes_over_tls_to_a_server_that_it_knows(directory, url, many):
    archive, events = many
    key, certificate = make_certificate(directory)
    (directory / "other").mkdir()
    _, other = make_certificate(directory / "other")
    (directory / "password").write_text("secret\n")
    port = harness.free_port()
    more = f"""<https_port>{port}</https_port><openSSL><server><certificateFile>{certificate}</certificateFile><privateKeyFile>{key}</privateKeyFile>
      <verificationMode>none</verificationMode><loadDefaultCAFile>false</loadDefaultCAFile><cacheSessions>true</cacheSessions></server></openSSL>"""
    with clickhouse_server.Server(directory / "server", more=more, password="secret") as server:
        over_tls = types.SimpleNamespace(url=f"https://127.0.0.1:{port}")
        options = ("--user", "default", "--password-file", directory / "password")
        for trusted in ((), ("--ca-file", other)):  # the system's authorities, and a stranger
            with Writing(over_tls, directory / "spool", url, *options, *trusted) as writing:
                assert "certificate" in writing.wait_for_log("retrying, events wait in the spool")
                assert writing.stop() == 0
        assert number(server, "SELECT count() FROM system.databases WHERE name = 'peer_observer'") == 0
        with replaying(archive, url, 20_000), Writing(over_tls, directory / "spool", url, *options, "--ca-file", certificate) as writing:
            wait_for_end(server, events)
            assert writing.stop() == 0
        assert assert_complete(server, events) == set()


class TodaysServer(http.server.BaseHTTPRequestHandler):
    """Knows settings that Debian's does not, and can make no table."""

    def do_POST(self):
        statement = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.paths.append(self.path)
        is_asked = "system.settings" in statement
        answer = b"async_insert\n" if is_asked else b"Code: 60. DB::Exception: no (UNKNOWN_TABLE)"
        self.send_response(200 if is_asked else 404)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def test_sends_each_setting_once_however_often_it_retries(directory, url):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), TodaysServer) as server:
        server.paths = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with Writing(types.SimpleNamespace(url=f"http://127.0.0.1:{server.server_port}"), directory / "spool", url) as writing:
            harness.wait_until(lambda: writing.errors("schema") >= 3, "three attempts")
            assert writing.stop() == 0
        assert max(path.count("async_insert=0") for path in server.paths) == 1
        server.shutdown()
