# The logger as a service: events go to the journal, filtered.
{honeynode, ...}: {
  nodes.machine = {
    imports = [(honeynode {tools = ["logger"];})];
    services.peer-observer.logger = {
      format = "json";
      kinds = ["message"];
      messageTypes = ["tx"];
    };
  };

  testScript = ''
    start_all()
    wait_for_tracing(machine)
    machine.wait_for_unit("peer-observer-logger.service")
    connect(machine)
    txid = pay(machine)
    with subtest("the transaction comes as a message, in the journal"):
        line = logged(machine, '"kind":"message.inbound"', txid)
        event = json.loads(line)
        assert event["node"] == "alpha" and event["event"]["message_type"] == "tx", line
    with subtest("what the filter does not name is not there"):
        machine.fail("journalctl -o cat -u peer-observer-logger.service | grep '\"message_type\":\"inv\"'")
    with subtest("nothing was missed"):
        assert metric(machine, "127.0.0.1:9361", "peer_observer_bus_missed_events_total") == 0
  '';
}
