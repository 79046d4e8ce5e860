"""Compares the lines of a kind with its events, in order."""

from collections import Counter
from typing import NamedTuple


class Difference(NamedTuple):
    sort: str
    text: str


def compare_in_order(kind, lines, keys, killed=False):
    """Both must be equal. A node that was killed may have come to one of two only, the last."""
    logged = [tuple(line.key) for line in lines]
    if len(logged) == len(keys) and all(_same(a, b) for a, b in zip(logged, keys)):
        return []
    if killed and abs(len(logged) - len(keys)) == 1 and all(_same(a, b) for a, b in zip(logged, keys)):
        return []
    return _differences(kind, lines, keys)


def _same(line, event):
    """A line that does not have a value has None in its place."""
    return len(line) == len(event) and all(a is None or a == b for a, b in zip(line, event))


def compare_by_thread(kind, lines, keys, killed=False):
    """Where a tracepoint fires behind its line, another thread may write a line and fire between the two. So an event must come
    behind its own line, and before the next line of the same thread, of any kind: `Line.until`. Lines of one thread are in order
    by that, and so are those of two, but for a tracepoint that another thread overtakes. A node that was killed may not have come
    from the last line of each thread to its event.
    Returns (differences, how many events were overtaken)."""
    never = len(lines) and lines[-1].number + 1 << 32
    waiting, overtaken = [], 0  # lines whose event has not come, the oldest first
    events = iter(keys)
    for line in [*lines, None]:
        for due in sorted(waiting, key=lambda entry: entry.until or never):
            if (due.until or never) > (line.number if line else never):
                break
            while due in waiting:
                key = next(events, None)
                if key is None and killed and due.until is None:
                    break
                # The line in question first: two threads may say the same.
                match = next((entry for entry in [due, *waiting] if key is not None and _same(entry.key, key)), None)
                if match is None:
                    return _differences(kind, lines, keys), overtaken
                overtaken += match is not waiting[0]
                waiting.remove(match)
        if line:
            waiting.append(line)
    return (_differences(kind, lines, keys) if next(events, None) is not None else []), overtaken


def compare_as_subsequence(kind, lines, keys, same):
    """Every line has its event, in order; there may be events without a line. `same(line's key, event's key)`."""
    rest = iter(keys)
    missing = [line for line in lines if not any(same(line.key, key) for key in rest)]
    return [Difference(f"{kind}: line without event", f"line {line.number}: {line.key}") for line in missing[:1]]


def _differences(kind, lines, keys):
    """What is in one only; and when there is nothing, the first that is out of order."""
    logged, published = Counter(tuple(line.key) for line in lines), Counter(keys)
    found = []
    for line in lines:
        key = tuple(line.key)
        if logged[key] > published[key] and None not in key:
            logged[key] -= 1
            found.append(Difference(f"{kind}: line without event", f"line {line.number}: {key}"))
    logged = Counter(tuple(line.key) for line in lines)
    for index, key in enumerate(keys):
        if published[key] > logged[key] and not any(None in other for other in logged):
            published[key] -= 1
            found.append(Difference(f"{kind}: event without line", f"event {index} of this kind: {key}"))
    if not found:
        place = next((i for i, (line, key) in enumerate(zip(lines, keys)) if not _same(tuple(line.key), key)), min(len(lines), len(keys)))
        found.append(Difference(f"{kind}: order", f"{len(lines)} lines, {len(keys)} events; from number {place} on: "
                                f"line {lines[place].number if place < len(lines) else '-'} {lines[place].key if place < len(lines) else '-'}, "
                                f"event {keys[place] if place < len(keys) else '-'}"))
    return found
