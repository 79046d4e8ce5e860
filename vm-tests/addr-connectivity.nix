# A peer announces addresses; the one where a node listens is found to be reachable, the other one is not.
{honeynode, ...}: {
  nodes.machine = {pkgs, ...}: {
    imports = [(honeynode {tools = ["addr-connectivity" "logger"];})];
    services.peer-observer.addr-connectivity = {
      onlyNetworks = ["ipv4"];
      allowCidrs = ["127.0.0.0/8"];
    };
    services.peer-observer.logger = {
      format = "json";
      kinds = ["addr_connectivity"];
    };
    environment.systemPackages = [pkgs.python3];
    environment.etc."peer.py".source = ./lib/peer.py;
  };

  testScript = ''
    start_all()
    wait_for_tracing(machine)
    for tool in ("addr-connectivity", "logger"):
        machine.wait_for_unit(f"peer-observer-{tool}.service")
    wait_for_sources(machine, "127.0.0.1:9363", 1)
    wait_for_sources(machine, "127.0.0.1:9361", 2)
    machine.succeed("python3 /etc/peer.py 127.0.0.1 18444 announce 127.0.0.1 18544 127.0.0.2 18545")


    def result_of(address: str, port: int) -> str:
        line = logged(machine, "address_checked", f'"{address}","port":{port},')
        return str(json.loads(line)["event"]["result"])


    with subtest("where a node listens, it is reachable"):
        assert result_of("127.0.0.1", 18544) == "OK"
    with subtest("where nobody listens, it is refused"):
        assert result_of("127.0.0.2", 18545) == "REFUSED"
    with subtest("results are kept"):
        machine.succeed("test -s /var/lib/peer-observer-addr-connectivity/results.sqlite")
  '';
}
