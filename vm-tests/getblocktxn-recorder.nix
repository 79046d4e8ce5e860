# The recorder as a service: a compact block whose transaction the honeynode lacks becomes a line.
{honeynode, ...}: {
  nodes.machine = honeynode {tools = ["getblocktxn-recorder"];};

  testScript = ''
    start_all()
    wait_for_tracing(machine)
    machine.wait_for_unit("peer-observer-getblocktxn-recorder.service")
    table = "/var/lib/peer-observer-getblocktxn-recorder/asked.csv"
    machine.wait_until_succeeds(f"grep block_hash {table}", timeout=60)
    connect(machine)
    machine.wait_until_succeeds("journalctl -u peer-observer-getblocktxn-recorder.service | grep -i connected", timeout=60)
    miner = rpc(machine, "peer", "getnewaddress")
    # The peer that announced a block of use is asked for compact blocks; this takes a block or two.
    for _ in range(3):
        rpc(machine, "peer", f"generatetoaddress 1 {miner}")
        machine.wait_until_succeeds(
            "[ $(bitcoin-cli -regtest -datadir=/var/lib/bitcoind-alpha -rpcport=18443 getbestblockhash) = "
            f"{rpc(machine, 'peer', 'getbestblockhash')} ]",
            timeout=60,
        )
    # A transaction that is in a block and was in no mempool.
    raw = rpc(machine, "peer", "-named createrawtransaction inputs='[]' outputs=" + "'" + json.dumps([{miner: 0.5}]) + "'")
    funded = rpc(machine, "peer", f"fundrawtransaction {raw}")["hex"]
    signed = rpc(machine, "peer", f"signrawtransactionwithwallet {funded}")["hex"]
    txid = rpc(machine, "peer", f"decoderawtransaction {signed}")["txid"]
    rpc(machine, "peer", f"generateblock {miner} '[\"{signed}\"]'")
    with subtest("the transaction is in the table, with its id"):
        machine.wait_until_succeeds(f"grep ',{txid},' {table}", timeout=60)
  '';
}
