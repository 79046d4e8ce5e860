# Two honeynodes and a central host, with certificates of a CA of their own: it has the metrics of both, dashboards and an alert.
{
  honeynode,
  lib,
  ...
}: let
  inherit (import ./lib/certified.nix {inherit honeynode;}) field secrets tls;
in {
  nodes = {
    # Which writes an archive itself.
    alpha = {
      imports = [(field "alpha")];
      services.peer-observer = {
        honeynodes.alpha.tools = ["archiver"];
        honeynodes.alpha.source = "tls+tcp://alpha:9331";
        archive-server = {
          enable = true;
          openFirewall = true;
          rateLimit = "1m";
          inherit tls;
        };
      };
    };
    beta = field "beta";
    central = {
      imports = [(secrets "central")];
      environment.etc."secrets/grafana-secret-key".text = "not a secret";
      # user: reader, password: password
      environment.etc."secrets/htpasswd".text = "reader:{PLAIN}password\n";
      services.peer-observer.central = {
        enable = true;
        nodes = lib.recursiveUpdate (lib.genAttrs ["alpha" "beta"] (name: {address = name;})) {alpha.archivePort = 9350;};
        tools = ["metrics" "detector" "archiver" "web"];
        pages.domain = "observer";
        pages.publicDomain = "public";
        archives.rateLimit = "1m";
        inherit tls;
        alertReceiver.webhook_configs = [{url = "http://127.0.0.1:8000/";}];
        grafanaSecretKeyFile = "/etc/secrets/grafana-secret-key";
        web = {
          domain = "central";
          acme = false;
          passwordFile = "/etc/secrets/htpasswd";
        };
      };
      services.prometheus.globalConfig.scrape_interval = "1s";
      virtualisation.memorySize = 2048;
    };
  };

  testScript = ''
    start_all()
    for machine, node in ((alpha, "alpha"), (beta, "beta")):
        wait_for_tracing(machine, node)
    # Not where Debian stands in for NixOS.
    has_grafana = central.execute("ls /nix/store/*-grafana-*/bin/grafana")[0] == 0
    for unit in ("peer-observer-metrics", "peer-observer-detector", "peer-observer-archiver", "prometheus", "alertmanager", "nginx"):
        central.wait_for_unit(f"{unit}.service")
    login = "--user reader:password"
    with subtest("Prometheus has the metrics of both nodes"):
        for machine, node in ((alpha, "alpha"), (beta, "beta")):
            connect(machine, node)
            query = f"peerobserver_publishers_up{{host=\"{node}\",publisher=\"tracepoints\"}}"
            central.wait_until_succeeds(
                f"curl -fsS {login} --get --data-urlencode 'query={query}' http://central/prometheus/api/v1/query | grep '\"1\"'", timeout=60
            )
    with subtest("the archive has the events of both"):
        for node in ("alpha", "beta"):
            central.wait_until_succeeds(f"peer-observer-archive cat --node {node} /var/lib/peer-observer-archiver | grep verack", timeout=60)
    with subtest("the archive that a node has written is copied, and can be downloaded"):
        own, copies = "/var/lib/peer-observer-archiver/alpha", "/var/lib/peer-observer-archives/alpha"
        alpha.wait_until_succeeds(f"peer-observer-archive cat --kind message {own}/*.open | grep verack", timeout=60)
        alpha.succeed("systemctl restart peer-observer-archiver.service")
        name = alpha.wait_until_succeeds(f"basename $(ls {own}/*.poa.zst | head -n 1)", timeout=60).strip()
        central.succeed("systemctl start peer-observer-collect-archives.service")
        assert central.succeed(f"sha256sum < {copies}/{name}") == alpha.succeed(f"sha256sum < {own}/{name}")
        central.succeed(f"curl -fsS {login} http://central/archives/alpha/{name} | cmp - {copies}/{name}")
        central.succeed(f"curl -fsS {login} http://central/archives/ | grep alpha")
        central.fail(f"curl -fsS {login} http://central/archives/.unfinished/")
    with subtest("a node serves no file that is being written, and nothing to those without a certificate"):
        certificates = "--cacert /etc/secrets/ca.pem --cert /etc/secrets/cert-key.pem"
        pay(alpha)
        opened = alpha.wait_until_succeeds(f"basename $(ls {own}/*.open | head -n 1)", timeout=60).strip()
        for path, options, status in (
            (f"alpha/{name}", certificates, 200), (f"alpha/{name}", "--cacert /etc/secrets/ca.pem", 400), (f"alpha/{opened}", certificates, 404)
        ):
            code = f"curl -s -o /dev/null -w '%{{http_code}}' {options} https://alpha:9350/{path}"
            assert central.succeed(code).strip() == str(status), f"{path} {options}"
    with subtest("downloads are limited, at the node and at the central host, and can be continued"):
        # 4 MiB at 1 MiB per second, of which the first comes at once; nginx counts whole seconds.
        least_seconds = 2.0
        for machine, folder in ((alpha, own), (central, copies)):
            machine.succeed(f"cd {folder} && head -c 4M /dev/urandom > large.poa.zst && chown --reference={name} large.poa.zst && chmod --reference={name} large.poa.zst")
        for url, options in (("https://alpha:9350/alpha", certificates), ("http://central/archives/alpha", login)):
            seconds = central.succeed(f"curl -fsS -o whole -w '%{{time_total}}' {options} {url}/large.poa.zst")
            assert float(seconds) > least_seconds, f"{url}: {seconds}"
            central.succeed("head -c 3000000 whole > part")
            assert central.succeed(f"curl -fsS -C - -o part -w '%{{http_code}}' {options} {url}/large.poa.zst").strip() == "206"
            central.succeed("cmp part whole")
    with subtest("an address has two downloads at a time at the central host"):
        central.succeed(f"truncate -s 1G {copies}/huge.poa.zst && chown --reference={copies}/{name} {copies}/huge.poa.zst")
        huge = f"curl -s -o /dev/null {login} http://central/archives/alpha/huge.poa.zst"
        for unit in ("first", "second"):
            central.succeed(f"systemd-run --unit={unit} {huge}")
        status = f"{huge} -r 0-0 -w '%{{http_code}}'"
        central.wait_until_succeeds(f"{status} | grep 503", timeout=60)
        central.succeed("systemctl stop first second")
        central.wait_until_succeeds(f"{status} | grep 206", timeout=60)
    with subtest("systemd rates each unit as the documentation says"):
        for machine in (alpha, central):
            units = machine.succeed("systemctl list-unit-files --plain --no-legend 'peer-observer-*.service' | cut -d ' ' -f 1").split()
            assert len(units) > 2, units
            for unit in units:
                highest = 30 if unit.startswith("peer-observer-extractor-") else 15
                print(machine.succeed(f"systemd-analyze security --no-pager --threshold={highest} {unit} | tail -n 1"))
    with subtest("those who hold a password see the nodes' peers, and everybody the public view"):
        def nodes(host: str, options: str = "") -> str:
            return f"curl -fsS {options} -H 'Host: {host}' http://127.0.0.1/api/v1/nodes"

        for node in ("alpha", "beta"):
            central.wait_until_succeeds(f"{nodes('observer', login)} | grep {node}", timeout=60)
            central.wait_until_succeeds(f"{nodes('public')} | grep {node}", timeout=60)
        central.fail(nodes("observer"))
        central.succeed("systemctl show -P ExecStart peer-observer-web-public.service | grep -e '--access public'")
    with subtest("Grafana has the dashboards"):
        if has_grafana:
            central.wait_until_succeeds(f"curl -fsS {login} http://central/api/search | grep overview", timeout=60)
    with subtest("Alertmanager is told when a node goes away"):
        alpha.succeed("systemctl stop peer-observer-extractor-alpha.service")
        central.wait_until_succeeds(f"curl -fsS {login} http://central/alertmanager/api/v2/status | grep operator", timeout=60)
    with subtest("who has no password sees nothing"):
        for path in ("", "prometheus/graph", "alertmanager/", "archives/"):
            assert central.succeed(f"curl -s -o /dev/null -w '%{{http_code}}' http://central/{path}").strip() == "401", path
  '';
}
