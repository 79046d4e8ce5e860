# ./quickstart with programs that are built already. util-linux and bitcoind are the system's: the first is everywhere.
{
  lib,
  stdenv,
  makeWrapper,
  bpftools,
  coreutils,
  gawk,
  gnugrep,
  gnused,
  peer-observer-extractor,
  peer-observer-logger,
  peer-observer-metrics,
  peer-observer-rpc-extractor,
  peer-observer-web,
  sim-node,
  sources,
}:
stdenv.mkDerivation {
  pname = "peer-observer-quickstart";
  version = lib.fileContents ../VERSION;
  src = sources.only ["quickstart" "services/metrics/rules"];
  nativeBuildInputs = [makeWrapper];
  installPhase = ''
    runHook preInstall
    mkdir -p $out/bin $out/libexec/bin $out/libexec/services/metrics
    cp -r services/metrics/rules $out/libexec/services/metrics/
    install quickstart $out/libexec/quickstart
    for program in ${peer-observer-extractor} ${peer-observer-logger} ${peer-observer-metrics} ${peer-observer-rpc-extractor} ${peer-observer-web} ${sim-node}; do
      ln -s $program/bin/* $out/libexec/bin/
    done
    for program in $(grep -o '$bin/[a-z_-]*' quickstart | sort -u); do
      [ -x $out/libexec/bin/''${program#'$bin/'} ] || { echo "quickstart starts $program, which is not packaged with it"; exit 1; }
    done
    makeWrapper $out/libexec/quickstart $out/bin/quickstart \
      --set PEER_OBSERVER_PROGRAMS $out/libexec/bin --set PEER_OBSERVER_QUICKSTART result/bin/quickstart \
      --prefix PATH : ${lib.makeBinPath [bpftools coreutils gawk gnugrep gnused]}
    runHook postInstall
  '';
  meta = {
    description = "Shows peer-observer at work";
    license = lib.licenses.mit;
    mainProgram = "quickstart";
  };
}
