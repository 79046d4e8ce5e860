"""What the main() of a tool needs besides its job: options, metrics, systemd."""

import argparse
import contextlib
import http.server
import os
import socket
import stat
import sys
import threading
import time

try:
    from .version import VERSION
except ImportError:  # not made by the build
    VERSION = "unknown"


def add_options(parser):
    """--config, --metrics-address and --version, as every program of peer-observer has them."""
    parser.add_argument("--config", metavar="FILE", help="read options from FILE too, one NAME=VALUE a line; the command line wins")
    parser.add_argument("--metrics-address", metavar="HOST:PORT", help="serve Prometheus metrics there; port 0 picks a free one")
    parser.add_argument("--version", action="version", version=f"{parser.prog} {VERSION}")


def _words_of(path, parser):
    """The options of a config file as words of a command line."""
    names = {option for action in parser._actions for option in action.option_strings} - {"--config", "--help", "-h", "--version"}
    words = []
    try:
        # A FIFO would be waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, encoding="utf-8") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                parser.error(f"--config {path}: not a regular file")
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        parser.error(f"--config {path}: {getattr(error, 'strerror', None) or 'not UTF-8'}")
    for number, line in enumerate(lines, 1):
        line = line.partition("#")[0].strip()
        name, equals, value = (part.strip() for part in line.partition("="))
        if not line:
            continue
        if not equals or f"--{name}" not in names:
            parser.error(f"--config {path}, line {number}: '{name}' is not an option")
        words.append(f"--{name}={value}")
    return words


def parse(parser, words=None):
    """The options of the command line, and where these are silent, of the config file that --config names."""
    silent = argparse.Namespace(**{action.dest: None for action in parser._actions if action.dest not in ("help", "version")})
    given = parser.parse_args(words, silent)
    result = parser.parse_args(_words_of(given.config, parser) if given.config else [])
    for name, value in vars(given).items():
        if value is not None and value != []:
            setattr(result, name, value)
    return result


class Metrics:
    """Serves figures to Prometheus from a thread of its own: {name: (help, type, function that gives the value)}."""

    def __init__(self, address, service, figures):
        host, _, port = address.rpartition(":")
        figures = {"peer_observer_build_info": ("The service and its version; always 1.", "gauge", lambda: 1),
                   "process_start_time_seconds": ("UNIX time at which the process started.", "gauge", lambda started=time.time(): started), **figures}
        labels = {"peer_observer_build_info": f'{{service="{service}",version="{VERSION}"}}'}

        class Handler(http.server.BaseHTTPRequestHandler):
            timeout = 5

            def do_GET(self):
                known = self.path.partition("?")[0] == "/metrics"
                body = "".join(f"# HELP {name} {text}\n# TYPE {name} {kind}\n{name}{labels.get(name, '')} {float(value())}\n"
                               for name, (text, kind, value) in figures.items() if known).encode()
                self.send_response(200 if known else 404)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(http.server.HTTPServer):  # one scrape at a time
            address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

            def handle_error(self, *_):
                pass  # whoever asked went away

        try:
            self._server = Server((host.strip("[]"), int(port)), Handler)
        except (OSError, ValueError, OverflowError) as error:
            raise OSError(f"cannot serve metrics on {address}: {getattr(error, 'strerror', None) or error}") from error
        self.address = f"{host}:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        print(f"{service}: metrics on http://{self.address}/metrics", file=sys.stderr)


class Systemd:
    """What systemd wants to be told (sd_notify(3)). Does nothing where systemd did not start the process."""

    STATUS_SECONDS = 5

    def __init__(self):
        # Taken away: a program that this one starts must not speak for it.
        path = os.environ.pop("NOTIFY_SOCKET", "")
        self._address = "\0" + path[1:] if path.startswith("@") else path
        microseconds = int(os.environ.pop("WATCHDOG_USEC", "0"))
        is_ours = os.environ.pop("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self._watchdog_seconds = microseconds / 1e6 / 4 if is_ours else 0
        self._next_watchdog = self._next_status = 0
        self._told = set()

    def once(self, word):
        if word not in self._told:
            self._told.add(word)
            self._tell(word)

    def alive(self, status):
        """Feeds the watchdog four times within its time, and passes the status on every five seconds."""
        now = time.monotonic()
        if self._watchdog_seconds > 0 and now >= self._next_watchdog:
            self._tell("WATCHDOG=1")
            self._next_watchdog = now + self._watchdog_seconds
        if now >= self._next_status:
            self._tell(f"STATUS={status}")
            self._next_status = now + self.STATUS_SECONDS

    def _tell(self, text):
        if self._address:
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
                end.sendto(text.encode(), self._address)
