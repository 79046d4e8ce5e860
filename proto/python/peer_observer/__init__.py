"""Events of Bitcoin nodes, as peer-observer publishes and archives them."""

from .events import Origin, events_of
from .reading import DecodingError, archive_batches, archive_events, live_batches, live_events

__all__ = ["DecodingError", "Origin", "archive_batches", "archive_events", "events_of", "live_batches", "live_events"]
