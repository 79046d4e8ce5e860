{mkService}:
mkService {
  name = "log-extractor";
  description = "Follows the log of Bitcoin Core, and publishes its lines as events";
}
