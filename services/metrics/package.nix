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
  name = "metrics";
  description = "Prometheus metrics of Bitcoin nodes' events";
  folders = ["libs/app" "libs/base" "libs/bus" "libs/events" "libs/telemetry"];
  # A test compares it with what the program knows.
  files = ["docs/metrics.md"];
  buildInputs = [boost fmt nng prometheus-cpp protobuf protozero spdlog systemdLibs];
}
