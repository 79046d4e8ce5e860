# In front of every test's script.
import json
from typing import Any

RPC_PORTS = {"peer": 18543}


def rpc(machine: Any, node: str, command: str) -> Any:
    """What bitcoin-cli prints; parsed, where it is JSON."""
    port = RPC_PORTS.get(node, 18443)
    out = machine.succeed(f"bitcoin-cli -regtest -datadir=/var/lib/bitcoind-{node} -rpcport={port} -rpcwait -rpcwaittimeout=60 {command}").strip()
    try:
        return json.loads(out)
    except ValueError:
        return out


def wait_for_tracing(machine: Any, node: str = "alpha") -> None:
    """Until the extractor observes the process that runs now."""
    machine.wait_for_unit(f"bitcoind-{node}.service")
    machine.wait_for_unit(f"peer-observer-extractor-{node}.service")
    unit = f"peer-observer-extractor-{node}.service"
    machine.wait_until_succeeds(f"journalctl -u {unit} | grep -F \"tracing process $(cat /run/bitcoind-{node}/pid)\"", timeout=60)
    machine.wait_until_succeeds(f"journalctl -u {unit} | grep 'attached [1-9][0-9]* of'", timeout=60)


def dial_peer(machine: Any, node: str = "alpha") -> None:
    """The honeynode dials its peer. From then on that announces its transactions: it does once it has sent feefilter."""
    rpc(machine, node, "addnode 127.0.0.1:18544 onetry")

    def announces(_last_try: bool) -> bool:
        return any("feefilter" in peer["bytesrecv_per_msg"] for peer in rpc(machine, node, "getpeerinfo"))

    retry(announces, 60)


def connect(machine: Any, node: str = "alpha") -> None:
    """The honeynode and its peer get to know each other; the peer has coins to spend."""
    rpc(machine, "peer", "createwallet demo")
    rpc(machine, "peer", f"generatetoaddress 101 {rpc(machine, 'peer', 'getnewaddress')}")
    dial_peer(machine, node)
    machine.wait_until_succeeds(
        f"[ $(bitcoin-cli -regtest -datadir=/var/lib/bitcoind-{node} -rpcport=18443 getblockcount) -ge 101 ]", timeout=60
    )


def pay(machine: Any) -> str:
    """A transaction of the peer's, which it announces to the honeynode. Returns its txid."""
    return str(rpc(machine, "peer", f"sendtoaddress {rpc(machine, 'peer', 'getnewaddress')} 0.01"))


def logged(machine: Any, *parts: str) -> str:
    """The logger's last line that has all of these, once there is one. (Not its first: to end at it would be an error of
    those who still write to the pipe.)"""
    greps = " | ".join(f"grep -F -- '{part}'" for part in parts)
    return str(machine.wait_until_succeeds(f"journalctl -o cat -u peer-observer-logger.service | {greps} | tail -n 1 | grep .", timeout=60))


def wait_for_sources(machine: Any, address: str, count: int) -> None:
    """Until the tool whose health is served there hears so many publishers."""
    machine.wait_until_succeeds(f"curl -fsS http://{address}/metrics | grep '^peer_observer_bus_connected_sources {count}'", timeout=60)


def metric(machine: Any, address: str, name: str) -> float:
    """Of an endpoint for Prometheus: the sum over the labels of a metric, or of those series that begin with `name`."""
    lines = machine.succeed(f"curl -fsS http://{address}/metrics").splitlines()
    values = [float(line.rpartition(" ")[2]) for line in lines if line.startswith(name)]
    assert values, f"no {name} at {address}"
    return sum(values)
