"""What happens to the fleet. Each fault is injected, lasts, and ends; then the clock of the recovery runs.

A fault is a function of the fleet and a source of random numbers. It returns what to print, and what must be true for the
fleet to have recovered. Where it starts a service again it says so by `restarted`: what nobody can count from outside is
then followed by the ledger of the logger and by the archive.
"""

import contextlib
import os
import pathlib
import resource
import signal
import time

import harness
from fleet import MINUTES
from members import descriptors
from sim_node import copy_sim_node

DEADLINE = 60  # seconds
SESSION = ("--rate", "2000")
LONGEST_CUT = 20 if MINUTES else 3  # seconds; TCP waits ever longer
FLOOD = ("--flood", "ping", "--rate", "4000")  # its messages are numbered


def last(random, least, most):
    """For how long a fault lasts, or how long after the load's beginning it comes."""
    time.sleep(random.uniform(least, most))


def caught_up(fleet, tools):
    """That all of them have accounted for what has been published until now; that they hear more, of those of which it is
    not known where they began."""
    goals = [(tool, tool.offered() - tool.base) for tool in tools if tool.base is not None]
    others_hear = hears([tool for tool in tools if tool.base is None])
    return lambda: all((tool.accounted_for() or 0) >= goal for tool, goal in goals) and others_hear()


def hears(tools):
    """That all of them receive again."""
    before = [(tool, tool.counts() or (0, 0, 0)) for tool in tools]
    return lambda: all(tool.connected() and (tool.counts() or (0,))[0] > counts[0] for tool, counts in before)


def end_a_tool(fleet, random, how):
    tool = random.choice(fleet.tools)
    if how == signal.SIGKILL:
        tool.kill()
    else:
        tool.stop()
    if tool in (fleet.logger, fleet.listener):
        tool.ledger.end()
    last(random, 0, 0.5)
    tool.start()
    fleet.restarted(tool)
    followers = [follower for follower in fleet.subscribers_of(tool)]
    is_back = hears([tool]) if tool is not fleet.listener else tool.connected
    return str(tool), lambda: is_back() and all(follower.connected() for follower in followers)


def kill_a_tool(fleet, random):
    return end_a_tool(fleet, random, signal.SIGKILL)


def terminate_a_tool(fleet, random):
    return end_a_tool(fleet, random, signal.SIGTERM)


def stop_a_tool(fleet, random):
    tool = random.choice(fleet.tools)
    tool.program.signal(signal.SIGSTOP)
    last(random, 0.2, 2)
    tool.program.signal(signal.SIGCONT)
    return str(tool), caught_up(fleet, [tool])


def end_an_extractor(fleet, random, how):
    extractor = random.choice(fleet.sources)
    if how == signal.SIGKILL:
        extractor.kill()
    else:
        extractor.stop()
    last(random, 0, 0.5)
    extractor.start()
    fleet.restarted(extractor)
    if extractor is fleet.extractor:
        fleet.logger.ledger.begin(late=[node.pid for node in fleet.nodes])
    return str(extractor), hears(fleet.subscribers_of(extractor))


def kill_an_extractor(fleet, random):
    return end_an_extractor(fleet, random, signal.SIGKILL)


def terminate_an_extractor(fleet, random):
    return end_an_extractor(fleet, random, signal.SIGTERM)


def stop_the_extractor(fleet, random):
    """The ring of 4 MiB is full before it continues."""
    fleet.extractor.program.signal(signal.SIGSTOP)
    last(random, 0.2, 1)
    fleet.play("--flood", "junk", "--size", "100000", "--count", "100").program.wait()
    last(random, 0, 0.5)
    fleet.extractor.program.signal(signal.SIGCONT)
    return "extractor", hears(fleet.subscribers_of(fleet.extractor))


def crash_the_node(fleet, random):
    fleet.nodes.pop().program.kill()
    last(random, 0, 0.5)
    fleet.play(*FLOOD)
    return "node", hears(fleet.subscribers_of(fleet.extractor))


def kill_bitcoind(fleet, random):
    """Its extractors live on: each publishes again when it is back."""
    sources = [source for source in fleet.sources if source is not fleet.extractor]
    before = [source.published() for source in sources]
    fleet.core.program.kill()
    last(random, 0, 0.5)
    fleet.core.start()
    fleet.core.rpc.generatetodescriptor(1, "raw(51)#8lvh9jxk")
    return "bitcoind", lambda: all((source.published() or 0) > count for source, count in zip(sources, before))


def stop_the_node(fleet, random):
    node = fleet.nodes[0]
    node.program.signal(signal.SIGSTOP)
    last(random, 0.2, 1.5)
    node.program.signal(signal.SIGCONT)
    return "node", hears(fleet.subscribers_of(fleet.extractor))


