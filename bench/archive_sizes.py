#!/usr/bin/env -S PATH=/usr/bin:${PATH} python3
"""Prints a Markdown table of the bytes an event that archives take: bench/archive_sizes.py BUILD FILE...

Each FILE is an archive. Beside its own size there are, for each level: the archive that `merge` makes of its events, as peer-observer-archiver
writes them where a crash does not cut it short; and one zstd stream of the same delimited protobuf.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

LEVELS = (3, 19)
LONGEST = ("--ultra", "-22", "--long=27")


def output_of(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def stream_bytes(path, *options):
    with subprocess.Popen(["zstd", "-cq", *options, path], stdout=subprocess.PIPE) as zstd:
        return sum(map(len, iter(lambda: zstd.stdout.read(1 << 20), b"")))


def figures(tool, archive, folder):
    """(what, bytes), the number of events."""
    events = int(re.search(r"^events +([0-9]+)", output_of(tool, "info", archive).decode(), re.MULTILINE)[1])
    plain = folder / "plain"
    with plain.open("wb") as file:
        subprocess.run([tool, "cat", "--format", "protobuf", archive], check=True, stdout=file)
    found = [("delimited protobuf", plain.stat().st_size), ("the file as it was recorded", archive.stat().st_size)]
    for level in LEVELS:
        merged = folder / f"{level}.poa.zst"
        subprocess.run([tool, "merge", "--level", str(level), "--output", merged, archive], check=True, stderr=subprocess.DEVNULL)
        stream = stream_bytes(plain, f"-{level}")
        found += [(f"archive of level {level}", merged.stat().st_size), (f"`zstd -{level}`", stream),
                  (f"archive by `zstd -{level}`", merged.stat().st_size / stream)]
    return [*found, (f"`zstd {' '.join(LONGEST)}`", stream_bytes(plain, *LONGEST))], events


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    tool, archives = pathlib.Path(sys.argv[1]) / "bin/peer-observer-archive", [pathlib.Path(name) for name in sys.argv[2:]]
    columns = []
    for archive in archives:
        with tempfile.TemporaryDirectory() as folder:
            columns.append(figures(tool, archive, pathlib.Path(folder)))
    print("| bytes an event |" + "".join(f" {archive.name}, {events:,} events |" for archive, (_, events) in zip(archives, columns)))
    print("| --- |" + " ---: |" * len(columns))
    for rows in zip(*(found for found, _ in columns)):
        cells = (f"{size:.3f}" if isinstance(size, float) else f"{size / events:.1f}" for (_, size), (_, events) in zip(rows, columns))
        print(f"| {rows[0][0]} |" + "".join(f" {cell} |" for cell in cells))


main()
