{
  mkService,
  curl,
  gtest,
  libsystemtap,
  nlohmann_json,
  openssl,
}:
mkService {
  name = "detector";
  description = "Names attacks in the events of Bitcoin nodes";
  # Its tests play the attacks of sim_node, which needs libsystemtap.
  folders = ["libs/asmap" "libs/print" "libs/wire" "tests/sim_node"];
  files = ["bpf/tracepoints.def" "tests/CMakeLists.txt"];
  buildInputs = [curl nlohmann_json openssl];
  checkInputs = [gtest libsystemtap];
}
