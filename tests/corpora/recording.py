"""What every corpus of nodes is recorded by."""

import contextlib
import re
import subprocess

import harness
from bitcoind.node import copy_binary, find_bitcoind


@contextlib.contextmanager
def recording(directory):
    """A folder for nodes, and the program that they are to run. Their events are written to DIR/archive; end the nodes before."""
    with harness.temporary_directory() as work:
        binary = copy_binary(work, find_bitcoind())
        with harness.Extractor(binary, work) as extractor, \
                harness.Program(harness.program("peer-observer-archiver"), "--directory", directory / "archive", "--source", extractor.url) as archiver:
            archiver.wait_for_log("connected")
            extractor.wait_for_log("tracepoints to")
            yield work, binary
            assert extractor.stop() == 0
            assert archiver.stop() == 0


def missing(archive):
    """How many events the archive lacks, by the sequence numbers of what it has."""
    told = subprocess.run([harness.program("peer-observer-archive"), "info", archive], check=True, capture_output=True, text=True).stdout
    return int(re.search(r"^missing +([0-9,]+) events", told, re.MULTILINE)[1].replace(",", ""))
