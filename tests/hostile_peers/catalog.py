"""Imports every class of attack, so that ATTACKS has all of them."""

from . import benign, noise, send, slots, steer, withhold, work  # noqa: F401
from .attack import ATTACKS, CLASSES  # noqa: F401
