#!/usr/bin/env -S PATH=/usr/bin:${PATH} python3
"""Prints where the bytes of an archive are: bench/archive_bytes.py BUILD FILE [--level 3] [--bytes 16777216]

Of the first bytes of its delimited protobuf: by kind and by field, how many bytes they are, and how many `zstd -LEVEL` saves where they are left out, which is what
they cost compressed. Then the hashes, by how far back in the stream the same one was seen last: zstd finds a repetition within its window.
"""

import argparse
import collections
import pathlib
import subprocess
import sys

FIELDS = 12  # of those with the most bytes
DISTANCES = ((64 << 10, "64 KiB"), (512 << 10, "512 KiB"), (2 << 20, "2 MiB (window of level 3)"), (8 << 20, "8 MiB (window of level 19)"), (128 << 20, "128 MiB (`--long=27`)"))


def compressed(data, level):
    return len(subprocess.run(["zstd", f"-{level}cq"], input=data, stdout=subprocess.PIPE, check=True).stdout)


def kind_of(event):
    context = event.WhichOneof("context")
    inner = getattr(event, context) if context else None
    name = inner.WhichOneof("event") if inner is not None and "event" in inner.DESCRIPTOR.oneofs_by_name else None
    message_type = getattr(getattr(inner, name), "message_type", "") if name else ""
    return ".".join(filter(None, (context or "unknown", name))) + (f" {message_type}" if message_type else "")


def short(path):
    """Both directions, and all kinds of messages, together."""
    return path.replace(".inbound.", ".*.").replace(".outbound.", ".*.")


def size_of(field, value):
    size = 0
    for one in value if field.label == field.LABEL_REPEATED else (value,):
        if field.type in (field.TYPE_BYTES, field.TYPE_STRING):
            size += 2 + len(one if isinstance(one, bytes) else one.encode())
        elif field.type in (field.TYPE_FIXED64, field.TYPE_SFIXED64, field.TYPE_DOUBLE):
            size += 9
        elif field.type in (field.TYPE_FIXED32, field.TYPE_SFIXED32, field.TYPE_FLOAT):
            size += 5
        else:
            size += 1 + max(1, (max(int(one), 1).bit_length() + 6) // 7)
    return size


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--level", type=int, default=3)
    parser.add_argument("--bytes", type=int, default=16 << 20)
    given = parser.parse_args()
    sys.path.insert(0, str(given.build / "python"))
    from event_fields import is_hash, leaves
    from peer_observer import archive_batches
    from peer_observer.proto import event_pb2

    batches, total = [], 0
    for batch in archive_batches(given.file):
        batches.append(batch)
        total += batch.ByteSize()
        if total >= given.bytes:
            break

    events = [event for batch in batches for event in batch.events]
    whole = [event.SerializeToString() for event in events]
    kinds = [kind_of(event) for event in events]
    bytes_of_kind, bytes_of_field = collections.Counter(), collections.Counter()
    last, distances, position = {}, collections.Counter(), 0
    for event, data, kind in zip(events, whole, kinds):
        bytes_of_kind[kind] += len(data)
        for path, _, field, value in leaves(event):
            bytes_of_field[short(path)] += size_of(field, value)
            if is_hash(field):
                for one in value if field.label == field.LABEL_REPEATED else (value,):
                    before = last.get(one)
                    last[one] = position
                    where = "first time" if before is None else next((name for limit, name in DISTANCES if position - before < limit), "further")
                    distances[where] += 1
        position += len(data)
    all_bytes = compressed(b"".join(whole), given.level)

    print(f"{len(events):,} events, {position:,} bytes, {all_bytes:,} by `zstd -{given.level}`.\n")
    print(f"| kind | events | bytes | share | of `zstd -{given.level}` |\n| --- | ---: | ---: | ---: | ---: |")
    for kind, size in bytes_of_kind.most_common(FIELDS):
        without = compressed(b"".join(data for data, its in zip(whole, kinds) if its != kind), given.level)
        print(f"| `{kind}` | {kinds.count(kind):,} | {size:,} | {100 * size / position:.1f} % | {100 * (all_bytes - without) / all_bytes:.1f} % |")
    print(f"\n| field | bytes | share | of `zstd -{given.level}` |\n| --- | ---: | ---: | ---: |")
    for wanted, size in bytes_of_field.most_common(FIELDS):
        left = []
        for event in events:
            without = event_pb2.Event()
            without.CopyFrom(event)
            for path, message, field, _ in list(leaves(without)):
                if short(path) == wanted:
                    message.ClearField(field.name)
            left.append(without.SerializeToString())
        print(f"| `{wanted}` | {size:,} | {100 * size / position:.1f} % | {100 * (all_bytes - compressed(b''.join(left), given.level)) / all_bytes:.1f} % |")
    count = sum(distances.values())
    print("\n| hash was seen last | hashes | share | sum |\n| --- | ---: | ---: | ---: |")
    so_far = 0
    for where in ("first time", *(name for _, name in DISTANCES), "further"):
        so_far += distances[where]
        name = where if where in ("first time", "further") else f"within {where}"
        print(f"| {name} | {distances[where]:,} | {100 * distances[where] / count:.1f} % | {100 * so_far / count:.1f} % |")


main()
