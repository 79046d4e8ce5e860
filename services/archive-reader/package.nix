{
  mkService,
  nlohmann_json,
  openssl,
  zstd,
}:
mkService {
  name = "archive-reader";
  program = "archive";
  description = "Reads, checks, replays and repairs archives of events";
  folders = ["libs/archive" "libs/asmap" "libs/print" "libs/wire"];
  buildInputs = [nlohmann_json openssl zstd];
}
