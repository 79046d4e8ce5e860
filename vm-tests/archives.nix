# Several archives of one archiver: each has what it selects and in the detail that it says, in a folder of its own.
{honeynode, ...}: {
  nodes.machine.imports = [
    (honeynode {tools = ["archiver"];})
    {
      services.peer-observer.archiver.archives = {
        full.keepSize = 1000;
        low-data = {
          select = ["kind=connection" "message_type=version"];
          keepSize = 100;
        };
        addr-relay = {
          select = ["message_type=addr|addrv2|getaddr|sendaddrv2" "kind=connection"];
          level = 19;
          keepDays = 365;
        };
        ids = {
          select = ["message_type=tx"];
          txDetail = "ids";
          directory = "/mnt/archive";
        };
      };
      # As the operator makes it: for the group of the services.
      systemd.tmpfiles.rules = ["d /mnt/archive 0770 root peer-observer"];
    }
  ];

  testScript = ''
    start_all()
    wait_for_tracing(machine)
    machine.wait_for_unit("peer-observer-archiver.service")
    connect(machine)
    txid = pay(machine)
    folder = "/var/lib/peer-observer-archiver"

    def printed(archive: str) -> list[Any]:
        return [json.loads(line) for line in machine.succeed(f"peer-observer-archive cat --format json {archive}").splitlines()]

    def fits(event: Any, types: set[str]) -> bool:
        return event["kind"].startswith("connection.") or event["event"].get("message_type") in types

    def transactions(events: list[Any]) -> list[Any]:
        found = [event["event"]["payload"]["tx"] for event in events if event["kind"] == "message.inbound" and event["event"]["message_type"] == "tx"]
        return [transaction for transaction in found if transaction["txid"] == txid]

    for archive in (f"{folder}/full", "/mnt/archive"):
        machine.wait_until_succeeds(f"peer-observer-archive cat --message-type tx --format json {archive} | grep {txid}", timeout=60)
    machine.succeed("systemctl stop peer-observer-archiver.service")
    full = [event for event in printed(f"{folder}/full") if event["kind"] != "missed"]
    with subtest("each archive has what it selects of what the full one has"):
        for name, types in {"low-data": {"version"}, "addr-relay": {"addr", "addrv2", "getaddr", "sendaddrv2"}}.items():
            events = [event for event in printed(f"{folder}/{name}") if event["kind"] not in ("missed", "events_lost")]
            assert events == [event for event in full if fits(event, types)], name
            assert {event["kind"].partition(".")[0] for event in events} == {"connection", "message"}, name
    with subtest("an archive has its own detail and folder"):
        (of_full,), (of_ids,) = transactions(full), transactions(printed("/mnt/archive"))
        assert of_full["inputs"] and not of_ids.get("inputs"), (of_full, of_ids)
        assert of_ids["wtxid"] == of_full["wtxid"]
    with subtest("all are whole"):
        machine.succeed(f"peer-observer-archive verify {folder} /mnt/archive")
  '';
}
