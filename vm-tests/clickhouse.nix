# A server of its own on the machine: the tables are made, a transaction is in them, and what came while the server was down is, too.
{honeynode, ...}: {
  nodes.machine = {
    imports = [(honeynode {tools = ["clickhouse"];})];
    services.clickhouse.enable = true;
    virtualisation.memorySize = 3072;
  };

  testScript = ''
    start_all()
    wait_for_tracing(machine)
    machine.wait_for_unit("clickhouse.service")
    machine.wait_for_unit("peer-observer-clickhouse.service")
    connect(machine)

    def is_stored(txid):
        question = f"SELECT count() FROM peer_observer.mempool_added FINAL WHERE lower(hex(txid)) = '{txid}'"
        machine.wait_until_succeeds(f'[ "$(clickhouse-client -q "{question}")" = 1 ]', timeout=120)

    with subtest("a transaction is in the tables"):
        is_stored(pay(machine))
    with subtest("what came while the server was down is in them afterwards"):
        machine.succeed("systemctl stop clickhouse.service")
        txid = pay(machine)
        machine.succeed("systemctl start clickhouse.service")
        is_stored(txid)
    with subtest("nothing is there twice, and nothing is missing"):
        machine.succeed('[ "$(clickhouse-client -q "SELECT count() FROM peer_observer.losses")" = 0 ]')
    with subtest("only it may look into its spool"):
        machine.succeed("[ $(stat -L -c %a /var/lib/peer-observer-clickhouse) = 700 ]")
  '';
}
