{
  mkService,
  openssl,
}:
mkService {
  name = "metrics";
  description = "Prometheus metrics of Bitcoin nodes' events";
  folders = ["libs/asmap" "libs/wire"];
  buildInputs = [openssl];
  # A test compares it with what the program knows.
  files = ["docs/metrics.md"];
}
