# The log-extractor of a honeynode: reads the log that nobody else may read, and continues after restarts and rotation.
{honeynode, ...}: {
  nodes.machine = {
    imports = [
      (honeynode {
        tools = ["logger" "metrics"];
        log = true;
      })
    ];
    services.peer-observer.logger = {
      format = "json";
      kinds = ["log"];
    };
  };

  testScript = ''
    unit = "peer-observer-log-extractor-alpha.service"
    debug_log = "/var/log/bitcoind-alpha/debug.log"


    def mine() -> str:
        """The hash of a new block of the honeynode's own."""
        return str(rpc(machine, "alpha", "generatetodescriptor 1 'raw(51)'")[0])


    start_all()
    machine.wait_for_unit("bitcoind-alpha.service")
    for name in ("log-extractor-alpha", "logger", "metrics"):
        machine.wait_for_unit(f"peer-observer-{name}.service")
    wait_for_sources(machine, "127.0.0.1:9361", 2)
    with subtest("the node's log is for the group of the log-extractors"):
        assert machine.succeed(f"stat -c %a:%U:%G {debug_log}").strip() == "640:bitcoind-alpha:peer-observer-log"
        machine.fail(f"setpriv --reuid 65534 --regid 65534 --clear-groups cat {debug_log}")
    with subtest("its lines come, with what is in them"):
        hash = mine()
        line = logged(machine, '"kind":"log.block_checked"', hash)
        event = json.loads(line)
        assert event["node"] == "alpha" and event["event"]["is_valid"], line
        logged(machine, '"kind":"log.tip_updated"', hash)
    with subtest("it continues where it stopped"):
        machine.succeed(f"systemctl stop {unit}")
        while_stopped = mine()
        machine.succeed(f"systemctl start {unit}")
        logged(machine, '"kind":"log.tip_updated"', while_stopped)
        assert machine.succeed(f"journalctl -o cat -u peer-observer-logger.service | grep log.tip_updated | grep -c {hash}").strip() == "1"
    with subtest("it follows the log through rotation and a restart of the node"):
        machine.succeed(f"mv {debug_log} {debug_log}.1; kill -HUP $(cat /run/bitcoind-alpha/pid)")
        logged(machine, '"kind":"log.tip_updated"', mine())
        machine.succeed("systemctl restart bitcoind-alpha.service")
        logged(machine, '"kind":"log.node_stopped"')
        logged(machine, '"kind":"log.node_started"')
    with subtest("it reads nothing else of the node, and has no privileges"):
        pid = machine.succeed(f"systemctl show -p MainPID --value {unit}").strip()
        status = machine.succeed(f"cat /proc/{pid}/status")
        assert "CapEff:\t0000000000000000" in status and "NoNewPrivs:\t1" in status, status
        assert not status.split("Uid:\t")[1].startswith("0\t"), "runs as root"
  '';
}
