{
  mkService,
  c-ares,
  curl,
  openssl,
  sqlite,
}:
mkService {
  name = "addr-connectivity";
  description = "Checks whether the addresses that peers announce are reachable";
  folders = ["libs/asmap" "libs/p2p" "libs/wire"];
  files = ["docs/addr-connectivity.md"];
  buildInputs = [c-ares curl openssl sqlite];
}
