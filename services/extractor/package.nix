{
  lib,
  mkService,
  stdenv,
  bpftools,
  elfutils,
  gtest,
  libbpf,
  libsystemtap,
  llvmPackages,
  openssl,
}: let
  # The unwrapped compiler, which has no hardening flags that the kernel's target does not know, has no headers either.
  kernelHeaders = stdenv.cc.libc.linuxHeaders or null;
in
  mkService {
    name = "extractor";
    description = "Traces Bitcoin Core with BPF and publishes its events";
    folders = ["bpf" "libs/wire"];
    files = ["cmake/bpf.cmake"];
    nativeBuildInputs = [bpftools llvmPackages.clang-unwrapped];
    buildInputs = [elfutils libbpf openssl];
    checkInputs = [gtest libsystemtap];
    # Of the environment: `nix develop` has it, too.
    PEER_OBSERVER_BPF_INCLUDE = lib.optionalString (kernelHeaders != null) "${kernelHeaders}/include";
  }
