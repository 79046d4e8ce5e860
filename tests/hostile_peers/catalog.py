"""Imports every class of attack, so that ATTACKS has all of them."""

from . import benign, noise, noise_again, noise_odd, send, send_many, send_varied, slots, slots_late, slots_short, steer  # noqa: F401
from . import steer_conflicts, steer_network, withhold, withhold_disguised, withhold_late, work, work_headers, work_slow  # noqa: F401
from .attack import ATTACKS, CLASSES  # noqa: F401
