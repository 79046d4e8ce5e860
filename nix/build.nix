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
    # Half of the time, on hosts that get no binaries from a cache; as the preset ci.
    cmakeFlags = [(lib.cmakeBool "CMAKE_UNITY_BUILD" true) (lib.cmakeBool "PEER_OBSERVER_QUICK_TESTS" true)];
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
