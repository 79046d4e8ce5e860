{
  mkService,
  gtest,
  libsystemtap,
  openssl,
}:
mkService {
  name = "detector";
  description = "Names attacks in the events of Bitcoin nodes";
  # Its tests play the attacks of sim_node, which needs libsystemtap.
  folders = ["libs/wire" "tests/sim_node"];
  files = ["tests/CMakeLists.txt"];
  buildInputs = [openssl];
  checkInputs = [gtest libsystemtap];
}
