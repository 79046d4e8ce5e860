"""The contract in proto/: no released field may change its number, type or place, or go without being reserved."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "scripts"))

import proto_fields  # noqa: E402

DESCRIPTORS = Path(os.environ["PEER_OBSERVER_BUILD"]) / "proto/descriptors.binpb"
RELEASED = (ROOT / "proto/released-fields.txt").read_text().splitlines()


def test_keeps_every_released_field():
    assert len(RELEASED) > 100
    assert proto_fields.broken_promises(RELEASED, proto_fields.fields(DESCRIPTORS.read_bytes())) == []


def compile_proto(tmp_path, body):
    (tmp_path / "x.proto").write_text(f'syntax = "proto3";\npackage p;\n{body}\n')
    out = tmp_path / "out.binpb"
    subprocess.run(["protoc", f"--proto_path={tmp_path}", f"--descriptor_set_out={out}", "x.proto"], check=True)
    return proto_fields.fields(out.read_bytes())


def test_allows_additions(tmp_path):
    old = compile_proto(tmp_path, "message M { int32 a = 1; }")
    new = compile_proto(tmp_path, "message M { int32 a = 1; string b = 2; } message N { bool c = 1; }")
    assert proto_fields.broken_promises(old, new) == []


def test_finds_renumbering(tmp_path):
    old = compile_proto(tmp_path, "message M { int32 a = 1; }")
    new = compile_proto(tmp_path, "message M { int32 a = 2; }")
    assert proto_fields.broken_promises(old, new) != []


def test_finds_reuse_of_number(tmp_path):
    old = compile_proto(tmp_path, "message M { int32 a = 1; }")
    new = compile_proto(tmp_path, "message M { int32 b = 1; }")
    assert proto_fields.broken_promises(old, new) != []


def test_finds_changed_type(tmp_path):
    old = compile_proto(tmp_path, "message M { int32 a = 1; }")
    assert proto_fields.broken_promises(old, compile_proto(tmp_path, "message M { int64 a = 1; }")) != []
    assert proto_fields.broken_promises(old, compile_proto(tmp_path, "message M { repeated int32 a = 1; }")) != []


def test_allows_removal_with_reserved_number_only(tmp_path):
    old = compile_proto(tmp_path, "message M { int32 a = 1; int32 b = 2; }")
    gone = compile_proto(tmp_path, "message M { int32 b = 2; }")
    reserved = compile_proto(tmp_path, 'message M { reserved 1; reserved "a"; int32 b = 2; }')
    assert proto_fields.broken_promises(old, gone) != []
    assert proto_fields.broken_promises(old, reserved) == []


def test_finds_changed_enum_values(tmp_path):
    old = compile_proto(tmp_path, "enum E { A = 0; B = 1; }")
    assert proto_fields.broken_promises(old, compile_proto(tmp_path, "enum E { A = 0; B = 2; }")) != []
    assert proto_fields.broken_promises(old, compile_proto(tmp_path, "enum E { A = 0; B = 1; C = 2; }")) == []
