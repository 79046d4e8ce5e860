{
  mkService,
  nlohmann_json,
  zstd,
}:
mkService {
  name = "archive-reader";
  program = "archive";
  description = "Reads, checks, replays and repairs archives of events";
  folders = ["libs/archive" "libs/print"];
  buildInputs = [nlohmann_json zstd];
}
