# The asmap that nixpkgs' Bitcoin Core is built with, since v31: the autonomous system of each network.
{
  bitcoind,
  runCommand,
}:
runCommand "asmap-data-${bitcoind.version}" {} ''
  tar -xzOf ${bitcoind.src} bitcoin-${bitcoind.version}/src/node/data/ip_asn.dat > $out
''
