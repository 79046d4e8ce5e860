#!/usr/bin/env -S PATH=/usr/bin:${PATH} python3
"""Measures searches in large archives, from a cold cache: bench/archive_search.py BUILD FILE DIR [--gib 10] [--keep]

FILE is a recording. Its events are varied (other hashes and addresses) and compressed as the archiver does it; the frames are then written to DIR again and
again, until there are so many GiB, in files of 1 GiB. One frame of 100 has the address and the transaction that are searched for; one of its 20 events has the address,
as of a node with 20 peers. Needs root, to empty the page cache. Prints a table; DIR is deleted unless --keep, after which it is measured again. Wall time depends on the disk and on what else runs; CPU time does not.
"""

import argparse
import itertools
import json
import os
import pathlib
import re
import select
import shutil
import subprocess
import sys
import time
import zlib

RECORD_MAGIC, SEARCH_MAGIC = 0x184D2A5A, 0x184D2A5B
FRAME_BYTES, SEARCH_BYTES, FILE_BYTES = 4 << 20, 256 << 10, 1 << 30
PLAIN_BYTES, VARIANTS = 16 << 20, 8
ONE_OF, ONE_EVENT_OF = 100, 20
NEEDLE = b"9.9.9.123"  # as long as 127.0.0.1


def record(letter, message, magic=RECORD_MAGIC):
    body = b"POA" + letter + message.SerializeToString()
    size = len(body) + 16
    return b"".join((magic.to_bytes(4, "little"), (size - 8).to_bytes(4, "little"), body, zlib.crc32(body).to_bytes(4, "little"), size.to_bytes(4, "little")))


def read_record(data, offset=0):
    """The protobuf of a record, and where it ends."""
    size = int.from_bytes(data[offset + 4:offset + 8], "little") + 8
    return data[offset + 12:offset + size - 8], offset + size


def read_index(data):
    return archive_pb2.ArchiveIndex.FromString(read_record(data, len(data) - int.from_bytes(data[-4:], "little"))[0])


def batches(plain):
    """Each batch with its length in front of it."""
    offset = 0
    while offset < len(plain):
        size, shift, place = 0, 0, offset
        while True:
            byte = plain[place]
            size |= (byte & 0x7F) << shift
            place, shift = place + 1, shift + 7
            if byte < 0x80:
                break
        yield plain[offset:place + size]
        offset = place + size


def hashes_of(recording, most_bytes):
    found, read = set(), 0
    for batch in archive_batches(recording):
        for event in batch.events:
            for _, _, field, value in leaves(event):
                if is_hash(field):
                    found.update([value] if isinstance(value, bytes) else value)
        read += batch.ByteSize()
        if read > most_bytes:
            break
    return found


