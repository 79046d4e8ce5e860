# A honeynode on regtest and a node that is its peer, both on one host, which talk to nobody else.
{
  self,
  lib,
}: let
  # Without -connect=0, a node on regtest dials every address that it hears of.
  alone = ["-connect=0" "-dnsseed=0" "-fixedseeds=0" "-discover=0" "-natpmp=0" "-listenonion=0"];
in {
  # tools: what watches it. name: of the honeynode. rpc, log, p2p: whether it has such an extractor. tor: whether it is reached through Tor.
  honeynode = {
    tools ? [],
    name ? "alpha",
    rpc ? false,
    log ? false,
    p2p ? false,
    tor ? false,
  }: {pkgs, ...}: {
    services.peer-observer.honeynodes.${name} = {
      chain = "regtest";
      inherit tools;
      rpcExtractor.enable = rpc;
      logExtractor.enable = log;
      p2pExtractor.enable = p2p;
      tor.enable = tor;
    };
    services.bitcoind.${name}.extraCmdlineOptions =
      (
        if tor
        then lib.remove "-listenonion=0" alone ++ ["-bind=127.0.0.1:18445=onion"] # as without the next one
        else alone
      )
      ++ ["-bind=127.0.0.1:18444"];

    # Mines and pays. It runs the same program: its events must not be taken for the honeynode's.
    services.bitcoind.peer = {
      enable = true;
      package = self.packages.${pkgs.stdenv.hostPlatform.system}.bitcoind;
      port = 18544;
      rpc.port = 18543;
      # With the permission, the other end hears of transactions at once.
      extraCmdlineOptions = ["-chain=regtest" "-bind=127.0.0.1:18544" "-fallbackfee=0.0002" "-whitelist=noban@127.0.0.1"] ++ alone;
    };
  };
}
