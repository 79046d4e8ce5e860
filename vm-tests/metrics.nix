# The metrics tool as a service: figures of the node, and of a list of addresses that is read again.
{honeynode, ...}: {
  nodes.machine = {
    imports = [(honeynode {tools = ["metrics"];})];
    services.peer-observer.metrics.ipLists.test_list = "/var/lib/test-list";
    systemd.tmpfiles.rules = ["f /var/lib/test-list 0644 root root - 192.0.2.0/24"];
  };

  testScript = ''
    start_all()
    wait_for_tracing(machine)
    machine.wait_for_unit("peer-observer-metrics.service")
    connect(machine)
    pay(machine)
    address = "127.0.0.1:9332"
    with subtest("messages of the honeynode are counted"):
        machine.wait_until_succeeds(f"curl -fsS http://{address}/metrics | grep 'peerobserver_p2p_message_count{{.*host=\"alpha\".*message=\"tx\".*}} [1-9]'", timeout=60)
    with subtest("its publisher is connected and heard"):
        assert metric(machine, address, "peer_observer_bus_connected_sources") == 1
        assert metric(machine, address, "peerobserver_publishers_up") == 1
    with subtest("a list of addresses is read again on reload"):
        machine.succeed("echo 127.0.0.0/8 >> /var/lib/test-list", "systemctl reload peer-observer-metrics.service")
        machine.wait_until_succeeds("journalctl -u peer-observer-metrics.service | grep -i test_list", timeout=60)
  '';
}
