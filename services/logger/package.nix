{
  mkService,
  nlohmann_json,
}:
mkService {
  name = "logger";
  description = "Prints the events of Bitcoin nodes, one line an event";
  folders = ["libs/print"];
  buildInputs = [nlohmann_json];
}
