# What building, testing and checking needs: nix develop. Without a browser, Prometheus's Alertmanager and ClickHouse: tests that want them are skipped.
{
  lib,
  mkShell,
  alejandra,
  ccache,
  cppcheck,
  dnsmasq,
  gbenchmark,
  git,
  gtest,
  help2man,
  iproute2,
  jq,
  libfaketime,
  llvmPackages_19,
  microsocks,
  openssl,
  peer-observer,
  prometheus,
  python3,
  runCommand,
  shellcheck,
}: let
  # The presets and tests name one version, as Debian names its programs.
  clang19 = runCommand "clang-19" {} ''
    mkdir -p $out/bin
    for program in ${llvmPackages_19.clang}/bin/clang{,++} ${llvmPackages_19.clang-tools}/bin/clang-{format,tidy}; do
      ln -s $program $out/bin/''${program##*/}-19
    done
  '';
in
  mkShell {
    inputsFrom = lib.attrValues (removeAttrs (lib.filterAttrs (_: lib.isDerivation) peer-observer) ["bitcoind"]);
    packages = [
      alejandra
      ccache
      clang19
      cppcheck
      dnsmasq
      gbenchmark
      git
      gtest
      help2man
      iproute2
      jq
      libfaketime
      microsocks
      openssl
      prometheus.cli
      (python3.withPackages (packages: [packages.protobuf packages.pytest packages.python-bitcoinlib]))
      shellcheck
    ];
    # The wrapped compiler also compiles for BPF here, which does not know -fzero-call-used-regs; sanitizers do not like _FORTIFY_SOURCE.
    hardeningDisable = ["all"];
    # What the extractor's package gives to CMake.
    inherit (peer-observer.peer-observer-extractor) PEER_OBSERVER_BPF_INCLUDE;
  }
