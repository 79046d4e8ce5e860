# The pages and the API as a service, full with a password and public, behind nginx.
{honeynode, ...}: {
  nodes.machine = {
    imports = [(honeynode {tools = ["web"];})];
    # user: reader, password: password
    environment.etc."secrets/htpasswd".text = "reader:{PLAIN}password\n";
    services.peer-observer.web.nginx = {
      domain = "observer.example.org";
      publicDomain = "public.example.org";
      passwordFile = "/etc/secrets/htpasswd";
      acme = false;
    };
  };

  testScript = ''
    start_all()
    wait_for_tracing(machine)
    for unit in ("peer-observer-web", "peer-observer-web-public", "nginx"):
        machine.wait_for_unit(f"{unit}.service")
    connect(machine)

    def get(host: str, path: str, options: str = "") -> str:
        return f"curl -sS --max-time 10 {options} -H 'Host: {host}.example.org' http://127.0.0.1/api/v1/{path}"

    def status(host: str, path: str, options: str = "") -> str:
        return machine.succeed(get(host, path, f"-o /dev/null -w '%{{http_code}}' {options}")).strip()

    login = "--user reader:password"
    with subtest("those who hold a password see a peer of the honeynode"):
        machine.wait_until_succeeds(f"{get('observer', 'nodes', login)} | grep -E '\"peer_count\":[1-9]'", timeout=60)
        machine.succeed(f"{get('observer', 'nodes/alpha', login)} | grep user_agent")
        for options in ("", "--user reader:wrong"):
            assert status("observer", "nodes", options) == "401", options
    with subtest("the feed comes through nginx as it happens"):
        # The feed does not end: curl does, by its time limit or since nobody reads.
        machine.succeed(f"{{ {get('observer', 'feed?last=1', login)} || true; }} | grep -m 1 'event: sample'")
    with subtest("everybody sees the node, and none of its peers"):
        machine.wait_until_succeeds(f"{get('public', 'nodes')} | grep '\"is_up\":true'", timeout=60)
        machine.fail(f"{get('public', 'nodes')} | grep peer_count")
        for path in ("nodes/alpha/peers/0", "feed", "events", "anomalies", "addresses", "report"):
            assert status("public", path) == "403", path
    with subtest("another name is refused"):
        machine.fail("curl -fsS -H 'Host: evil.example.org' http://127.0.0.1:9380/api/v1/nodes")
        machine.fail("curl -fsS -H 'Host: evil.example.org' http://127.0.0.1:9381/api/v1/nodes")
    with subtest("nothing was missed"):
        assert metric(machine, "127.0.0.1:9366", "peer_observer_bus_missed_events_total") == 0
  '';
}
