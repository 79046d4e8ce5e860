{
  mkService,
  gtest,
  libsystemtap,
  openssl,
}:
mkService {
  name = "detector";
  description = "Names attacks in the events of Bitcoin nodes";
  # Its tests play sim_node's attacks: the last two folders and libsystemtap.
  folders = ["libs/wire" "tests/detector_lab" "tests/sim_node"];
  files = ["tests/CMakeLists.txt"];
  buildInputs = [openssl];
  checkInputs = [gtest libsystemtap];
}
