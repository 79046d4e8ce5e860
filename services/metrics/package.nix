{mkService}:
mkService {
  name = "metrics";
  description = "Prometheus metrics of Bitcoin nodes' events";
  # A test compares it with what the program knows.
  files = ["docs/metrics.md"];
}
