# Restarts of everything: the stream continues, and what is missing is known.
{honeynode, ...}: {
  nodes.machine.imports = [(honeynode {tools = ["archiver" "metrics"];})];

  testScript = ''
    folder = "/var/lib/peer-observer-archiver"


    def seen(txid: str) -> None:
        machine.wait_until_succeeds(f"peer-observer-archive cat --message-type tx --format json {folder} | grep {txid}", timeout=60)


    start_all()
    wait_for_tracing(machine)
    for tool in ("archiver", "metrics"):
        machine.wait_for_unit(f"peer-observer-{tool}.service")
    connect(machine)
    seen(pay(machine))
    with subtest("the node restarts: the extractor stays and continues"):
        extractor = machine.succeed("systemctl show -p MainPID --value peer-observer-extractor-alpha.service")
        machine.succeed("systemctl restart bitcoind-alpha.service")
        wait_for_tracing(machine)
        assert machine.succeed("systemctl show -p MainPID --value peer-observer-extractor-alpha.service") == extractor
        dial_peer(machine)
        seen(pay(machine))
    with subtest("the node is killed: the same"):
        machine.succeed("systemctl kill -s KILL bitcoind-alpha.service")
        machine.wait_until_succeeds("[ $(systemctl show -p NRestarts --value bitcoind-alpha.service) -ge 1 ]", timeout=60)
        wait_for_tracing(machine)
        dial_peer(machine)
        seen(pay(machine))
    with subtest("the extractor restarts: tools find the new one"):
        machine.succeed("systemctl restart peer-observer-extractor-alpha.service")
        wait_for_tracing(machine)
        machine.wait_until_succeeds("[ $(journalctl -u peer-observer-archiver.service | grep -c ' connected') -ge 2 ]", timeout=60)
        seen(pay(machine))
    with subtest("nothing is missing between the first and the last event of each publisher"):
        machine.succeed("systemctl stop peer-observer-archiver.service")
        machine.succeed(f"peer-observer-archive verify --no-gaps {folder}")
        assert metric(machine, "127.0.0.1:9332", "peer_observer_bus_missed_events_total") == 0
        assert metric(machine, "127.0.0.1:9340", "peer_observer_extractor_lost_events_total") == 0
        publishers = machine.succeed(f"ls {folder}/alpha | sed 's/.*-//' | sort -u | wc -l").strip()
        assert publishers == "2", publishers
  '';
}
