# A program with bitcoind's tracepoints that plays P2P traffic: for demonstrations and tests without a node.
{
  sources,
  build,
  boost,
  fmt,
  libsystemtap,
  openssl,
  protobuf,
}:
build {
  pname = "sim-node";
  src = sources.toSource [
    sources.common
    (sources.shared ["libs/base" "tests/sim_node"])
    (sources.files ["bpf/tracepoints.def" "tests/CMakeLists.txt"])
  ];
  buildInputs = [boost fmt libsystemtap openssl protobuf];
  # Its tests compare it with the extractor: ./test runs them.
  doCheck = false;
  # Probes are notes of the file, and stay when symbols go.
  installPhase = "install -D bin/sim_node $out/bin/sim_node";
  meta.mainProgram = "sim_node";
}
