{
  mkService,
  libxcrypt,
  nlohmann_json,
  openssl,
  zlib,
  zstd,
}:
mkService {
  name = "web";
  description = "A node's peers in a browser, live and from archives";
  folders = ["libs/archive" "libs/asmap" "libs/print" "libs/web" "libs/wire"];
  buildInputs = [libxcrypt nlohmann_json openssl zlib zstd];
}
