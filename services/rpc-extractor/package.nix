{
  mkService,
  curl,
  nlohmann_json,
}:
mkService {
  name = "rpc-extractor";
  description = "Asks Bitcoin Core by RPC for what its tracepoints do not tell, and publishes the answers";
  buildInputs = [curl nlohmann_json];
}
