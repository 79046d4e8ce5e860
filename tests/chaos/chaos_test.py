"""Whatever fails, the rest continues, recovers by itself, and nothing is lost unseen.

CHAOS_SEED chooses what happens (0: a random one, printed), CHAOS_MINUTES for how long (default: each fault once), CHAOS_FAULT
the only fault (a function of faults.py).
"""

import itertools
import os
import random
import time

import faults
import harness
from fleet import MINUTES, Fleet
from network import OtherHost

SEED = int(os.environ.get("CHAOS_SEED", "1")) or random.SystemRandom().randrange(1, 1 << 32)
GOAL = 5  # seconds to recover; shown, and not asserted: a test asserts no speed


class Chaos:
    def __init__(self, fleet, source):
        self.fleet = fleet
        self.random = source
        self.rows = []

    def round(self, injected):
        """Load, faults in it one after the other, more load, and the account of all of it."""
        fleet = self.fleet
        load = faults.FAULTS[injected[0]]
        fleet.logger.ledger.begin()
        before = fleet.seen_and_lost()
        fleet.play(*load, "--seed", self.random.randrange(1 << 32))
        for fault in injected:
            faults.last(self.random, 0.1, 0.5)
            what, recovered = fault(fleet, self.random)
            start = time.monotonic()
            harness.wait_until(recovered, f"recovery from {fault.__name__} of {what}", faults.DEADLINE)
            self.rows.append((fault.__name__.replace("_", " "), what, time.monotonic() - start))
            print(f"chaos: {self.rows[-1]}", flush=True)
        fired = fleet.fired()
        fleet.wait_until_ready()
        if load == faults.SESSION:
            self.expect_all_accounted_for(before, fired)
        else:  # the extractor or the node was ended
            fleet.wait_until_all_is_counted()
        fleet.settle()
        fleet.check_what_they_hold()

    def rounds(self):
        """Each fault once, in any order, up to four in a round: those that need the same load."""
        possible = faults.possible_faults(self.fleet)
        possible = self.random.sample(possible, len(possible))
        for load in self.random.sample((faults.SESSION, faults.FLOOD), 2):
            of_load = [fault for fault in possible if faults.FAULTS[fault] == load]
            while of_load:
                injected, of_load = of_load[:4], of_load[4:]
                yield injected

    def expect_all_accounted_for(self, before, fired):
        def accounted():
            return self.fleet.seen_and_lost() == before + fired
        try:
            harness.wait_until(accounted, "what was fired is seen or reported lost")
        except AssertionError as error:
            raise AssertionError(f"{error}: fired {fired}, seen and lost {self.fleet.seen_and_lost() - before}") from None

    def table(self):
        lines = [f"{fault:26} {what:18} {seconds:6.2f} s{'' if seconds <= GOAL else '  above the goal'}"
                 for fault, what, seconds in self.rows]
        return "\n".join([f"seed {SEED}: recovery after the end of each fault (goal: {GOAL} s)", *lines])


def test_recovers_from_every_fault_and_counts_losses(directory):
    print(f"CHAOS_SEED={SEED}", flush=True)
    source = random.Random(SEED)
    with OtherHost() as there, Fleet(directory, there) as fleet:
        chaos = Chaos(fleet, source)
        fleet.start(source.sample(fleet.members, len(fleet.members)))
        fleet.settle()
        end = time.monotonic() + 60 * MINUTES
        try:
            for injected in itertools.chain.from_iterable(iter(chaos.rounds, None)):
                if len(chaos.rows) >= len(faults.possible_faults(fleet)) and time.monotonic() > end:
                    break
                chaos.round(injected)
        finally:
            print(chaos.table(), flush=True)
        fleet.stop()
        archived = fleet.check_archive()
        print(f"{len(archived)} publishers, {sum(end - start for start, end in archived.values())} numbers in the archive")


def test_works_for_any_order_of_start(directory):
    """All orders in the long form, three otherwise."""
    with OtherHost() as there, Fleet(directory, there, core=False) as fleet:
        orders = list(itertools.permutations((fleet.sources, fleet.tools, "node")))
        for order in orders if MINUTES else random.Random(SEED).sample(orders, 3):
            for what in order:
                if what == "node":
                    fleet.play(*faults.FLOOD)
                else:
                    for member in what:
                        member.start()
            if order.index("node") < order.index(fleet.sources):
                fleet.logger.ledger.begin(late=[node.pid for node in fleet.nodes])
            fleet.wait_until_ready()
            harness.wait_until(faults.hears(fleet.subscribers_of(fleet.extractor)), f"events with the order {order}")
            fleet.fired()
            fleet.settle()
            fleet.stop()
        assert len(fleet.check_archive()) == (6 if MINUTES else 3)
