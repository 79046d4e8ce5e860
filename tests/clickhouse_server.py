"""A clickhouse-server of the test's own: on loopback, ports of its own, a folder of its own. Debian's 18.16 takes `<yandex>`, later ones `<clickhouse>`, too."""

import pathlib
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import pytest

import harness

CONFIGURATION = """<yandex>
  <logger><level>warning</level><console>1</console></logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>{http}</http_port><tcp_port>{tcp}</tcp_port><interserver_http_port>{interserver}</interserver_http_port>
  <interserver_http_host>127.0.0.1</interserver_http_host>
  <path>{folder}/data/</path><tmp_path>{folder}/tmp/</tmp_path>
  <user_files_path>{folder}/user_files/</user_files_path><format_schema_path>{folder}/formats/</format_schema_path>
  <mark_cache_size>67108864</mark_cache_size><max_concurrent_queries>50</max_concurrent_queries>
  <users_config>{folder}/users.xml</users_config>
  <default_profile>default</default_profile><default_database>default</default_database><timezone>UTC</timezone>
  <users_to_ignore_password/>
  {more}
</yandex>
"""
USERS = """<yandex>
  <profiles><default><max_memory_usage>2000000000</max_memory_usage>{settings}</default></profiles>
  <users><default><password>{password}</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default></users>
  <quotas><default><interval><duration>3600</duration><queries>0</queries><errors>0</errors><result_rows>0</result_rows><read_rows>0</read_rows><execution_time>0</execution_time></interval></default></quotas>
</yandex>
"""


def program():
    found = shutil.which("clickhouse-server") or shutil.which("clickhouse-server", path="/usr/sbin:/usr/local/sbin")
    if not found:
        pytest.skip("there is no clickhouse-server")
    return found


class Server:
    def __init__(self, folder, more="", password="", settings="", ports=None):
        self.folder = pathlib.Path(folder)
        self.program = program()
        self.http, self.tcp, self.interserver = ports or (harness.free_port(), harness.free_port(), harness.free_port())
        self.password = password
        self.url = f"http://127.0.0.1:{self.http}"
        for name in ("data", "tmp", "user_files", "formats"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "config.xml").write_text(CONFIGURATION.format(http=self.http, tcp=self.tcp, interserver=self.interserver, folder=self.folder, more=more))
        (self.folder / "users.xml").write_text(USERS.format(password=password, settings=settings))
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([self.program, f"--config-file={self.folder}/config.xml"], stdout=log, stderr=log, cwd=self.folder)
        harness.wait_until(self.answers, f"the server of {self.folder} to answer", 60)

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def answers(self):
        assert self.process.poll() is None, [line[:300] for line in (self.folder / "log").read_text().splitlines() if "Exception" in line][-5:]
        try:
            return urllib.request.urlopen(f"{self.url}/ping", timeout=5).read() == b"Ok.\n"
        except OSError:
            return False

    def query(self, statement, timeout=120, **settings):
        """Rows of values, which are texts. Every query merges what was written twice where it says FINAL."""
        settings = {"join_use_nulls": 1, **settings}
        request = urllib.request.Request(f"{self.url}/?{urllib.parse.urlencode(settings)}", statement.encode())
        if self.password:
            request.add_header("X-ClickHouse-User", "default")
            request.add_header("X-ClickHouse-Key", self.password)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return [tuple(line.split("\t")) for line in answer.read().decode("utf-8", "surrogateescape").splitlines()]
        except urllib.error.HTTPError as error:
            raise RuntimeError(error.read().decode("utf-8", "replace")) from None
