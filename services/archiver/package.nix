{
  mkService,
  nlohmann_json,
  openssl,
  zstd,
}:
mkService {
  name = "archiver";
  description = "Writes the events of Bitcoin nodes to compressed files";
  folders = ["libs/archive" "libs/asmap" "libs/print" "libs/wire"];
  buildInputs = [nlohmann_json openssl zstd];
}
