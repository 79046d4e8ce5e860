{
  mkService,
  curl,
  nlohmann_json,
}:
mkService {
  name = "rpc-extractor";
  description = "Queries Bitcoin Core by RPC and publishes the answers";
  buildInputs = [curl nlohmann_json];
}
