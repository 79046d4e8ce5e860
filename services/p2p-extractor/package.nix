{
  mkService,
  openssl,
  secp256k1,
}:
mkService {
  name = "p2p-extractor";
  description = "Is a peer of Bitcoin Core, and publishes what a peer sees of it";
  folders = ["libs/p2p" "libs/wire"];
  buildInputs = [openssl secp256k1]; # for the v2 transport
}
