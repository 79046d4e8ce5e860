"""The day's clock jumps under load: forwards, back, by years. What is measured in time spans does not notice."""

import glob
import time

import pytest

import harness
from archiving import archive_tool, files
from members import Logger, Source, Tool
from sim_node import copy_sim_node

DAY = 86400


@pytest.fixture
def clock(directory):
    """Sets the clock of those who run with clock.before: seconds away from the machine's."""
    libraries = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    if not libraries:
        pytest.skip("needs the package libfaketime: a time namespace does not move the day's clock")

    class Clock:
        file = directory / "clock"
        before = ("env", f"LD_PRELOAD={libraries[0]}", f"FAKETIME_TIMESTAMP_FILE={directory / 'clock'}", "FAKETIME_NO_CACHE=1",
                  "FAKETIME_DONT_FAKE_MONOTONIC=1", "DONT_FAKE_MONOTONIC=1")

        def set(self, seconds):
            new = directory / "clock.new"
            new.write_text(f"{seconds:+}")
            new.rename(self.file)
    clock = Clock()
    clock.set(0)
    return clock


def test_loses_no_event_by_clock_jumps(directory, clock):
    path, url = copy_sim_node(directory), f"ipc://{directory}/bus"
    archive = directory / "archive"
    def member(kind, name, *options, **more):
        return kind(name, f"peer-observer-{name}", *options, metrics=f"127.0.0.1:{harness.free_port()}", before=clock.before, **more)
    extractor = member(Source, "extractor", "--bitcoind", path, "--node", "sim", "--listen", url, url=url)
    logger = member(Logger, "logger", "--format", "protobuf", sources=[extractor])
    archiver = member(Tool, "archiver", "--directory", archive, "--keep-days", 1, "--rotate-seconds", 1, "--frame-size", 16, sources=[extractor])
    tools = [logger, member(Tool, "metrics", sources=[extractor]), archiver, member(Tool, "detector", "--listen", f"ipc://{directory}/d", sources=[extractor])]
    try:
        for one in (extractor, *tools):
            one.start()
        for tool in tools:
            harness.wait_until(tool.connected, f"{tool} is connected")
        harness.wait_until(lambda: extractor.figure("peer_observer_extractor_tracepoint_attached"), "the extractor is attached")
        with harness.Program(path, "--rate", 2000) as node:
            for jump in (0, DAY, -DAY, 0, 3650 * DAY, -10 * DAY, 1):
                clock.set(jump)
                begun = time.monotonic()
                harness.wait_until(hears_more(tools), f"events after the jump to {jump}")
                print(f"clock {jump:+} s: all hear more after {time.monotonic() - begun:.2f} s")
                harness.wait_until(lambda jump=jump: abs(logger.ledger.newest_ns / 1e9 - time.time() - jump) < 60,
                                   f"events bear the time that is {jump} s away")
            harness.wait_until(lambda: archiver.figure("peer_observer_archiver_closed_files_total") >= 2, "a second file")
            assert node.stop() == 0
        for tool in tools:
            tool.settle()
        published = extractor.published()
        for one in (*tools, extractor):
            one.stop()
    finally:
        for one in (*tools, extractor):
            one.end()
    logger.ledger.end()
    assert logger.ledger.received == published and logger.ledger.missing == 0
    # Nothing was deleted for its age.
    assert len(files(archive)) > 1
    assert f"events      {published:.0f}\n" in archive_tool("info", archive).decode()
    archive_tool("verify", archive)


def hears_more(tools):
    before = [(tool, tool.counts()[0]) for tool in tools]
    return lambda: all((tool.counts() or (0,))[0] > count for tool, count in before)
