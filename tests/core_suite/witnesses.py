"""Which line of debug.log tells of which event: the same key is made of both.

Kinds without a line: utxocache.*, coin_selection.* (their lines have other numbers), and of mempool.rejected those that came by
RPC. orphan.removed has several forms of lines, of which some have no txid.
"""

import re

HASH = r"([0-9a-f]{64})"


def _rule(pattern, make=lambda *groups: groups):
    compiled = re.compile(pattern, re.S)

    def rule(message, _thread, _reader):
        match = compiled.match(message)
        return make(*match.groups()) if match else None
    return rule


def _message(name):
    compiled = re.compile(name + r" (.*) \((\d+) bytes\) peer=(\d+)")

    def rule(message, thread, reader):
        match = compiled.fullmatch(message)
        if not match:
            return None
        if name == "received:":
            reader.log.complaints.append([])
            reader.state.pop(("package", thread), None)
        return int(match[3]), match[1], int(match[2])
    return rule


def _complaint(message, _thread, reader):
    """What Core says against the message that it received last."""
    if reader.log.complaints:
        reader.log.complaints[-1].append(message)


def _connected_block(_message, thread, reader):
    """The line before the tracepoint, which has no hash: that comes with a later line."""
    key = [None]
    reader.state["block", thread] = key
    return key


def _checked_block(message, thread, reader):
    match = re.match(rf"BlockChecked: block hash={HASH} state=Valid$", message)
    key = reader.state.pop(("block", thread), None)
    if match and key is not None:
        key[0] = match[1]


def _added_connection(message, thread, reader):
    peer = int(re.search(r"peer=(\d+)", message)[1])
    reader.state["connection", thread] = peer
    return (peer,)


def _accepted_connection(message, thread, reader):
    match = re.match(r"connection from (\S+) accepted$", message)
    return (reader.state["connection", thread], match[1]) if match and ("connection", thread) in reader.state else None


def _place_in_addrman(address, autonomous_system, *place):
    return address, int(autonomous_system or 0), *map(int, place)


def _package(_message, thread, reader):
    reader.state["package", thread] = True


_REJECTED = re.compile(rf"{HASH} \(wtxid={HASH}\) from peer=\d+ was not accepted: (.*)", re.S)


def _rejected(message, thread, reader):
    """Not those of a package: they are refused without the tracepoint."""
    if ("package", thread) in reader.state:
        return None
    match = _REJECTED.match(message)
    return (match[1], match[3]) if match else None


def _replaced(message, _thread, _reader):
    match = re.match(rf"replacing mempool tx {HASH} \(wtxid={HASH}, fees=(-?\d+), vsize=(\d+)\)\. New (?:"
                     rf"tx {HASH} \(wtxid={HASH}, fees=(-?\d+), vsize=(\d+)\)|package {HASH} with \d+ txs, fees=(-?\d+), vsize=(\d+))$", message)
    if not match:
        return None
    is_tx = match[5] is not None
    new = (match[5], match[7], match[8]) if is_tx else match.group(9, 10, 11)
    return match[1], int(match[3]), int(match[4]), is_tx, new[0], int(new[1]), int(new[2])


def _with_prefix(prefix, rule):
    return lambda message, thread, reader: rule(message, thread, reader) if message.startswith(prefix) else None


# By the first word of a line: (kind of event, function that makes the key). Without a kind: lines that others need.
RULES = {
    "sending": [("message.outbound", _message("sending"))],
    "received:": [("message.inbound", _message("received:"))],
    "-": [("validation.block_connected", _with_prefix("    - Index writing: ", _connected_block))],
    "BlockChecked:": [("", _checked_block)],
    "Misbehaving:": [("connection.misbehaving", _rule(r"Misbehaving: peer=(\d+)(?:: (.*))?$", lambda peer, text: (int(peer), text or ""))),
                     ("", _complaint)],
    "Resetting": [("connection.closed", _rule(r"Resetting socket for peer=(\d+)", lambda peer: (int(peer),)))],
    "selected": [("connection.evicted", _rule(r"selected \S+ connection for eviction, disconnecting peer=(\d+)", lambda peer: (int(peer),)))],
    "Added": [("connection.opened", _with_prefix("Added connection ", _added_connection)),
              ("addrman.attempt_add", _rule(r"Added (\S+)(?: mapped to AS(\d+))? to new\[(\d+)\]\[(\d+)\]$", _place_in_addrman))],
    "Moved": [("addrman.move_to_good", _rule(r"Moved (\S+)(?: mapped to AS(\d+))? to tried\[(\d+)\]\[(\d+)\]$", _place_in_addrman))],
    "connection": [("connection.inbound", _accepted_connection)],
    "replacing": [("mempool.replaced", _replaced)],
    "stored": [("orphan.add", _rule(rf"stored orphan tx {HASH} \(wtxid={HASH}\), weight: (\d+)",
                                    lambda txid, wtxid, weight: (txid, wtxid, int(weight))))],
    "package": [("", _package)],
    "Enqueuing": [("mempool.added", _rule(rf"Enqueuing TransactionAddedToMempool: txid={HASH}")),
                  ("mempool.removed", _rule(rf"Enqueuing TransactionRemovedFromMempool: txid={HASH} wtxid={HASH} reason=(\w+)",
                                            lambda txid, _, reason: (txid, reason))),
                  ("mempool.removed_for_block", _rule(r"Enqueuing MempoolTransactionsRemovedForBlock: block height=\d+ txs removed=(\d+)",
                                                      lambda count: (int(count),)))],
}
# Lines that tell why a received message was refused or not looked at.
for beginning in ("invalid feature payload", 'Unsupported message "', "non-version message ", "redundant version message ", 'Unknown message type "',
                  "Ignoring ", "Unexpected ", "getblocks locator size ", "getheaders locator size "):
    RULES.setdefault(beginning.split()[0], []).append(("", _with_prefix(beginning, _complaint)))


def rules_of(word):
    """The rules for lines that begin with this word."""
    if len(word) == 64:
        return [("mempool.rejected", _rejected)]
    if word.startswith("ProcessMessages("):
        return [("", _complaint)]
    return RULES.get(word, ())


def logged_type(message_type):
    """A message type as Core's log shows it (SanitizeString)."""
    return "".join(character for character in message_type if character.isalnum() or character in " .,;-_/:?@()")


def _hex(value):
    return value[::-1].hex()


def key_of(kind, event):
    """The key of an event's inner message; None for kinds that no line tells of."""
    match kind:
        case "message.inbound" | "message.outbound" | "message.processed":
            return event.peer_id, logged_type(event.message_type), event.size
        case "validation.block_connected":
            return (_hex(event.hash),)
        case "connection.misbehaving":
            return event.peer_id, event.reason
        case "connection.closed" | "connection.evicted" | "connection.outbound":
            return (event.peer_id,)
        case "connection.inbound":
            return event.peer_id, event.address
        case "mempool.added":
            return (_hex(event.txid),)
        case "mempool.removed" | "mempool.rejected":
            return _hex(event.txid), event.reason
        case "mempool.replaced":
            is_tx = event.HasField("replacement_txid")
            return (_hex(event.replaced_txid), event.replaced_fee_sat, event.replaced_vsize_vbytes, is_tx,
                    _hex(event.replacement_txid if is_tx else event.replacement_package_hash),
                    event.replacement_fee_sat, event.replacement_vsize_vbytes)
        case "orphan.add":
            return _hex(event.txid), _hex(event.wtxid), event.weight
        case "addrman.attempt_add" | "addrman.move_to_good":
            return event.address, event.address_as, event.bucket, event.bucket_position
    return None
