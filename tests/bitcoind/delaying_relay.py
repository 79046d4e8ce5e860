"""A cable between two programs on this machine, which takes its time."""

import contextlib
import queue
import socket
import threading
import time


class Relay:
    """Whoever connects to `port` is connected to `target`. Each byte arrives `delay` seconds after it was sent."""

    def __init__(self, target, delay):
        self.target = target
        self.delay = delay
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.sockets = []

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        for each in (self.server, *self.sockets):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                here, _ = self.server.accept()
                self.sockets.append(here)
                try:
                    there = socket.create_connection(("127.0.0.1", self.target))
                except ConnectionRefusedError:
                    here.close()
                    continue
                self.sockets.append(there)
                for source, sink in ((here, there), (there, here)):
                    source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    waiting = queue.SimpleQueue()
                    threading.Thread(target=self._read, args=(source, waiting), daemon=True).start()
                    threading.Thread(target=self._write, args=(sink, waiting), daemon=True).start()

    def _read(self, source, waiting):
        data = b"begin"
        while data:
            data = b""
            with contextlib.suppress(OSError):
                data = source.recv(65536)
            waiting.put((time.monotonic() + self.delay, data))

    def _write(self, sink, waiting):
        with contextlib.suppress(OSError):
            while True:
                due, data = waiting.get()
                time.sleep(max(0, due - time.monotonic()))
                if not data:
                    return sink.shutdown(socket.SHUT_WR)
                sink.sendall(data)
