{
  mkService,
  openssl,
  zlib,
  zstd,
}:
mkService {
  name = "archiver";
  description = "Writes the events of Bitcoin nodes to compressed files";
  folders = ["libs/archive" "libs/asmap" "libs/wire"];
  # What its tests read.
  files = ["libs/wire/testdata"];
  buildInputs = [openssl zlib zstd];
}
