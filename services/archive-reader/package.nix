{
  mkService,
  nlohmann_json,
  openssl,
  sqlite,
  zstd,
}:
mkService {
  name = "archive-reader";
  program = "archive";
  description = "Reads, checks, exports, replays and repairs archives of events";
  folders = ["libs/archive" "libs/asmap" "libs/print" "libs/tables" "libs/wire"];
  buildInputs = [nlohmann_json openssl sqlite zstd];
}
