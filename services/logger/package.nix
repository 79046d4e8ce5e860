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
}:
mkService {
  name = "logger";
  description = "Prints the events of Bitcoin nodes, one line an event";
  folders = ["libs/app" "libs/base" "libs/bus" "libs/events" "libs/print" "libs/print_options" "libs/telemetry"];
  buildInputs = [boost fmt nlohmann_json nng prometheus-cpp protobuf protozero spdlog systemdLibs];
}
