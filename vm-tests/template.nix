# The template's configuration, on regtest: what docs/deployment.md says that one sees then.
{honeynode, ...}: {
  nodes.machine.imports = [../nix/templates/honeynode/honeynode.nix (honeynode {})];

  testScript = ''
    start_all()
    wait_for_tracing(machine)
    for unit in ("peer-observer-logger", "peer-observer-metrics", "peer-observer-archiver", "prometheus"):
        machine.wait_for_unit(f"{unit}.service")
    connect(machine)
    print(machine.wait_until_succeeds("curl -s 127.0.0.1:9332/metrics | grep 'publishers_up.* 1$'", timeout=60))
    print(machine.succeed("journalctl -u peer-observer-extractor-alpha | grep 'attached .* tracepoints'"))
    machine.wait_until_succeeds("peer-observer-archive cat --kind message /var/lib/peer-observer-archiver | grep verack", timeout=60)
    print(machine.succeed("peer-observer-archive info /var/lib/peer-observer-archiver"))
    machine.wait_until_succeeds("curl -s 127.0.0.1:9090/api/v1/targets | grep peer-observer-metrics", timeout=60)
  '';
}
