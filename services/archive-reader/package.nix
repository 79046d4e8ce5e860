{
  libpcap,
  libtins,
  mkService,
  nlohmann_json,
  openssl,
  sqlite,
  zlib,
  zstd,
}:
mkService {
  name = "archive-reader";
  program = "archive";
  description = "Reads, checks, exports, replays and repairs archives of events";
  folders = ["libs/archive" "libs/asmap" "libs/p2p" "libs/print" "libs/tables" "libs/web" "libs/wire"];
  buildInputs = [libpcap libtins nlohmann_json openssl sqlite zlib zstd];
}
