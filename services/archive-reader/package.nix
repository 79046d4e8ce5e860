{
  mkService,
  boost,
  fmt,
  nlohmann_json,
  nng,
  prometheus-cpp,
  protobuf,
  protozero,
  spdlog,
  systemdLibs,
  zstd,
}:
mkService {
  name = "archive-reader";
  program = "archive";
  description = "Reads, checks, replays and repairs archives of events";
  folders = ["libs/app" "libs/archive" "libs/base" "libs/bus" "libs/events" "libs/print" "libs/print_options" "libs/telemetry"];
  buildInputs = [boost fmt nlohmann_json nng prometheus-cpp protobuf protozero spdlog systemdLibs zstd];
}
