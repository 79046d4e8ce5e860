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
  name = "archiver";
  description = "Writes the events of Bitcoin nodes to compressed files";
  folders = ["libs/app" "libs/archive" "libs/base" "libs/bus" "libs/events" "libs/print" "libs/telemetry"];
  buildInputs = [boost fmt nlohmann_json nng prometheus-cpp protobuf protozero spdlog systemdLibs zstd];
}
