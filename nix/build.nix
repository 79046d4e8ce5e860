# How everything here that is C++ is built, and its tests run.
{
  lib,
  stdenv,
  cmake,
  ninja,
  pkg-config,
  protobuf,
  python3,
  gtest,
}: {
  nativeBuildInputs ? [],
  meta ? {},
  ...
} @ arguments:
stdenv.mkDerivation (
  {
    version = lib.fileContents ../VERSION;
    strictDeps = true;
    doCheck = true;
    checkInputs = [gtest];
    # Tests listen on 127.0.0.1.
    __darwinAllowLocalNetworking = true;
  }
  // arguments
  // {
    # protoc comes with protobuf; CMake looks for a Python that its tests would use.
    nativeBuildInputs = [cmake ninja pkg-config protobuf python3] ++ nativeBuildInputs;
    meta =
      {
        license = lib.licenses.mit;
        platforms = ["x86_64-linux" "aarch64-linux"];
      }
      // meta;
  }
)
