# The archive tool: a replay of what was recorded reaches a tool on another host.
{
  self,
  honeynode,
  ...
}: {
  nodes.machine = {pkgs, ...}: {
    imports = [(honeynode {tools = ["archiver"];})];
    environment.systemPackages = [self.packages.${pkgs.stdenv.hostPlatform.system}.peer-observer-archive];
    networking.firewall.allowedTCPPorts = [9331];
  };
  nodes.analyst.services.peer-observer.logger = {
    enable = true;
    sources = ["tcp://machine:9331"];
    messageTypes = ["tx"];
    format = "json";
  };

  testScript = ''
    start_all()
    wait_for_tracing(machine)
    machine.wait_for_unit("peer-observer-archiver.service")
    analyst.wait_for_unit("peer-observer-logger.service")
    connect(machine)
    txid = pay(machine)
    folder = "/var/lib/peer-observer-archiver"
    machine.wait_until_succeeds(f"peer-observer-archive cat --message-type tx --format json {folder} | grep {txid}", timeout=60)
    machine.succeed("systemctl stop peer-observer-archiver.service")
    analyst.fail(f"journalctl -o cat -u peer-observer-logger.service | grep {txid}")
    machine.succeed(f"peer-observer-archive replay --speed max --listen tcp://0.0.0.0:9331 --wait-for-subscribers 1 {folder}")
    analyst.wait_until_succeeds(f"journalctl -o cat -u peer-observer-logger.service | grep {txid}", timeout=60)
  '';
}
