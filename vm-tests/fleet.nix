# Two honeynodes and a central host that watches both over tls+tcp, with certificates of a CA of their own.
{
  honeynode,
  lib,
  ...
}: let
  inherit (import ./lib/certified.nix {inherit honeynode;}) field secrets tls;
in {
  nodes = {
    alpha = {pkgs, ...}: {
      imports = [(field "alpha")];
      environment.etc."secrets/renewed.pem" = {
        source = ./certificates/alpha-renewed.pem;
        mode = "0400";
      };
      environment.systemPackages = [pkgs.openssl];
    };
    beta = field "beta";
    central = {
      imports = [(secrets "central")];
      services.peer-observer =
        lib.genAttrs ["logger" "metrics"] (_: {
          enable = true;
          sources = ["tls+tcp://alpha:9331" "tls+tcp://beta:9331"];
          inherit tls;
        });
    };
    # Has a certificate that their CA did not sign.
    stranger = {
      imports = [(secrets "stranger")];
      services.peer-observer.logger = {
        enable = true;
        sources = ["tls+tcp://alpha:9331"];
        inherit tls;
      };
    };
  };

  testScript = ''
    start_all()
    for machine, node in ((alpha, "alpha"), (beta, "beta")):
        wait_for_tracing(machine, node)
    for tool in ("logger", "metrics"):
        central.wait_for_unit(f"peer-observer-{tool}.service")
    with subtest("central watches both"):
        for machine, node in ((alpha, "alpha"), (beta, "beta")):
            connect(machine, node)
            txid = pay(machine)
            central.wait_until_succeeds(f"journalctl -o cat -u peer-observer-logger.service | grep ' {node} message.inbound .*message_type=tx .*{txid}'", timeout=60)
        assert metric(central, "127.0.0.1:9332", "peer_observer_bus_connected_sources") == 2
        for node in ("alpha", "beta"):
            central.succeed(f"curl -fsS http://127.0.0.1:9332/metrics | grep 'peerobserver_publishers_up{{.*host=\"{node}\".*}} 1'")
    with subtest("who has no certificate of the CA sees nothing"):
        stranger.wait_for_unit("peer-observer-logger.service")
        stranger.wait_until_succeeds("(: < /dev/tcp/alpha/9331)", timeout=60)
        txid = pay(alpha)
        central.wait_until_succeeds(f"journalctl -o cat -u peer-observer-logger.service | grep {txid}", timeout=60)
        for name in ("peer_observer_bus_connected_sources", "peer_observer_bus_received_events_total"):
            assert metric(stranger, "127.0.0.1:9361", name) == 0, name
    with subtest("keys are on no command line"):
        for machine in (alpha, central):
            machine.fail("grep -al 'PRIVATE[ ]KEY' /proc/[0-9]*/cmdline")
            machine.succeed("systemctl cat 'peer-observer-*' | grep '^LoadCredential=tls-cert-key-file:'")
    with subtest("a certificate is renewed, and nothing is lost"):
        unit = "peer-observer-extractor-alpha.service"
        process = f"systemctl show -P MainPID -P ActiveEnterTimestampMonotonic {unit}"
        before = alpha.succeed(process)
        alpha.succeed("mv /etc/secrets/renewed.pem /etc/secrets/cert-key.pem", f"systemctl reload {unit}")
        fingerprint = "openssl x509 -noout -fingerprint"
        shown = "openssl s_client -connect alpha:9331 -cert /etc/secrets/cert-key.pem -CAfile /etc/secrets/ca.pem < /dev/null"
        renewed = alpha.succeed(f"{fingerprint} -in /etc/secrets/cert-key.pem").strip()
        alpha.wait_until_succeeds(f"{shown} | {fingerprint} | grep '{renewed}'", timeout=60)
        assert alpha.succeed(process) == before
        txid = pay(alpha)
        central.wait_until_succeeds(f"journalctl -o cat -u peer-observer-logger.service | grep ' alpha .*{txid}'", timeout=60)
        central.fail("journalctl -o cat -u peer-observer-logger.service | grep 'source tls+tcp://alpha:9331 lost'")
        assert metric(central, "127.0.0.1:9332", "peer_observer_bus_missed_events_total") == 0
    with subtest("a honeynode goes away and comes back"):
        alpha.succeed("systemctl stop peer-observer-extractor-alpha.service")
        central.wait_until_succeeds("curl -fsS http://127.0.0.1:9332/metrics | grep '^peer_observer_bus_connected_sources 1'", timeout=60)
        alpha.succeed("systemctl start peer-observer-extractor-alpha.service")
        central.wait_until_succeeds("curl -fsS http://127.0.0.1:9332/metrics | grep '^peer_observer_bus_connected_sources 2'", timeout=60)
  '';
}
