# All of it on one host: two nodes, blocks, transactions, misbehaviour, announced addresses; every kind of service, and Prometheus.
{
  self,
  lib,
  honeynode,
  tools,
  ...
}: {
  nodes.machine = {pkgs, ...}: {
    imports = [
      (honeynode {
        inherit tools;
        rpc = true;
      })
    ];
    services.peer-observer = {
      addr-connectivity = {
        onlyNetworks = ["ipv4"];
        allowCidrs = ["127.0.0.0/8"];
      };
      detector.thresholds."ping_flood.pings" = 200;
      logger.format = "json";
      rpc-extractors.alpha.intervals.getpeerinfo = 1;
    };
    services.prometheus = {
      enable = true;
      globalConfig.scrape_interval = "1s";
    };
    environment.systemPackages = [pkgs.python3 self.packages.${pkgs.stdenv.hostPlatform.system}.peer-observer-archive];
    environment.etc."peer.py".source = ./lib/peer.py;
    virtualisation.memorySize = 2048;
  };

  testScript = {nodes, ...}: let
    configured = lib.getAttrs tools nodes.machine.services.peer-observer;
    health = lib.mapAttrs (_: cfg: {
      address = cfg.metricsAddress;
      sources = builtins.length cfg.sources;
    }) (lib.filterAttrs (_: cfg: cfg.metricsAddress or null != null) configured);
  in ''
    start_all()
    wait_for_tracing(machine)
    # Where the health of each tool is served, and how many publishers it hears.
    health = json.loads('${builtins.toJSON health}')
    for unit in ["rpc-extractor-alpha", *${builtins.toJSON tools}]:
        machine.wait_for_unit(f"peer-observer-{unit}.service")
    machine.wait_for_unit("prometheus.service")
    assert health["logger"]["sources"] == 4, "the extractors, and what addr-connectivity and detector publish"
    for tool in health.values():
        # A tool that hears through a logger of its own does not have it.
        if "peer_observer_bus_connected_sources" in machine.succeed(f"curl -fsS http://{tool['address']}/metrics"):
            wait_for_sources(machine, tool["address"], tool["sources"])


    def asked(query: str) -> float:
        answer = json.loads(machine.succeed(f"curl -fsS --data-urlencode 'query={query}' http://127.0.0.1:9090/api/v1/query"))
        return sum(float(series["value"][1]) for series in answer["data"]["result"])


    connect(machine)
    txid = pay(machine)
    # Else a block may come before the transaction is asked for.
    machine.wait_until_succeeds(f"bitcoin-cli -regtest -datadir=/var/lib/bitcoind-alpha -rpcport=18443 getrawmempool | grep {txid}", timeout=60)
    block = rpc(machine, "peer", f"generatetoaddress 1 {rpc(machine, 'peer', 'getnewaddress')}")[0]
    machine.succeed("python3 /etc/peer.py 127.0.0.1 18444 misbehave")
    machine.succeed("python3 /etc/peer.py 127.0.0.1 18444 announce 127.0.0.1 18544")
    machine.succeed("python3 /etc/peer.py 127.0.0.1 18444 ping 300")

    with subtest("the logger shows transaction, block, connection and misbehaviour"):
        logged(machine, '"kind":"message.inbound"', '"message_type":"tx"', txid)
        logged(machine, '"kind":"mempool.added"', txid)
        logged(machine, '"kind":"validation.block_connected"', block)
        logged(machine, '"kind":"connection.outbound"')
        logged(machine, '"kind":"connection.misbehaving"', "headers message size = 2001")
    with subtest("and what was found out about them: an address that can be reached, a peer that floods, the node's answers"):
        checked = json.loads(logged(machine, '"kind":"addr_connectivity.address_checked"', '"127.0.0.1","port":18544,'))
        assert checked["event"]["result"] == "OK", checked
        logged(machine, '"kind":"anomaly.opened"', '"ping_flood"')
        logged(machine, '"kind":"rpc.getpeerinfo"')
    with subtest("Prometheus has scraped the metrics, and has the rules"):
        machine.wait_until_succeeds(
            "curl -fsS http://127.0.0.1:9090/api/v1/query?query=peerobserver_p2p_message_count | grep '\"message\":\"tx\"'", timeout=60
        )
        for job in ("extractor-alpha", "rpc-extractor-alpha", *health):
            assert asked('up{job="peer-observer-' + job + '"}') == 1, job
        machine.succeed("curl -fsS http://127.0.0.1:9090/api/v1/rules | grep PeerObserverExtractorDown")
    with subtest("nothing was lost on the way"):
        for name, tool in health.items():
            assert metric(machine, tool["address"], "peer_observer_bus_missed_events_total") == 0, name
        assert metric(machine, "127.0.0.1:9340", "peer_observer_extractor_lost_events_total") == 0
    with subtest("the archive has the same, and is whole"):
        folder = "/var/lib/peer-observer-archiver"
        for part in (txid, block, "headers message size = 2001", "addr_connectivity.address_checked", "anomaly.opened", "rpc.getpeerinfo"):
            machine.wait_until_succeeds(f"peer-observer-archive cat --format json {folder} | grep -cF -- '{part}'", timeout=60)
        machine.succeed("systemctl stop peer-observer-archiver.service", f"peer-observer-archive verify --no-gaps {folder}")
  '';
}
