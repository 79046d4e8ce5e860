# A honeynode's extractor: attaches to the patched node, tells it from another one of the same program, counts no loss.
{honeynode, ...}: {
  nodes.machine = honeynode {};

  testScript = ''
    start_all()
    wait_for_tracing(machine)
    with subtest("it attaches to every tracepoint of the patched node"):
        series = machine.succeed("curl -fsS http://127.0.0.1:9340/metrics | grep ^peer_observer_extractor_tracepoint_attached").splitlines()
        assert all(line.endswith(" 1") for line in series), series
        for tracepoint in ("net:inbound_message", "addrman:attempt_add", "orphan:add", "net:processed_message"):
            assert any(f'"{tracepoint}"' in line for line in series), f"{tracepoint}: {series}"
    with subtest("it sees the messages of its node, and not those of the other"):
        before = metric(machine, "127.0.0.1:9340", "peer_observer_extractor_events_total")
        rpc(machine, "peer", "createwallet demo")
        rpc(machine, "peer", f"generatetoaddress 101 {rpc(machine, 'peer', 'getnewaddress')}")
        assert metric(machine, "127.0.0.1:9340", "peer_observer_extractor_events_total") == before
        rpc(machine, "alpha", "addnode 127.0.0.1:18544 onetry")
        machine.wait_until_succeeds(
            "curl -fsS http://127.0.0.1:9340/metrics | grep 'peer_observer_extractor_events_total.*inbound_message.* [1-9]'", timeout=60
        )
    with subtest("nothing was lost"):
        assert metric(machine, "127.0.0.1:9340", "peer_observer_extractor_lost_events_total") == 0
    with subtest("its privileges are BPF, PERFMON and SYS_PTRACE: this kernel and libbpf do without SYS_ADMIN"):
        pid = machine.succeed("systemctl show -p MainPID --value peer-observer-extractor-alpha.service").strip()
        status = machine.succeed(f"cat /proc/{pid}/status")
        assert "CapEff:\t000000c000080000" in status and "CapBnd:\t000000c000080000" in status, status
        assert "NoNewPrivs:\t1" in status and "Seccomp:\t2" in status, status
        assert not status.split("Uid:\t")[1].startswith("0\t"), "runs as root"
  '';
}
