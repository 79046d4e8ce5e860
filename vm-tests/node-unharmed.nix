# Whatever happens to a service of ours, the node is the same process and keeps running: restarted, killed, stopped by a signal, unable to start.
{
  honeynode,
  tools,
  ...
}: {
  nodes.machine = {
    imports = [
      (honeynode {
        inherit tools;
        rpc = true;
      })
    ];
    services.peer-observer.logger.kinds = ["connection"];
  };

  testScript = ''
    units = [f"peer-observer-{name}.service" for name in ${builtins.toJSON (tools ++ ["extractor-alpha" "rpc-extractor-alpha" "rpc-user-alpha"])}]
    running = [unit for unit in units if "rpc-user" not in unit]
    start_all()
    wait_for_tracing(machine)
    for unit in units:
        machine.wait_for_unit(unit)


    def node() -> str:
        """Which process it is; and it is at work."""
        rpc(machine, "alpha", "generatetodescriptor 1 'raw(51)#8lvh9jxk'")
        # A busy systemd may hang up on systemctl.
        shown = "systemctl show -P MainPID -P NRestarts -P ExecMainStartTimestampMonotonic bitcoind-alpha.service"
        return str(machine.wait_until_succeeds(shown, timeout=60))


    before = node()
    for unit in units:
        with subtest(f"{unit} is restarted"):
            machine.succeed(f"systemctl restart {unit}")
            assert node() == before
        with subtest(f"{unit} cannot start, as with an update that is broken"):
            program = machine.succeed(f"systemctl show -P ExecStart {unit} | grep -o 'path=[^ ;]*' | cut -d= -f2 | xargs realpath").strip()
            machine.succeed(f"mount --bind /etc/os-release {program}")
            machine.execute(f"timeout 10 systemctl restart {unit}")
            machine.wait_until_fails(f"systemctl is-active {unit}")
            assert node() == before
        with subtest(f"{unit} is repaired"):
            machine.succeed(f"umount {program}", f"systemctl restart {unit}")
            machine.wait_for_unit(unit)
            assert node() == before
        with subtest(f"{unit} is stopped"):
            machine.succeed(f"systemctl stop {unit}")
            assert node() == before
            machine.succeed(f"systemctl start {unit}")
    for unit in running:
        with subtest(f"{unit} is killed"):
            machine.succeed(f"systemctl kill --signal=KILL {unit}")
            assert node() == before
            machine.wait_for_unit(unit)
    with subtest("none of them keeps running"):
        # Without systemd, which may be busy with those that do not answer its watchdog.
        pids = " ".join(machine.succeed(f"systemctl show -P MainPID {unit}").strip() for unit in running)
        machine.succeed(f"kill -STOP {pids}")
        for _ in range(100):
            rpc(machine, "alpha", "generatetodescriptor 1 'raw(51)#8lvh9jxk'")
        machine.succeed(f"kill -CONT {pids}")
        assert node() == before
    with subtest("the next start of the node does not need them"):
        machine.succeed(f"systemctl stop {' '.join(units)}", "systemctl restart bitcoind-alpha.service")
        assert node() != before
  '';
}
