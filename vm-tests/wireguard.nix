# A honeynode and a central host in a VPN: the node dials the central host, and nobody can dial the node.
{honeynode, ...}: let
  # Made for this test.
  keys = {
    alpha = {
      private = "EJQs/E8HmwNtQIckQitCjZrf9M3OQ76V4rxLwFEll3c=";
      public = "PcexO/gjezi4kbkaMwREW+1m1KPI7cd0Zuriz3sOOgU=";
    };
    central = {
      private = "UGPsQUhBP3LLt55eNWyF3peSoMiYVmN0jJ6TK4dqonQ=";
      public = "eeMwmjrFlrfgPUgcqZIWqNTQD6sxJxMrtBVCpV2tMRY=";
    };
  };
  privateKeyFile = "/etc/secrets/wireguard.key";
  address = "10.93.0.2"; # alpha's in the VPN
  key = name: {
    environment.etc."secrets/wireguard.key" = {
      text = keys.${name}.private;
      mode = "0400";
    };
  };
in {
  nodes = {
    alpha = {
      imports = [(honeynode {tools = ["archiver"];}) (key "alpha")];
      services.peer-observer = {
        uplink = {
          enable = true;
          inherit address privateKeyFile;
          central.endpoint = "central:51820";
          central.publicKey = keys.central.public;
        };
        honeynodes.alpha.listen = "tcp://${address}:9331";
        archive-server.enable = true;
        archive-server.listenAddress = address;
      };
    };
    central = {
      imports = [(key "central")];
      environment.etc."secrets/grafana-secret-key".text = "not a secret";
      services.peer-observer.central = {
        enable = true;
        nodes.alpha.archivePort = 9350;
        nodes.alpha.wireguard = {
          inherit address;
          publicKey = keys.alpha.public;
        };
        wireguard.enable = true;
        wireguard.privateKeyFile = privateKeyFile;
        tools = ["metrics" "archiver"];
        grafanaSecretKeyFile = "/etc/secrets/grafana-secret-key";
      };
      virtualisation.memorySize = 2048;
    };
  };

  testScript = ''
    archive, copies = "/var/lib/peer-observer-archiver", "/var/lib/peer-observer-archives/alpha"

    def is_archived(txid: str) -> None:
        central.wait_until_succeeds(f"peer-observer-archive cat --node alpha --kind mempool {archive} | grep {txid}", timeout=60)

    with subtest("a node waits for its central host"):
        alpha.start()
        wait_for_tracing(alpha)
        connect(alpha)
    with subtest("the central host has the node's events"):
        central.start()
        central.wait_for_unit("peer-observer-archiver.service")
        wait_for_sources(central, "127.0.0.1:9332", 1)
        is_archived(pay(alpha))
    with subtest("the archive that the node has written is copied"):
        alpha.succeed("systemctl restart peer-observer-archiver.service")
        name = alpha.wait_until_succeeds(f"basename $(ls {archive}/alpha/*.poa.zst | head -n 1)", timeout=60).strip()
        central.succeed("systemctl start peer-observer-collect-archives.service")
        assert central.succeed(f"sha256sum < {copies}/{name}") == alpha.succeed(f"sha256sum < {archive}/alpha/{name}")
    with subtest("the node's ports are open in the VPN only"):
        for port in (9331, 9350):
            central.succeed(f"timeout 5 bash -c '< /dev/tcp/${address}/{port}'")
            central.fail(f"timeout 5 bash -c '< /dev/tcp/alpha/{port}'")
    with subtest("events go on when the VPN was down, at either end"):

        def arrives(_last_try: bool) -> bool:
            find = f"peer-observer-archive cat --node alpha --kind mempool {archive} | grep {pay(alpha)}"
            return central.execute(f"for _ in 1 2 3 4 5; do {find} && exit; sleep 1; done; exit 1")[0] == 0

        for machine in (central, alpha):
            machine.succeed("systemctl restart wireguard-peer-observer.service")
            retry(arrives, 120)
    with subtest("what was lost meanwhile is told"):
        assert metric(central, "127.0.0.1:9332", "peerobserver_sequence_gaps_total") > 0
  '';
}
