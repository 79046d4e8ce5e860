{
  lib,
  mkService,
  stdenv,
  boost,
  bpftools,
  elfutils,
  fmt,
  gtest,
  libbpf,
  libsystemtap,
  llvmPackages,
  nng,
  openssl,
  prometheus-cpp,
  protobuf,
  protozero,
  spdlog,
  systemdLibs,
}: let
  # The unwrapped compiler, which has no hardening flags that the kernel's target does not know, has no headers either.
  kernelHeaders = stdenv.cc.libc.linuxHeaders or null;
in
  mkService {
    name = "extractor";
    description = "Traces Bitcoin Core with BPF and publishes its events";
    folders = ["bpf" "libs/app" "libs/base" "libs/bus" "libs/events" "libs/telemetry" "libs/wire"];
    files = ["cmake/bpf.cmake"];
    nativeBuildInputs = [bpftools llvmPackages.clang-unwrapped];
    buildInputs = [boost elfutils fmt libbpf nng openssl prometheus-cpp protobuf protozero spdlog systemdLibs];
    checkInputs = [gtest libsystemtap];
    # Of the environment: `nix develop` has it, too.
    PEER_OBSERVER_BPF_INCLUDE = lib.optionalString (kernelHeaders != null) "${kernelHeaders}/include";
  }
