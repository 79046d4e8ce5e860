"""A JSON-RPC server for tests, which answers each method as a test says."""

import base64
import contextlib
import http.server
import json
import pathlib
import socketserver
import threading

RESULTS = {
    "uptime": 1,
    "getpeerinfo": [], "getorphantxs": [], "getchaintips": [], "listbanned": [],
    "getrawaddrman": {"new": {}, "tried": {}},
}
COOKIE = "__cookie__:first"


def corpus():
    """An answer of a real node for each method, from the fuzz target's inputs."""
    folder = pathlib.Path(__file__).with_name("corpus")
    return {path.name: json.loads(path.read_bytes()[1:])["result"] for path in folder.iterdir() if path.name != "warming_up"}


class Request:
    def __init__(self, handler, body):
        self.handler = handler
        self.method = body["method"]
        self.params = body["params"]
        self.id = body["id"]

    def answer(self, result=None, **members):
        return json.dumps({"jsonrpc": "2.0", "result": result, "id": self.id, **members}).encode()

    def send(self, body, status=200, length=None):
        """`length`: what the header says of it; None = the truth."""
        self.handler.send_response(status)
        self.handler.send_header("Content-Type", "application/json")
        self.handler.send_header("Content-Length", str(len(body) if length is None else length))
        self.handler.end_headers()
        self.handler.wfile.write(body)

    def succeed(self):
        self.send(self.answer(RESULTS.get(self.method, {})))

    def close(self):
        self.handler.close_connection = True


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def address_string(self):
        return "client"  # there is none on a UNIX socket

    def log_message(self, *_):
        pass

    def do_POST(self):
        request = Request(self, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        with self.server.lock:
            self.server.requests.append((request.method, request.params))
        expected = "Basic " + base64.b64encode(self.server.password.encode()).decode()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            if self.headers["Authorization"] != expected:
                return request.send(b"", 401)
            self.server.behaviour.get(request.method, Request.succeed)(request)


class Server:
    """`behaviour`: a function of a Request for each method that is not to be answered well."""

    def __init__(self, directory, unix=False):
        self.cookie_file = directory / "cookie"
        self.cookie_file.write_text(COOKIE)
        base = socketserver.UnixStreamServer if unix else http.server.HTTPServer
        kind = type("ThreadingServer", (socketserver.ThreadingMixIn, base), {"daemon_threads": True, "block_on_close": False})
        self.server = kind(str(directory / "rpc.sock") if unix else ("127.0.0.1", 0), Handler)
        self.address = f"unix:{directory / 'rpc.sock'}" if unix else f"127.0.0.1:{self.server.server_address[1]}"
        self.server.behaviour = self.behaviour = {}
        self.server.requests = []
        self.server.lock = threading.Lock()
        self.server.password = COOKIE
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()

    def set_cookie(self, text):
        self.server.password = text
        self.cookie_file.write_text(text)

    def requests(self, method):
        """The parameters of each call of that method so far."""
        with self.server.lock:
            return [params for name, params in self.server.requests if name == method]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
