{
  mkService,
  boost,
  fmt,
  nng,
  prometheus-cpp,
  protobuf,
  protozero,
  spdlog,
  systemdLibs,
}:
mkService {
  name = "detector";
  description = "Names attacks in the events of Bitcoin nodes";
  folders = ["libs/app" "libs/base" "libs/bus" "libs/telemetry"];
  # Its tests need tests/detector_lab and sim_node: ./test runs them.
  doCheck = false;
  buildInputs = [boost fmt nng prometheus-cpp protobuf protozero spdlog systemdLibs];
}
