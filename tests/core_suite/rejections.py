"""The extractor reports a decode error exactly where Core refuses a payload, with the exceptions of ACCEPTED."""

import re

from ordering import Difference

CAUGHT = re.compile(r"ProcessMessages\((.*), (\d+) bytes\): (?:Exception '(.*)' \(.*\)|Unknown exception) caught", re.S)

# Payloads that cannot be decoded and of which Core says no exception: (what Core says against the message, why).
# Core reads these, and refuses them by a rule that it checks behind the reading.
REFUSED = (
    (r"Misbehaving: peer=\d+: \w+ message size = \d+", "more entries than the message may have"),
    (r"Misbehaving: peer=\d+: too-large bloom filter", "a filter of more than 36,000 bytes or 50 functions"),
    (r"Misbehaving: peer=\d+: bad filteradd message", "an element of more than 520 bytes"),
    (r"get(?:blocks|headers) locator size \d+ > 101", "more hashes than a locator may have"),
    (r"invalid feature payload", "BIP434's own rules"),
)
# Core does not look at the payload at all.
NOT_READ = (
    (r'Unsupported message ".*" prior to verack', "before the handshake is complete"),
    (r'non-version message before version handshake', "before the version message"),
    (r"redundant version message", "a second version message"),
    (r'Unknown message type ".*"', "no message of Core's"),
    (r"(?:Ignoring|Unexpected) ", "in this state Core does not want it"),
)


def matching(rows, complaints):
    return next((why for pattern, why in rows if any(re.match(pattern, line) for line in complaints)), None)


def compare_decode_errors(messages, complaints, accepted):
    """`messages`: (type, size, decode error or None, whether the payload was left out on purpose), one for each entry of
    `complaints`. `accepted` counts the exceptions by their reason."""
    differences = []
    for (message_type, size, error, truncated), lines in zip(messages, complaints):
        caught = next((match for line in lines if (match := CAUGHT.match(line))), None)
        if caught and int(caught[2]) != size:
            differences.append(Difference("rejection: another size", f"{message_type} of {size} bytes: {caught[0]}"))
        if caught and error is None and not truncated:
            differences.append(Difference("rejection: decoded, Core refuses", f"{message_type} of {size} bytes: {caught[0]}"))
        if caught is None and error is not None:
            why = matching(REFUSED, lines) or matching(NOT_READ, lines)
            if why is None:
                differences.append(Difference("rejection: decode error, Core says nothing", f"{message_type} of {size} bytes: {error}; {lines}"))
            else:
                accepted[why] += 1
    return differences
