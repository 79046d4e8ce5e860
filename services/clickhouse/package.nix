{
  mkService,
  curl,
  nlohmann_json,
  openssl,
  zlib,
  zstd,
}:
mkService {
  name = "clickhouse";
  description = "Writes the events of Bitcoin nodes to tables of ClickHouse";
  folders = ["libs/archive" "libs/asmap" "libs/print" "libs/tables" "libs/wire"];
  buildInputs = [curl nlohmann_json openssl zlib zstd];
}
