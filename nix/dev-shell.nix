# Everything that building, testing and checking needs: nix develop
{
  mkShell,
  alejandra,
  clang-tools,
  cppcheck,
  gbenchmark,
  gtest,
  openssl,
  peer-observer,
  prometheus,
  python3,
  shellcheck,
}:
mkShell {
  inputsFrom = with peer-observer; [libraries peer-observer-extractor sim-node];
  packages = [
    alejandra
    clang-tools
    cppcheck
    gbenchmark
    gtest
    openssl
    prometheus.cli
    (python3.withPackages (packages: [packages.protobuf packages.pytest]))
    shellcheck
  ];
}
