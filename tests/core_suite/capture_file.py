"""Reads the files of Bitcoin Core's option -capturemessages.

Each connection has the folder `<network's data directory>/message_capture/<address>_<port>`, with every colon of the address as
an underscore, and in it `msgs_recv.dat` and `msgs_sent.dat`. Connections with one address share them, and so do all runs of a
node: Core appends. A file is a row of records without a header (net.cpp: CaptureMessageToFile); integers are little endian:

    offset  size  field
         0     8  time: UNIX time in microseconds by the node's clock, which follows setmocktime
         8    12  message type, filled up with NUL
        20     4  size of the payload in bytes
        24  size  payload

Core takes no lock for these files. Two threads that send to one peer may each write into the other's record: such a file is
damaged from there on.
"""

import struct
from typing import NamedTuple

HEADER = struct.Struct("<q12sI")
# Core's MAX_SIZE (serialize.h): none of its messages is larger, those that it sends neither.
MAX_PAYLOAD_BYTES = 0x02000000

DIRECTIONS = {"msgs_recv.dat": "inbound", "msgs_sent.dat": "outbound"}


class Record(NamedTuple):
    time_us: int
    message_type: str
    payload: bytes


class DamagedCapture(Exception):
    """What was read before is good."""


def folder_name(address):
    """The folder of the connections with this address:port."""
    return address.replace(":", "_")


def read_records(file, name="the capture"):
    """Yields the records of a binary file. One record is held in memory, never the file."""
    offset = 0
    while header := file.read(HEADER.size):
        where = f"{name}: the record at byte {offset}"
        if len(header) < HEADER.size:
            raise DamagedCapture(f"{where} ends within its header")
        time_us, padded_type, size = HEADER.unpack(header)
        message_type = padded_type.rstrip(b"\0")
        if any(not 0x20 <= byte <= 0x7E for byte in message_type):
            raise DamagedCapture(f"{where} has a message type that is none: {padded_type!r}")
        if size > MAX_PAYLOAD_BYTES:
            raise DamagedCapture(f"{where} has a payload of {size} bytes")
        payload = file.read(size)
        if len(payload) < size:
            raise DamagedCapture(f"{where} ends within its payload: {len(payload)} of {size} bytes")
        yield Record(time_us, message_type.decode("ascii"), payload)
        offset += HEADER.size + size
