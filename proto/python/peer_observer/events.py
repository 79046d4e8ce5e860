"""From a batch to its events."""

from typing import NamedTuple


class Origin(NamedTuple):
    """Where an event comes from. The three together name it: no two events have them in common."""

    node: str
    publisher_id: int
    sequence: int


def events_of(batches):
    """Yields (Origin, Event) for each event of the batches."""
    for batch in batches:
        for index, event in enumerate(batch.events):
            yield Origin(batch.node, batch.publisher_id, batch.first_sequence + index), event


def kind_of(event):
    """`mempool.rejected`, or `events_lost`; `unknown` for what is newer than these types."""
    context = event.WhichOneof("context")
    if context is None:
        return "unknown"
    message = getattr(event, context)
    if "event" not in message.DESCRIPTOR.oneofs_by_name:
        return context
    return f"{context}.{message.WhichOneof('event') or 'unknown'}"
