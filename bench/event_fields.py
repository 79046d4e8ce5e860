"""The fields of events, for the scripts here that look at archives. Needs the Python package on the path."""

from peer_observer.proto import options_pb2


def leaves(message, path=""):
    """(path, message, field, value) of every field but messages, however deep."""
    for field, value in message.ListFields():
        name = f"{path}.{field.name}" if path else field.name
        if field.type != field.TYPE_MESSAGE:
            yield name, message, field, value
        elif field.message_type.GetOptions().map_entry:
            continue
        else:
            for inner in value if field.label == field.LABEL_REPEATED else (value,):
                yield from leaves(inner, name)


def is_hash(field):
    return field.type == field.TYPE_BYTES and field.GetOptions().Extensions[options_pb2.display] == options_pb2.HASH
