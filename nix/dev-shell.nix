# Everything that building, testing and checking needs: nix develop
{
  lib,
  mkShell,
  alejandra,
  ccache,
  clang,
  clang-tools,
  cppcheck,
  dnsmasq,
  gbenchmark,
  gtest,
  iproute2,
  libfaketime,
  microsocks,
  openssl,
  peer-observer,
  prometheus,
  python3,
  shellcheck,
}:
mkShell {
  inputsFrom = lib.attrValues (removeAttrs (lib.filterAttrs (_: lib.isDerivation) peer-observer) ["bitcoind"]);
  packages = [
    alejandra
    ccache
    clang
    clang-tools
    cppcheck
    dnsmasq
    gbenchmark
    gtest
    iproute2
    libfaketime
    microsocks
    openssl
    prometheus.cli
    (python3.withPackages (packages: [packages.protobuf packages.pytest packages.python-bitcoinlib]))
    shellcheck
  ];
  # What the extractor's package gives to CMake.
  inherit (peer-observer.peer-observer-extractor) PEER_OBSERVER_BPF_INCLUDE;
}
