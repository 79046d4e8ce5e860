"""Imports every class of attack, so that ATTACKS has all of them."""

from . import benign, noise, noise_odd, send, send_varied, slots, slots_short, steer, steer_network, withhold, withhold_late, work, work_slow  # noqa: F401
from .attack import ATTACKS, CLASSES  # noqa: F401
