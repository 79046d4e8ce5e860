#!/usr/bin/env python3
"""Lists every field of the project's protobuf types, one per line, for proto/released-fields.txt.

    scripts/proto_fields.py build/ci/proto/descriptors.binpb > proto/released-fields.txt

Run it when a version is released; tests/project/proto_test.py holds later versions against the list.
"""

import sys

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorSet


def _fields_of_message(message, prefix):
    name = f"{prefix}.{message.name}"
    for field in message.field:
        label = "repeated" if field.label == FieldDescriptorProto.LABEL_REPEATED else "singular"
        kind = field.type_name or FieldDescriptorProto.Type.Name(field.type)
        yield f"{name} {field.number} {field.name} {label} {kind}"
    for reserved in message.reserved_range:
        for number in range(reserved.start, reserved.end):
            yield f"{name} {number} reserved"
    for nested in message.nested_type:
        yield from _fields_of_message(nested, name)
    for enum in message.enum_type:
        yield from _values_of_enum(enum, name)


def _values_of_enum(enum, prefix):
    for value in enum.value:
        yield f"{prefix}.{enum.name} {value.number} {value.name} value"
    for reserved in enum.reserved_range:
        for number in range(reserved.start, reserved.end + 1):
            yield f"{prefix}.{enum.name} {number} reserved"


def fields(descriptor_set):
    """Sorted lines `message number name label type` of a serialized FileDescriptorSet, without those of protobuf itself."""
    lines = []
    for file in FileDescriptorSet.FromString(descriptor_set).file:
        if file.package.startswith("google."):
            continue
        for message in file.message_type:
            lines.extend(_fields_of_message(message, file.package))
        for enum in file.enum_type:
            lines.extend(_values_of_enum(enum, file.package))
    return sorted(lines)


def broken_promises(released, current):
    """The released lines that are neither there any more nor reserved."""
    now = set(current)
    return [line for line in released if line not in now and " ".join([*line.split()[:2], "reserved"]) not in now]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as file:
        print("\n".join(fields(file.read())))
