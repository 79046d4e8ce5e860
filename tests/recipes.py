"""The blocks of code in the documentation, and which test runs them as they stand.

A comment in a page, `<!-- run by tests/x/y_test.py -->` or `<!-- not run: why -->`, holds for the blocks after it, up to the next one.
"""

import dataclasses
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import harness

ROOT = Path(__file__).resolve().parents[1]
MARK = re.compile(r"<!-- (?:run by (?P<run_by>\S+)|not run: (?P<reason>\S.*\S)) -->")
FENCE = re.compile(r"^( *)(`{3,})(\w*)$")


@dataclasses.dataclass
class Block:
    page: str  # below ROOT
    line: int  # its first one
    language: str  # of a fenced block
    text: str
    run_by: str | None = None
    reason: str | None = None

    def __str__(self):
        return f"{self.page}:{self.line}: {self.text.splitlines()[0]}"


def pages():
    return ["README.md", "CONTRIBUTING.md", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))]


def blocks(page):
    """Fenced blocks, and those that are indented by four spaces."""
    found, mark, fence, start, inside, before = [], {}, None, 0, [], ""

    def end(language):
        found.append(Block(page, start, language, textwrap.dedent("\n".join(inside)).rstrip("\n") + "\n", **mark))
        inside.clear()

    for number, line in enumerate([*(ROOT / page).read_text().splitlines(), "end"], start=1):
        if fence:
            if line.strip() == fence[2]:
                end(fence[3])
                fence = None
            else:
                inside.append(line)
        elif line.startswith("    ") and (inside or not before.strip()) or inside and not line.strip():
            start = start if inside else number
            inside.append(line)
        else:
            if inside:
                end("")
            if fence := FENCE.match(line):
                start = number + 1
            elif match := MARK.search(line):
                mark = match.groupdict()
        before = line
    return found


def run_by(file, page):
    """The blocks of a page that a test has to run: `file` is its __file__."""
    name = str(Path(file).resolve().relative_to(ROOT))
    return [block for block in blocks(page) if block.run_by == name]


LOOPBACK_UP = """import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh22x", b"lo", 0x41))"""  # SIOCSIFFLAGS, IFF_UP | IFF_RUNNING

# `start NAME COMMAND` runs a command in the background, with its output in NAME and NAME.log. `stop NAME` ends it as Ctrl-C does.
# `show NAME COMMAND` does both, once it has printed something or has ended.
HOST = f"""
set -eu
mkdir host programs etc work
{sys.executable} -c '{LOOPBACK_UP}'
mount -t overlay -o lowerdir=/etc,upperdir="$PWD/etc",workdir="$PWD/work" overlay /etc
echo 127.0.0.1 alpha.example.org central.example.org >> /etc/hosts
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /home
cp "$BITCOIND" programs/bitcoind
ln -s "$BIN"/peer-observer-* programs
mount --bind programs /usr/local/bin
PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin
start() {{
    set -m
    bash -c "$2" > "$1" 2> "$1.log" &
    set +m
    eval "$1=$!"
}}
stop() {{
    kill -INT -- "-${{!1}}" 2> /dev/null || true
    wait "${{!1}}" || true
}}
show() {{
    start "$1" "$2"
    until [ -s "$1" ] || ! kill -0 "${{!1}}" 2> /dev/null; do sleep 0.1; done
    stop "$1"
}}
cd host
"""


def run_on_a_host_of_its_own(script, directory, bitcoind):
    """Bash, with a network, /etc, /run, /home and /usr/local/bin of its own; the last has our programs and this bitcoind. What it starts ends
    with it, as the first process of its namespace. Returns what subprocess.run() does."""
    environment = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "BITCOIND": str(bitcoind), "BIN": str(harness.program("."))}
    return subprocess.run(["unshare", "--mount-proc", "--net", "--pid", "--fork", "--kill-child", "bash", "-c", f"{HOST}{script}\nexit 0\n"],
                          cwd=directory, env=environment, capture_output=True, text=True, timeout=120)
