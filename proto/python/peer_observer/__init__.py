"""Events of Bitcoin nodes, as peer-observer publishes and archives them."""

from .archive import archive_batches, archive_events
from .events import Origin, events_of
from .reading import DecodingError, live_batches, live_events

__all__ = ["DecodingError", "Origin", "archive_batches", "archive_events", "events_of", "live_batches", "live_events"]
