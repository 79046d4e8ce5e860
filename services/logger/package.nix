{
  mkService,
  nlohmann_json,
  openssl,
}:
mkService {
  name = "logger";
  description = "Prints the events of Bitcoin nodes, one line an event";
  folders = ["libs/asmap" "libs/print" "libs/wire"];
  buildInputs = [nlohmann_json openssl];
}
