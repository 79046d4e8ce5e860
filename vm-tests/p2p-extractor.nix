# The p2p-extractor of a honeynode: the node connects to it, its pings are answered, and both go on when the other was killed.
{honeynode, ...}: {
  nodes.machine = {
    imports = [
      (honeynode {
        tools = ["logger"];
        p2p = true;
      })
    ];
    services.peer-observer.p2p-extractors.alpha.pingInterval = 1;
    services.peer-observer.logger = {
      format = "json";
      kinds = ["p2p_extractor"];
    };
  };

  testScript = ''
    unit = "peer-observer-p2p-extractor-alpha.service"


    def events(kind: str) -> int:
        return int(machine.succeed(f"journalctl -o cat -u peer-observer-logger.service | grep -c '\"kind\":\"p2p_extractor.{kind}\"' || true"))


    def wait_for_another(kind: str, before: int) -> None:
        machine.wait_until_succeeds(
            f"[ $(journalctl -o cat -u peer-observer-logger.service | grep -c '\"kind\":\"p2p_extractor.{kind}\"') -gt {before} ]", timeout=120
        )


    start_all()
    machine.wait_for_unit("peer-observer-logger.service")
    machine.wait_for_unit(unit)
    with subtest("the node connects to it and answers its pings, under the node's name"):
        line = logged(machine, '"kind":"p2p_extractor.ping_answered"', '"node":"alpha"', "FROM_NODE")
        assert json.loads(line)["event"]["round_trip_ns"] > 0, line
        peers = rpc(machine, "alpha", "getpeerinfo")
        assert [peer["connection_type"] for peer in peers if "p2p-extractor" in peer["subver"]] == ["manual"], peers
    with subtest("its health is served"):
        machine.succeed("curl -fsS http://127.0.0.1:9390/metrics | grep '^peer_observer_p2p_extractor_connections{node=\"alpha\"} 1'")
    with subtest("the node is killed: it connects again"):
        before = events("connected")
        machine.succeed("systemctl kill -s KILL bitcoind-alpha.service")
        wait_for_another("connected", before)
        assert events("disconnected") >= 1
    with subtest("it is killed itself: the node connects again"):
        before = events("connected")
        machine.succeed(f"systemctl kill -s KILL {unit}")
        wait_for_another("connected", before)
  '';
}
