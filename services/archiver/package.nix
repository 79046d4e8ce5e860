{
  mkService,
  nlohmann_json,
  zstd,
}:
mkService {
  name = "archiver";
  description = "Writes the events of Bitcoin nodes to compressed files";
  folders = ["libs/archive" "libs/print"];
  buildInputs = [nlohmann_json zstd];
}
