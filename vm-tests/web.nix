# The pages and the API as a service, full with a password and public, behind nginx.
{honeynode, ...}: {
  nodes.machine = {
    imports = [(honeynode {tools = ["web"];})];
    services.peer-observer.web.hosts = ["observer.example.org"];
    services.nginx = {
      enable = true;
      virtualHosts."observer.example.org".locations."/" = {
        proxyPass = "http://127.0.0.1:9380";
        recommendedProxySettings = true;
        extraConfig = "proxy_buffering off;";
      };
    };
  };

  testScript = ''
    start_all()
    wait_for_tracing(machine)
    machine.wait_for_unit("peer-observer-web.service")
    machine.wait_for_unit("nginx.service")
    connect(machine)
    with subtest("a peer of the honeynode is there, through nginx"):
        machine.wait_until_succeeds(
            "curl -fsS -H 'Host: observer.example.org' http://127.0.0.1/api/v1/nodes | grep -E '\"peer_count\":[1-9]'", timeout=60
        )
    with subtest("another name is refused"):
        machine.fail("curl -fsS -H 'Host: evil.example.org' http://127.0.0.1:9380/api/v1/nodes")
    with subtest("nothing was missed"):
        assert metric(machine, "127.0.0.1:9366", "peer_observer_bus_missed_events_total") == 0
  '';
}
