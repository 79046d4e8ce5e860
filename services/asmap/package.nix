{
  mkService,
  boost,
  fmt,
  nng,
  openssl,
  prometheus-cpp,
  protobuf,
  protozero,
  spdlog,
  systemdLibs,
}:
mkService {
  name = "asmap";
  description = "Prints the autonomous system of IP addresses";
  folders = ["libs/app" "libs/asmap" "libs/base" "libs/bus" "libs/events" "libs/telemetry" "libs/wire"];
  buildInputs = [boost fmt nng openssl prometheus-cpp protobuf protozero spdlog systemdLibs];
}
