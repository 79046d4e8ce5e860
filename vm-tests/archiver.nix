# The archiver as a service: what it writes is whole, and its folder is its own.
{honeynode, ...}: {
  nodes.machine.imports = [(honeynode {tools = ["archiver"];})];

  testScript = ''
    start_all()
    wait_for_tracing(machine)
    machine.wait_for_unit("peer-observer-archiver.service")
    connect(machine)
    txid = pay(machine)
    folder = "/var/lib/peer-observer-archiver"
    with subtest("the transaction is in the archive"):
        machine.wait_until_succeeds(f"peer-observer-archive cat --message-type tx --format json {folder} | grep {txid}", timeout=60)
    with subtest("SIGTERM closes the file: no byte wrong, no event missing"):
        machine.succeed("systemctl stop peer-observer-archiver.service")
        machine.succeed(f"peer-observer-archive verify --no-gaps {folder}")
    with subtest("after SIGKILL the next start continues, and knows what it did not see"):
        machine.succeed("systemctl start peer-observer-archiver.service")
        pay(machine)
        machine.succeed("systemctl kill -s KILL peer-observer-archiver.service")
        machine.wait_until_succeeds("[ $(systemctl show -p NRestarts --value peer-observer-archiver.service) = 1 ]", timeout=60)
        machine.wait_for_unit("peer-observer-archiver.service")
        txid = pay(machine)
        machine.wait_until_succeeds(f"peer-observer-archive cat --message-type tx --format json {folder} | grep {txid}", timeout=60)
        machine.succeed("systemctl stop peer-observer-archiver.service", f"peer-observer-archive verify {folder}")
    with subtest("only it may look into its folder"):
        machine.succeed(f"[ $(stat -L -c %a {folder}) = 700 ]")
  '';
}
