# A tool that was taken over reads nothing but its own: no secret, no RPC cookie, no other service's state.
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
        log = true;
        p2p = true;
      })
    ];
    systemd.tmpfiles.rules = [
      "d /var/lib/secrets 0700 root root"
      "f /var/lib/secrets/cert-key.pem 0600 root root - secret"
      "f /home/wallet.dat 0644 root root - secret"
    ];
  };

  testScript = ''
    start_all()
    wait_for_tracing(machine)
    units = ${builtins.toJSON (tools ++ ["extractor-alpha" "rpc-extractor-alpha" "log-extractor-alpha" "p2p-extractor-alpha"])}
    states = {}
    secrets = [
        "/var/lib/secrets/cert-key.pem",
        "/home/wallet.dat",
        "/etc/shadow",
        "/var/lib/bitcoind-alpha/regtest/.cookie",
        "/var/log/bitcoind-alpha/debug.log",
        "/var/lib/peer-observer-rpc-user-alpha/password",
        "/var/lib/peer-observer-rpc-user-alpha/bitcoin.conf",
    ]
    for unit in units:
        machine.wait_for_unit(f"peer-observer-{unit}.service")
        state = machine.succeed(f"systemctl show -P StateDirectory peer-observer-{unit}.service").strip()
        if state:
            states[unit] = f"/var/lib/{state}/"
    assert len(states) > 2
    connect(machine)
    for path in states.values():
        machine.wait_until_succeeds(f"ls -A {path} | grep .", timeout=60)


    def inside(unit: str, command: str) -> str:
        """A command as the service's user, in what the service sees of the file system."""
        pid = machine.succeed(f"systemctl show -p MainPID --value peer-observer-{unit}.service").strip()
        ids = machine.succeed(f"stat -c '-S %u -G %g' /proc/{pid}").strip()
        return f"nsenter -t {pid} -m {ids} -- {command}"


    for unit in units:
        with subtest(f"{unit} has a user of its own"):
            machine.fail(inside(unit, "sh -c '[ $(id -u) = 0 ]'"))
        with subtest(f"{unit} reads no secret"):
            for path in secrets:
                machine.succeed(f"test -r {path}")
                if unit == "log-extractor-alpha" and path.endswith("/debug.log"):
                    continue
                machine.fail(inside(unit, f"cat {path}"))
        with subtest(f"{unit} reads no other service's state"):
            for owner, path in states.items():
                if owner == unit:
                    machine.succeed(inside(unit, f"ls {path}"))
                else:
                    machine.fail(inside(unit, f"ls {path}"))
        with subtest(f"{unit} writes nowhere else"):
            for folder in ("/var/lib", "/etc", "/run", "/usr", "/var/lib/bitcoind-alpha"):
                machine.fail(inside(unit, f"touch {folder}/written"))
    with subtest("systemd rates them as the documentation says"):
        for unit in [*units, "rpc-user-alpha"]:
            rating = machine.succeed(f"systemd-analyze security --no-pager peer-observer-{unit}.service | tail -n 1")
            print(rating)
            highest = 30 if unit == "extractor-alpha" else 15
            machine.succeed(f"systemd-analyze security --no-pager --threshold={highest} peer-observer-{unit}.service")
    with subtest("who is not of the group cannot listen to the events"):
        machine.fail("setpriv --reuid 65534 --regid 65534 --clear-groups ls /run/peer-observer/alpha")
  '';
}
