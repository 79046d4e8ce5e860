{
  mkService,
  boost,
  fmt,
  gtest,
  libsystemtap,
  nng,
  openssl,
  prometheus-cpp,
  protobuf,
  protozero,
  spdlog,
  systemdLibs,
}:
mkService {
  name = "detector";
  description = "Names attacks in the events of Bitcoin nodes";
  # Its tests play sim_node's attacks: the last two folders and libsystemtap.
  folders = ["libs/app" "libs/base" "libs/bus" "libs/events" "libs/telemetry" "libs/wire" "tests/detector_lab" "tests/sim_node"];
  files = ["tests/CMakeLists.txt"];
  buildInputs = [boost fmt nng openssl prometheus-cpp protobuf protozero spdlog systemdLibs];
  checkInputs = [gtest libsystemtap];
}
