"""What all attacks share: their register, their pace, the node's clock and log, and what they cost the node."""

import contextlib
import dataclasses
import inspect
import os
import time
from collections.abc import Callable

import harness

CLASSES = ("work", "send", "noise", "slots", "withhold", "steer", "benign")
ATTACKS = {}
PING_INTERVAL = 120  # seconds, as Core has it


@dataclasses.dataclass(frozen=True)
class Attack:
    name: str
    of_class: str
    play: Callable  # play(node, **strength); returns figures; raises AssertionError when the node shows no effect
    prepare: Callable  # prepare(node) before the attack: what the node needs to have, by RPC
    options: tuple  # that the node needs

    @property
    def parameters(self):
        """What `play` can be told, with the defaults."""
        return {name: parameter.default for name, parameter in inspect.signature(self.play).parameters.items() if name != "node"}


def attack(*, prepare=lambda node: None, options=()):
    def register(play):
        of_class = play.__module__.rpartition(".")[2].partition("_")[0]  # work.py and work_slow.py
        assert of_class in CLASSES and play.__name__ not in ATTACKS
        ATTACKS[play.__name__] = Attack(play.__name__, of_class, play, prepare, options)
        return play
    return register


def pace(duration, rate):
    """0, 1, 2, ...: `duration` × `rate` numbers, of which `rate` a second come, or as many as the node and this machine take."""
    start = time.monotonic()
    for number in range(max(1, round(duration * rate))):
        time.sleep(max(0, start + number / rate - time.monotonic()))
        yield number


class Clock:
    """The node's clock. Mocked, minutes of the node pass in no time; else they pass as they do for everybody."""

    def __init__(self, node, real_time=False, start=None):
        self._node = node
        self._real_time = real_time
        self.now = start or max(int(time.time()), node.rpc.getblockchaininfo()["time"] + 1)
        if not real_time:
            node.rpc.setmocktime(self.now)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            if not self._real_time:
                self._node.rpc.setmocktime(0)

    def pass_time(self, seconds, alive=()):
        """`alive`: peers that answer pings meanwhile, without which the node ends them after 20 minutes."""
        for step in [PING_INTERVAL] * (seconds // PING_INTERVAL) + [seconds % PING_INTERVAL]:
            self.now += step
            if self._real_time:
                time.sleep(step)
            else:
                self._node.rpc.setmocktime(self.now)
            for peer in alive:
                peer.answer_pings()

    def until(self, condition, what, step=1, most=600):
        """Lets time pass in steps until `condition` holds. Returns how many seconds of the node's time it took."""
        for passed in range(0, most, step):
            deadline = time.monotonic() + (step if self._real_time else 0.2)
            while time.monotonic() < deadline:
                if condition():
                    return passed
                time.sleep(0.02)
            if not self._real_time:
                self.pass_time(step)
        raise AssertionError(f"not within {most} s of the node's time: {what}")


class Log:
    """The lines that the node's debug.log gets meanwhile, with these categories switched on."""

    def __init__(self, node, *categories):
        self._node = node
        self._path = node.directory / "regtest" / "debug.log"
        active = node.rpc.logging()
        self._switch = [category for category in categories if not active[category]]

    def __enter__(self):
        self._offset = self._path.stat().st_size
        if self._switch:
            self._node.rpc.logging(self._switch, [])
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            if self._switch:
                self._node.rpc.logging([], self._switch)

    def lines(self, *texts):
        """Those that contain all of the texts."""
        with self._path.open(errors="replace") as file:
            file.seek(self._offset)
            return [line for line in file if all(text in line for text in texts)]

    def count(self, *texts):
        return len(self.lines(*texts))

    def wait_for(self, *texts, count=1, timeout=harness.TIMEOUT):
        """How many such lines there are as soon as there are `count`."""
        harness.wait_until(lambda: self.count(*texts) >= count, f"{count} lines with {texts}", timeout)
        return self.count(*texts)


def size(node):
    """Bytes of memory that the node's process holds."""
    with open(f"/proc/{process(node)}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def process(node):
    return int((node.directory / "regtest" / "bitcoind.pid").read_text())


def processor_seconds(node):
    with open(f"/proc/{process(node)}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def cost(node):
    """A dict that gets what the node spends meanwhile: seconds, processor seconds, bytes by the network, growth of its memory."""
    spent = {}
    start, seconds, memory, network = time.monotonic(), processor_seconds(node), size(node), node.rpc.getnettotals()
    yield spent
    after = node.rpc.getnettotals()
    spent.update(seconds=round(time.monotonic() - start, 1), processor_seconds=round(processor_seconds(node) - seconds, 2),
                 received_bytes=after["totalbytesrecv"] - network["totalbytesrecv"],
                 sent_bytes=after["totalbytessent"] - network["totalbytessent"], memory_bytes=size(node) - memory)
