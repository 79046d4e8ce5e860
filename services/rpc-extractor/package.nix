{
  mkService,
  boost,
  curl,
  fmt,
  nng,
  prometheus-cpp,
  protobuf,
  protozero,
  nlohmann_json,
  spdlog,
  systemdLibs,
}:
mkService {
  name = "rpc-extractor";
  description = "Asks Bitcoin Core by RPC for what its tracepoints do not tell, and publishes the answers";
  folders = ["libs/app" "libs/base" "libs/bus" "libs/events" "libs/telemetry"];
  buildInputs = [boost curl fmt nng prometheus-cpp protobuf protozero nlohmann_json spdlog systemdLibs];
}