def upgrade_the_node(fleet, random):
    """The file is replaced while the node runs; then it is started again."""
    (fleet.directory / "new").mkdir(exist_ok=True)
    os.rename(copy_sim_node(fleet.directory / "new"), fleet.path)
    last(random, 0, 0.5)
    fleet.nodes.pop().stop()
    fleet.extractor.least.clear()  # it stays attached to the files of up to eight generations
    node = fleet.play(*FLOOD)
    fleet.logger.ledger.begin(late=[node.pid])
    return "node", hears(fleet.subscribers_of(fleet.extractor))


def break_the_network(fleet, random, how):
    how()
    last(random, 0.5, LONGEST_CUT)
    fleet.there.heal()
    return "network", caught_up(fleet, fleet.subscribers_of(fleet.extractor))


def unplug_the_network(fleet, random):
    return break_the_network(fleet, random, fleet.there.unplug)


def swallow_packets(fleet, random):
    return break_the_network(fleet, random, fleet.there.swallow)


def slow_the_network(fleet, random):
    return break_the_network(fleet, random, lambda: fleet.there.slow(random.choice((500, 2000))))


def fill_the_disk(fleet, random):
    def failing():
        return fleet.archiver.figure("peer_observer_archiver_failing_streams")
    filler = fleet.disk / "filler"
    with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass
    harness.wait_until(lambda: failing() > 0, "the disk is full")
    last(random, 0, 1)
    filler.unlink()
    return "archiver", lambda: failing() == 0


def exhaust_file_descriptors(fleet, random):
    """None can be opened any more, at the one or at the other end, and the connections between them break."""
    member = random.choice(fleet.members)
    soft, hard = resource.prlimit(member.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(member.pid, resource.RLIMIT_NOFILE, (descriptors(member.pid), hard))
    fleet.there.unplug()
    last(random, 0, 0.5)
    fleet.there.heal()
    late = harness.Program(*fleet.there.command, harness.program("peer-observer-logger"), "--source", fleet.extractor.url)
    last(random, 0.2, 1.5)
    late.end()
    resource.prlimit(member.pid, resource.RLIMIT_NOFILE, (soft, hard))
    return str(member), caught_up(fleet, fleet.subscribers_of(fleet.extractor))


def run_out_of_memory(fleet, random):
    """In a control group that is too small, the kernel kills it, as soon as what it had freed before no longer suffices."""
    tool = random.choice([tool for tool in fleet.tools if tool is not fleet.listener])
    with memory_limit(tool.pid, 1 << 16):
        def killed():
            fleet.play("--flood", "junk", "--size", "100000", "--count", "300", "--rate", "1000").program.wait()
            return not tool.runs()
        harness.wait_until(killed, f"{tool} is killed", DEADLINE)
        assert tool.program.wait() == -signal.SIGKILL
    if tool is fleet.logger:
        tool.ledger.end()
    tool.start()
    fleet.restarted(tool)
    return str(tool), hears([tool])


@contextlib.contextmanager
def memory_limit(pid, limit_bytes):
    """Lets the process have so many bytes more, no swap, by cgroup v2, or v1 where the controller is there."""
    root, file = memory_controller()
    group = root / f"peer-observer-chaos-{os.getpid()}"
    group.mkdir()
    try:
        (group / file).write_text(str(limit_bytes))
        (group / "cgroup.procs").write_text(str(pid))
        yield
    finally:
        with contextlib.suppress(OSError):
            (root / "cgroup.procs").write_text(str(pid))
        harness.wait_until(lambda: not (group / "cgroup.procs").read_text(), "the control group is empty")
        group.rmdir()


def memory_controller():
    """(where groups are made, the file of the limit), or nothing."""
    two, one = pathlib.Path("/sys/fs/cgroup"), pathlib.Path("/sys/fs/cgroup/memory")
    control = two / "cgroup.subtree_control"
    if control.exists() and "memory" in control.read_text().split():
        return two, "memory.max"
    return (one, "memory.limit_in_bytes") if (one / "memory.limit_in_bytes").exists() else None


# What may happen, and under which load.
FAULTS = {
    kill_a_tool: SESSION, terminate_a_tool: SESSION, stop_a_tool: SESSION,
    kill_an_extractor: FLOOD, terminate_an_extractor: FLOOD, stop_the_extractor: SESSION,
    kill_bitcoind: SESSION, crash_the_node: FLOOD, stop_the_node: SESSION, upgrade_the_node: FLOOD,
    unplug_the_network: SESSION, swallow_packets: SESSION, slow_the_network: SESSION,
    fill_the_disk: SESSION, exhaust_file_descriptors: SESSION, run_out_of_memory: SESSION,
}


def possible_faults(fleet):
    left_out = {run_out_of_memory: not memory_controller(), kill_bitcoind: not fleet.core}
    possible = [fault for fault in FAULTS if not left_out.get(fault) and fault.__name__ == os.environ.get("CHAOS_FAULT", fault.__name__)]
    assert possible, "no such fault as CHAOS_FAULT can be injected here"
    return possible
