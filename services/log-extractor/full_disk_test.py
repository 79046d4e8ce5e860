"""A disk that is full: the node's last line ends in the middle, the log goes away and comes back, the state file cannot be written."""

import contextlib
import itertools
import subprocess

import harness
from log_extractor import LogExtractor


def lines():
    return (b"2026-01-02T03:04:05Z [net] line %d of the node\n" % number for number in itertools.count())


def write_until_full(file, parts):
    """What of the parts is on the disk now."""
    written = b""
    with contextlib.suppress(OSError):
        for part in parts:
            taken = file.write(part)
            written += part[:taken]
            if taken < len(part):
                break
    return written


def test_loses_no_line_when_disk_is_full(directory):
    harness.require_root()
    disk = directory / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], check=True)
    try:
        log, ballast, numbered = disk / "debug.log", disk / "ballast", lines()
        written = next(numbered)
        log.write_bytes(written)
        with LogExtractor(log, directory, "--from-start", "--state-file", disk / "position") as extractor, harness.Events(extractor.url) as events:
            def text():
                return "".join(event["line"]["raw"] if "line" in event.fields else event["raw"] for event in events.list)
            harness.wait_until(lambda: len(events.list) == 1, "the first line")
            with ballast.open("wb", buffering=0) as file:
                write_until_full(file, itertools.repeat(bytes(4096)))
            with log.open("ab", buffering=0) as file:
                written += write_until_full(file, numbered)
            assert len(written) > 1000
            extractor.wait_for_log("cannot write the state file")
            log.unlink()
            ballast.unlink()
            last = b"2026-01-02T03:04:06Z there is room again\n"
            log.write_bytes(last)
            events.wait_for("log.line", where=lambda event: "there is room again" in event["raw"])
            extractor.wait_for_log("is written again")
            assert extractor.stop() == 0
            events.end()
            assert text().replace("\n", "").encode() == (written + last).replace(b"\n", b"")
            assert harness.missing_events(events.list) == 0
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)