def vary(plain, hashes, number):
    """The same events of other peers, about other transactions and blocks."""
    places = itertools.count()

    def other_host(match):
        port = int(match[2])
        if number == 0 and next(places) % ONE_EVENT_OF == 0:
            return NEEDLE + b":" + match[2]
        return b"%d.%d.%d.%d:%b" % (20 + number, port % 10, port // 10 % 10, 10 + port // 100 % 90, match[2])

    varied = re.sub(rb"(127\.0\.0\.1):([0-9]{4,5})", other_host, plain)
    mask = int.from_bytes(bytes([number * 29 + 1]) * 32, "little")

    def other_hash(match):
        if match[2] not in hashes:
            return match[0]
        return match[1] + (int.from_bytes(match[2], "little") ^ mask).to_bytes(32, "little")

    return re.sub(rb"(?s)([\x0a\x12\x1a\x22\x2a]\x20)(.{32})", other_hash, varied)


def archive_of(tool, header, plain, path):
    """An archive as one that an archiver left open, which `repair` closes and indexes."""
    content = b""
    with path.with_name(path.name + ".open").open("wb") as file:
        def write():
            file.write(subprocess.run(["zstd", "-3cq", "--stream-size", str(len(content))], input=content, stdout=subprocess.PIPE, check=True).stdout)
        file.write(header)
        for batch in batches(plain):
            content += batch
            if len(content) >= FRAME_BYTES:
                write()
                content = b""
    subprocess.run([tool, "repair", path.with_name(path.name + ".open")], check=True, stdout=subprocess.DEVNULL)


def frames_of(path):
    """(bytes, ArchiveFrame, ArchiveFrameContents) of each frame."""
    data = path.read_bytes()
    index = read_index(data)
    contents = {}
    for place in index.searches:
        for frame in archive_pb2.ArchiveSearch.FromString(read_record(data, place.offset)[0]).frames:
            contents[frame.offset] = frame
    return [(data[frame.offset:frame.offset + frame.size_bytes], frame, contents[frame.offset]) for frame in index.frames]


class File:
    def __init__(self, path, header):
        self.file = path.open("wb")
        self.index = archive_pb2.ArchiveIndex()
        self.search = archive_pb2.ArchiveSearch(rules=1)
        self.search_bytes = 0
        self.file.write(header)

    def add(self, data, frame, contents):
        frame.offset = contents.offset = self.file.tell()
        self.file.write(data)
        self.index.frames.append(frame)
        self.search.frames.append(contents)
        self.search_bytes += contents.ByteSize()
        if self.search_bytes >= SEARCH_BYTES:
            self.write_search()

    def write_search(self):
        data = record(b"S", self.search, SEARCH_MAGIC)
        self.index.searches.add(offset=self.file.tell(), size_bytes=len(data))
        self.file.write(data)
        self.search, self.search_bytes = archive_pb2.ArchiveSearch(rules=1), 0

    def close(self):
        self.write_search()
        self.file.write(record(b"I", self.index))
        self.file.close()
        return sum(frame.events for frame in self.index.frames), sum(place.size_bytes for place in self.index.searches)


def make(tool, recording, folder, gib):
    """Writes the archives. Returns events, bytes of search records, and a transaction of the rare frame."""
    parts = folder / "parts"
    parts.mkdir(parents=True)
    plain = subprocess.run([tool, "cat", "--format", "protobuf", recording], check=True, stdout=subprocess.PIPE).stdout
    plain = b"".join(itertools.takewhile(lambda batch, left=[PLAIN_BYTES]: left.append(left.pop() - len(batch)) or left[0] > 0, batches(plain)))
    hashes = hashes_of(recording, len(plain))
    with open(recording, "rb") as file:
        data = file.read(1 << 20)
    header = data[:read_record(data)[1]]
    variants = []
    for number in range(VARIANTS):
        path = parts / f"{number}.poa.zst"
        archive_of(tool, header, vary(plain, hashes, number), path)
        variants.append(frames_of(path))
    rare, others = variants[0][0], [frame for frames in variants[1:] for frame in frames]
    lines = subprocess.run([tool, "cat", "--kind", "mempool.added", "--count", "50", parts / "0.poa.zst"], check=True, stdout=subprocess.PIPE, text=True).stdout
    txid = re.findall(r"txid=([0-9a-f]{64})", lines)[-1]
    events = search_bytes = place = 0
    for number in range(gib):
        file = File(folder / f"{number:03}.poa.zst", header)
        while file.file.tell() < FILE_BYTES:
            file.add(*(rare if place % ONE_OF == ONE_OF // 2 else others[place % len(others)]))
            place += 1
        more_events, more_bytes = file.close()
        events, search_bytes = events + more_events, search_bytes + more_bytes
    shutil.rmtree(parts)
    return events, search_bytes, txid


def measure(command, is_cold):
    """Wall and CPU seconds, MiB read from the disk, the most memory in MiB, and lines printed."""
    if is_cold:
        os.sync()
        pathlib.Path("/proc/sys/vm/drop_caches").write_text("3")
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    lines = memory = read = 0
    data = b"any"
    while data:
        if select.select([process.stdout], [], [], 0.02)[0]:
            data = process.stdout.read1(1 << 20)
            lines += data.count(b"\n")
        # Not ru_maxrss: that begins with this script's.
        if most := re.search(r"VmHWM:\s*([0-9]+)", pathlib.Path(f"/proc/{process.pid}/status").read_text()):
            memory = int(most[1])
            read = int(re.search(r"\nread_bytes: ([0-9]+)", pathlib.Path(f"/proc/{process.pid}/io").read_text())[1])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command}: status {process.returncode}")
    return time.monotonic() - started, usage.ru_utime + usage.ru_stime, read >> 20, memory / 1024, lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("recording", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--gib", type=int, default=10)
    parser.add_argument("--keep", action="store_true")
    given = parser.parse_args()
    sys.path.insert(0, str(given.build / "python"))
    global archive_batches, archive_pb2, is_hash, leaves
    from event_fields import is_hash, leaves
    from peer_observer import archive_batches
    from peer_observer.proto import archive_pb2
    tool = given.build / "bin/peer-observer-archive"
    try:
        if given.folder.exists():
            events, search_bytes, txid = json.loads((given.folder / "made.json").read_text())
        else:
            events, search_bytes, txid = make(tool, given.recording, given.folder, given.gib)
            (given.folder / "made.json").write_text(json.dumps([events, search_bytes, txid]))
        files = sorted(given.folder.glob("*.poa.zst"))
        total = sum(file.stat().st_size for file in files)
        print(f"{total:,} bytes in {len(files)} files, {events:,} events; search records: {search_bytes:,} bytes, {100 * search_bytes / total:.2f} %. Load {os.getloadavg()[0]:.1f}.\n")
        print("| `cat` from a cold cache | wall | CPU | read | memory | events found | events/s of CPU |")
        print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
        questions = [("--address", NEEDLE.decode()), ("--hash", txid), ("--select", f"address={NEEDLE.decode()},message_type=inv"),
                     ("--kind", "p2p_extractor")]
        for options in questions:
            wall, cpu, read, memory, lines = measure([tool, "cat", *options, given.folder], True)
            shown = options[1] if len(options[1]) < 40 else options[1][:8] + "…"
            print(f"| `{options[0]} {shown}` | {wall:.2f} s | {cpu:.2f} s | {read:,} MiB | {memory:.0f} MiB | {lines:,} | {events / cpu:,.0f} |", flush=True)
        wall, cpu, read, memory, lines = measure([tool, "cat", "--no-index", "--kind", "p2p_extractor", files[0]], True)
        print(f"| `--no-index --kind p2p_extractor`, one file | {wall:.2f} s | {cpu:.2f} s | {read:,} MiB | {memory:.0f} MiB | {lines:,} | {events / len(files) / cpu:,.0f} |")
    finally:
        if not given.keep:
            shutil.rmtree(given.folder, ignore_errors=True)


main()
