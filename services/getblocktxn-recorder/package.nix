{
  lib,
  stdenv,
  makeWrapper,
  peer-observer-logger,
  python-types,
  python3,
  sources,
  zstd,
}:
stdenv.mkDerivation {
  pname = "peer-observer-getblocktxn-recorder";
  version = lib.fileContents ../../VERSION;
  src = sources.only ["services/getblocktxn-recorder/getblocktxn_recorder.py"];
  strictDeps = true;
  nativeBuildInputs = [makeWrapper];
  buildInputs = [(python3.withPackages (packages: [packages.protobuf]))];

  installPhase = ''
    runHook preInstall
    install -D services/getblocktxn-recorder/getblocktxn_recorder.py $out/bin/peer-observer-getblocktxn-recorder
    runHook postInstall
  '';
  # It reads live events through the logger, and archives through zstd.
  postFixup = ''
    wrapProgram $out/bin/peer-observer-getblocktxn-recorder \
      --prefix PYTHONPATH : ${python-types}/${python3.sitePackages} \
      --prefix PATH : ${lib.makeBinPath [peer-observer-logger zstd]}
  '';
  doInstallCheck = true;
  installCheckPhase = ''
    $out/bin/peer-observer-getblocktxn-recorder --help > /dev/null
  '';

  meta = {
    description = "Records which transactions compact blocks lacked, as CSV";
    license = lib.licenses.mit;
    mainProgram = "peer-observer-getblocktxn-recorder";
  };
}
