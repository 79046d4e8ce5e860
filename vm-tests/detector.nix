# A peer floods the node with pings: the detector names it, and the logger hears of it.
{honeynode, ...}: {
  nodes.machine = {pkgs, ...}: {
    imports = [(honeynode {tools = ["detector" "logger"];})];
    services.peer-observer.detector = {
      thresholds."ping_flood.pings" = 200;
      knownPeers = pkgs.writeText "known-peers" "mark agent:/peer.py: the test's peer"; # 127.0.0.1 is the address of all that come through Tor
      webhook = "http://127.0.0.1:9399/anomalies";
    };
    services.peer-observer.logger = {
      format = "json";
      kinds = ["anomaly"];
    };
    environment.systemPackages = [pkgs.python3];
    environment.etc."peer.py".source = ./lib/peer.py;
  };

  testScript = ''
    start_all()
    wait_for_tracing(machine)
    for tool in ("detector", "logger"):
        machine.wait_for_unit(f"peer-observer-{tool}.service")
    wait_for_sources(machine, "127.0.0.1:9364", 1)
    wait_for_sources(machine, "127.0.0.1:9361", 2)
    with subtest("fewer than the threshold raise no alarm"):
        machine.succeed("python3 /etc/peer.py 127.0.0.1 18444 ping 100")
    with subtest("more than the threshold do, and it is told who it was"):
        machine.succeed("python3 /etc/peer.py 127.0.0.1 18444 ping 300")
        line = logged(machine, '"kind":"anomaly.opened"', "ping_flood")
        anomaly = json.loads(line)["event"]
        assert anomaly["nodes"][0]["node"] == "alpha", line
        assert anomaly["nodes"][0]["figures"][0]["threshold"] == 200, line
        assert anomaly["known_as"] == "the test's peer", line
        assert metric(machine, "127.0.0.1:9364", 'peer_observer_detector_anomalies_total{kind="ping_flood"') == 1
    with subtest("it is posted, again and again while nobody listens"):
        machine.wait_until_succeeds("curl -fs http://127.0.0.1:9364/metrics | grep -E '^peer_observer_detector_webhook_retries_total [1-9]'", timeout=60)
  '';
}
