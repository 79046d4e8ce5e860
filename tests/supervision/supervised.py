"""Services as systemd starts them: with a socket for their notifications, and a watchdog."""

import contextlib
import ctypes
import os
import select
import signal
import socket
import time

import pytest

import harness

# It is fed four times within its time: once a second, which is also how often the slowest main loops come by.
WATCHDOG_SECONDS = 4

PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207


class Supervised(harness.Program):
    """A service and what it has told, in order."""

    def __init__(self, directory, *command, stdout=None):
        self.told = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = directory / f"notify-{len(list(directory.glob('notify-*')))}"
        self._socket.bind(str(path))
        options = {} if stdout is None else {"stdout": stdout}
        super().__init__("env", f"NOTIFY_SOCKET={path}", f"WATCHDOG_USEC={WATCHDOG_SECONDS * 1_000_000}", *command, **options)

    def listen(self, seconds):
        """Takes in what it tells within that time."""
        deadline = time.monotonic() + seconds
        while select.select([self._socket], [], [], max(0, deadline - time.monotonic()))[0]:
            self.told.append(self._socket.recv(4096).decode())

    def wait_told(self, start, after=0):
        """The first notification, from number `after` on, that begins so."""
        def found():
            self.listen(0.02)
            return next((text for text in self.told[after:] if text.startswith(start)), None)
        harness.wait_until(lambda: found() or self.process.poll() is not None, f"'{start}' of {self.told}, {self.log}")
        assert found(), f"it ended with status {self.process.poll()} and did not tell '{start}': {self.told}, {self.log}"
        return found()

    def count_told(self):
        """How many notifications there are now."""
        self.listen(0)
        return len(self.told)

    def wait_fed(self, times, after):
        """Until the watchdog was fed that often from notification number `after` on."""
        for _ in range(times):
            self.wait_told("WATCHDOG=1", after)
            after = self.told.index("WATCHDOG=1", after) + 1

    def end(self):
        super().end()
        self._socket.close()


def _ptrace(request, pid):
    library = ctypes.CDLL(None, use_errno=True)
    library.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    library.ptrace.restype = ctypes.c_long
    if library.ptrace(request, pid, None, None) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


@contextlib.contextmanager
def stuck(program):
    """Holds the main thread of a program; all its other threads continue."""
    try:
        _ptrace(PTRACE_SEIZE, program.pid)
    except PermissionError:
        pytest.skip("ptrace is not allowed here")
    _ptrace(PTRACE_INTERRUPT, program.pid)
    assert os.WIFSTOPPED(os.waitpid(program.pid, 0)[1])
    try:
        yield
    finally:
        _ptrace(PTRACE_DETACH, program.pid)
