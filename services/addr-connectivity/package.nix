{
  mkService,
  boost,
  c-ares,
  curl,
  fmt,
  nng,
  openssl,
  prometheus-cpp,
  protobuf,
  protozero,
  spdlog,
  sqlite,
  systemdLibs,
}:
mkService {
  name = "addr-connectivity";
  description = "Checks whether the addresses that peers announce are reachable";
  folders = ["libs/app" "libs/base" "libs/bus" "libs/events" "libs/telemetry" "libs/wire"];
  files = ["docs/addr-connectivity.md"];
  buildInputs = [boost c-ares curl fmt nng openssl prometheus-cpp protobuf protozero spdlog sqlite systemdLibs];
}
