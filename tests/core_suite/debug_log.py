"""Takes a debug.log of Bitcoin Core apart: one NodeLog for each run of the node. Formats are those of v29 and later.

A line is `time [thread] [file:line] [function] [category] message`, where all between time and message depends on options
(logging.cpp: LogPrintStr). What does not begin with a time belongs to the message before it.
"""

import dataclasses
import re

CATEGORIES = ("addrman|bench|blockstorage|cmpctblock|coindb|estimatefee|http|i2p|ipc|kernel|leveldb|libevent|lock|mempool|mempoolrej|net|"
              "privatebroadcast|proxy|prune|qt|rand|reindex|rpc|scan|selectcoins|tor|txpackages|txreconciliation|validation|walletdb|zmq|all")
LEVELS = "trace|debug|info|warning|error"
# Source location, then the function: a name, or before v31 a signature, which ends where the next bracket or the message begins.
LINE = re.compile(rf"""
    (?:\[\*\]\ )?
    \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{{6}})?Z\ (?:\(mocktime:\ [^)]*\)\ )?
    (?:\[(?P<thread>[\w.\-]+)\]\ )?
    (?:\[[\w./\-]+:\d+\]\ \[.*?\]\ )?
    (?:\[(?P<category>{CATEGORIES}|{LEVELS})(?::(?:{LEVELS}))?\]\ )?
    (?P<message>.*)""", re.X)

MAX_LINE_BYTES = 1 << 20


@dataclasses.dataclass
class Line:
    """A line that tells of an event. `until` is the number of the next line of the same thread: when that one was written, the
    tracepoint behind this one had fired. None where the thread wrote nothing any more."""

    number: int
    thread: str
    key: tuple
    until: int | None = None


class NodeLog:
    """What one run of a node logged, and what of it events must say, too."""

    def __init__(self, path, first_line):
        self.path = path
        self.first_line = first_line
        self.pid = None
        self.start_ticks = None
        self.categories = set()
        self.switched_by_rpc = False
        self.ended_in_order = False
        # By kind of event.
        self.lines = {}
        # Of each message that was received: what Core said against it, as it stands in the log.
        self.complaints = []

    def __repr__(self):
        return f"{self.path}:{self.first_line} (pid {self.pid})"

    def logs(self, category):
        return "all" in self.categories and f"-{category}" not in self.categories or category in self.categories


class Reader:
    def __init__(self, log, rules):
        self._log = log
        self._rules = rules
        self._open = {}
        self.state = {}  # of the rules, by thread

    def take(self, number, thread, message):
        for line in self._open.pop(thread, ()):
            line.until = number
        word = message.split(None, 1)[0] if message.strip() else ""
        for kind, rule in self._rules(word):
            key = rule(message, thread, self)
            if key is not None:
                line = Line(number, thread, key)
                self._log.lines.setdefault(kind, []).append(line)
                self._open.setdefault(thread, []).append(line)

    @property
    def log(self):
        return self._log


def _argument(log, message):
    """A line `Command-line arg: name="value"` or `Config file arg: [section] name="value"`."""
    match = re.search(r"arg: (?:\[\w+\] )?(\w+)=(.*)", message)
    if not match:
        return
    name, value = match.group(1), match.group(2).strip('"')
    if name == "capturemessages" and re.fullmatch(r"\d+\.\d+", value):
        log.pid, log.start_ticks = map(int, value.split("."))
    elif name == "debug":
        if value in ("0", "none", "false"):
            log.categories.clear()
        else:
            log.categories.add("all" if value in ("", "1", "true") else value)
    elif name == "debugexclude":
        log.categories.add(f"-{value}")


def read_logs(path, rules):
    """The NodeLogs of a file, in order. `rules` gives for the first word of a message (kind, function) pairs; the function gets
    the message, the thread and the Reader, and returns the key of the event, or None."""
    logs, reader = [], None
    with open(path, "rb") as file:
        number = 0
        while raw := file.readline(MAX_LINE_BYTES):
            number += 1
            match = LINE.match(raw.decode(errors="replace").rstrip("\n"))
            if not match:
                continue
            thread, message = match["thread"] or "", match["message"]
            if message.startswith("Bitcoin Core version ") and thread in ("init", "main", "shutoff", ""):
                logs.append(NodeLog(path, number))
                reader = Reader(logs[-1], rules)
            if not reader:
                continue
            log = logs[-1]
            if message.startswith(("Command-line arg: ", "Config file arg: ")):
                _argument(log, message)
            elif message.startswith("ThreadRPCServer method=logging "):
                log.switched_by_rpc = True
            elif message.startswith("Shutdown done"):
                log.ended_in_order = True
            reader.take(number, thread, message)
    return logs
