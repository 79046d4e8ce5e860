# A honeynode that is reached through Tor. Tor's network is off: nobody is talked to, and Tor answers the node all the same.
{honeynode, ...}: {
  nodes.machine = {
    imports = [
      (honeynode {
        tools = ["logger"];
        tor = true;
      })
    ];
    services.tor.settings.DisableNetwork = true;
    # Its root is a folder of its own. Where Debian stands in for NixOS, the program is not in the store.
    systemd.services.tor.serviceConfig.BindReadOnlyPaths = ["-/usr" "-/lib" "-/lib64"];
  };

  testScript = ''
    start_all()
    machine.wait_for_unit("tor.service")
    wait_for_tracing(machine)
    with subtest("the node has an onion service and announces it"):
        machine.wait_until_succeeds("journalctl -u bitcoind-alpha.service | grep 'Got tor service ID .*, advertising service .*onion:18444'", timeout=60)
        information = rpc(machine, "alpha", "getnetworkinfo")
        assert [address for address in information["localaddresses"] if address["address"].endswith(".onion")], information
    with subtest("it listens, and reaches onion services by Tor and nobody else by it"):
        proxies = {network["name"]: network["proxy"] for network in information["networks"]}
        assert proxies["onion"] == "127.0.0.1:9050" and not proxies["ipv4"] and not proxies["ipv6"], proxies
        connect(machine)
    with subtest("a peer that comes from Tor is told apart"):
        rpc(machine, "peer", "addnode 127.0.0.1:18445 onetry")
        machine.wait_until_succeeds("journalctl -o cat -u peer-observer-logger.service | grep 'connection.inbound .*address=127.0.0.1:.*network=ONION'", timeout=60)
        assert "onion" in [peer["network"] for peer in rpc(machine, "alpha", "getpeerinfo")]
  '';
}
