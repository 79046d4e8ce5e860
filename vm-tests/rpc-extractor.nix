# The rpc-extractor of a honeynode: a user of the node that may do next to nothing, and answers that continue when the node was killed.
{honeynode, ...}: {
  nodes.machine = {
    imports = [
      (honeynode {
        tools = ["logger" "metrics"];
        rpc = true;
      })
    ];
    services.peer-observer.rpc-extractors.alpha = {
      disableMethods = ["getrawaddrman"];
      intervals = {
        uptime = 1;
        getpeerinfo = 1;
      };
    };
    services.peer-observer.logger = {
      format = "json";
      kinds = ["rpc"];
    };
  };

  testScript = ''
    unit = "peer-observer-rpc-extractor-alpha.service"


    def status_of(method: str) -> str:
        """HTTP's, for a call by the extractor's user."""
        machine.succeed("sed 's/^/user = peer-observer:/' /var/lib/peer-observer-rpc-user-alpha/password > /run/curl.conf")
        request = json.dumps({"method": method, "params": []})
        return str(machine.succeed(f"curl -sS -K /run/curl.conf -o /dev/null -w '%{{http_code}}' -d '{request}' http://127.0.0.1:18443/")).strip()


    def answers(method: str) -> int:
        return int(machine.succeed(f"journalctl -o cat -u peer-observer-logger.service | grep -c '\"kind\":\"rpc.{method}\"' || true"))


    start_all()
    wait_for_tracing(machine)
    for name in ("rpc-extractor-alpha", "logger", "metrics"):
        machine.wait_for_unit(f"peer-observer-{name}.service")
    wait_for_sources(machine, "127.0.0.1:9361", 2)
    connect(machine)
    with subtest("its answers come, under the node's name"):
        line = logged(machine, '"kind":"rpc.getpeerinfo"', "127.0.0.1:18544")
        assert json.loads(line)["node"] == "alpha", line
        machine.wait_until_succeeds("curl -fsS http://127.0.0.1:9332/metrics | grep '^peerobserver_rpc_peer_info_num_peers{.*host=\"alpha\".*} 1'", timeout=60)
    with subtest("no call failed, but for those that were made before the node listened"):
        errors = machine.succeed("curl -fsS http://127.0.0.1:9370/metrics | grep ^peer_observer_rpc_extractor_errors_total || true").splitlines()
        for cause in ("forbidden", "unauthorized", "unknown_method"):
            assert sum(float(series.rpartition(" ")[2]) for series in errors if f'"{cause}"' in series) == 0, errors
    with subtest("its user may call what it calls, and nothing else"):
        assert status_of("uptime") == "200"
        for method in ("stop", "getblockcount", "getrawaddrman", "dumpwallet"):
            assert status_of(method) == "403", method
        machine.succeed("bitcoin-cli -regtest -datadir=/var/lib/bitcoind-alpha -rpcport=18443 getblockcount")
    with subtest("its password is in no command line and no file that others read"):
        machine.fail("grep -aFf /var/lib/peer-observer-rpc-user-alpha/password /proc/[0-9]*/cmdline")
        machine.succeed("[ $(stat -c %a:%U /var/lib/peer-observer-rpc-user-alpha/password) = 600:root ]")
        assert machine.succeed("stat -c %a:%U:%G /var/lib/peer-observer-rpc-user-alpha/bitcoin.conf").strip() == "640:root:bitcoind-alpha"
    with subtest("no unit of ours stops or restarts the node, whatever happens to it"):
        node = machine.succeed("systemctl show -p MainPID --value bitcoind-alpha.service")
        units = str(machine.succeed("systemctl list-units --plain --no-legend --all 'peer-observer-*.service' | cut -d' ' -f1")).split()
        assert "peer-observer-rpc-user-alpha.service" in units and len(units) >= 5, units
        for each in units:
            machine.succeed(f"systemctl restart {each}")
            machine.succeed(f"systemctl stop {each}")
            machine.succeed(f"systemctl start {each}")
        machine.succeed("systemctl kill -s KILL 'peer-observer-*.service'")
        assert machine.succeed("systemctl show -p MainPID --value bitcoind-alpha.service") == node
        assert machine.succeed("systemctl is-active bitcoind-alpha.service").strip() == "active"
    with subtest("the password stays the same, and the node starts without the user if it cannot be made"):
        password = machine.succeed("cat /var/lib/peer-observer-rpc-user-alpha/password")
        machine.succeed("systemctl restart peer-observer-rpc-user-alpha.service")
        assert machine.succeed("cat /var/lib/peer-observer-rpc-user-alpha/password") == password
        machine.succeed("mkdir -p /run/systemd/system/peer-observer-rpc-user-alpha.service.d")
        machine.succeed("printf '[Service]\\nExecStart=\\nExecStart=/bin/false\\n' > /run/systemd/system/peer-observer-rpc-user-alpha.service.d/broken.conf")
        machine.succeed("systemctl daemon-reload; systemctl stop peer-observer-rpc-user-alpha.service; systemctl restart bitcoind-alpha.service")
        rpc(machine, "alpha", "uptime")
        machine.succeed("systemctl is-failed peer-observer-rpc-user-alpha.service")
        machine.succeed("rm -r /run/systemd/system/peer-observer-rpc-user-alpha.service.d; systemctl daemon-reload; systemctl restart peer-observer-rpc-user-alpha.service bitcoind-alpha.service")
        rpc(machine, "alpha", "uptime")
        machine.wait_for_unit(unit)
    with subtest("the node is killed: the extractor stays, and its password is good for the next one"):
        pid = machine.succeed(f"systemctl show -p MainPID --value {unit}")
        machine.succeed("systemctl kill -s KILL bitcoind-alpha.service")
        machine.wait_until_succeeds("[ $(systemctl show -p NRestarts --value bitcoind-alpha.service) -ge 1 ]", timeout=60)
        rpc(machine, "alpha", "uptime")
        before = answers("uptime")
        machine.wait_until_succeeds(
            f"[ $(journalctl -o cat -u peer-observer-logger.service | grep -c '\"kind\":\"rpc.uptime\"') -gt {before} ]", timeout=60
        )
        assert machine.succeed(f"systemctl show -p MainPID --value {unit}") == pid
  '';
}
