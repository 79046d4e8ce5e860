"""Commands of the documentation, as they stand there, on a host of their own: with sim_node in the place of bitcoind, or with a real one where
RPC is needed."""

import hashlib
import hmac
import json
import re
import shlex
import shutil

import pytest

import harness
import recipes
from bitcoind.node import SAFETY_OPTIONS, require_bitcoind

ATTACHED = "until grep -q 'attached .* tracepoints' extractor.log; do kill -0 $extractor; sleep 0.1; done\n"
# Plays all kinds of traffic.
TRAFFIC = "bitcoind --rate 2000 > /dev/null &\n"
PASSWORD = "secret"


def texts(page):
    return [block.text for block in recipes.run_by(__file__, page)]


@pytest.fixture
def run(directory):
    """Runs a script; returns a function that reads a file that it wrote."""
    harness.require_root()

    def run(script, bitcoind=harness.program("sim_node")):
        done = recipes.run_on_a_host_of_its_own(script, directory, bitcoind)
        logs = "\n".join(f"{path.name}: {path.read_text()[-2000:]}" for path in sorted(directory.glob("host/*.log")))
        assert done.returncode == 0, done.stdout + done.stderr + logs
        return lambda name: (directory / "host" / name).read_text()
    return run


def start(name, command):
    return f"start {name} {shlex.quote(command)}\n"


def show(name, command):
    return f"show {name} {shlex.quote(command)}\n"


def test_readme_shows_how_to_use_it(run):
    if not shutil.which("jq"):
        pytest.skip("no jq")
    extractor, text, rejected, inv = texts("README.md")[1].splitlines()
    written = run(start("extractor", extractor) + TRAFFIC + ATTACHED + show("text", text) + show("rejected", rejected)
                  + f"{inv} > inv 2> inv.log\n")
    assert re.search(r"^\S+Z alpha \w+\.\w+ ", written("text"))
    assert '"reason"' in written("rejected")
    assert len(written("inv").splitlines()) == 10
    assert all("message.inbound" in line and "message_type=inv" in line for line in written("inv").splitlines())


def test_quickstart_prints_events(run):
    [command, _] = texts("README.md")
    written = run(f"""
ln -s {recipes.ROOT}/quickstart {recipes.ROOT}/scripts {recipes.ROOT}/services .
export PEER_OBSERVER_PROGRAMS=$BIN
start shown {shlex.quote(command)}
until grep -q ' message.inbound ' shown; do kill -0 $shown; sleep 0.1; done
curl -s "$(sed -n 's/^In a browser: //p' shown)" > page
stop shown
""")
    assert "message.inbound" in written("shown")
    assert "<title>peer-observer</title>" in written("page")


def test_announcers_without_reachable_addresses_are_selected(run):
    """The query of the results; none of them are there, so that it prints nothing and ends as asked."""
    if not shutil.which("jq"):
        pytest.skip("no jq")
    [command] = texts("docs/addr-connectivity.md")
    query = re.search(r"jq -c '(.*)'", command)[1]
    event = {"last": True, "checked": 20, "reachable": 0, "node": "alpha", "peer_id": 7, "peer_address": "192.0.2.1:8333"}
    lines = "\n".join(json.dumps({"event": event | change}) for change in ({}, {"reachable": 1}, {"last": False}, {"checked": 19}))
    written = run(f"jq -c {shlex.quote(query)} > selected << 'END'\n{lines}\nEND\n"
                  f"peer-observer-addr-connectivity --help | grep -e '--listen URL'\n")
    assert written("selected") == '["alpha",7,"192.0.2.1:8333",0,20]\n'


def test_rpc_extractor_is_let_in(run):
    bitcoind = require_bitcoind()
    configuration, with_password, with_cookie, metrics = texts("docs/how-to/let-the-rpc-extractor-in.md")
    digest = hmac.new(b"00", PASSWORD.encode(), hashlib.sha256).hexdigest()
    assert "<salt>$<hash>" in configuration
    configuration = configuration.replace("<salt>$<hash>", f"00${digest}")
    script = f"""
mkdir -p /home/bitcoin/.bitcoin /etc/peer-observer
cat > /home/bitcoin/.bitcoin/bitcoin.conf << 'END'
{configuration}
END
echo {PASSWORD} > /etc/peer-observer/rpc-password
bitcoind -datadir=/home/bitcoin/.bitcoin -rpcport=8332 -rpccookiefile=/home/bitcoin/.bitcoin/.cookie -bind=127.0.0.1:18444 \\
    {' '.join(SAFETY_OPTIONS)} > bitcoind.log 2>&1 &
peer-observer-extractor --bitcoind /usr/local/bin/bitcoind --node alpha 2> extractor.log &
until [ -e /home/bitcoin/.bitcoin/.cookie ]; do kill -0 $!; sleep 0.1; done
{start("password", with_password)}peer-observer-logger --source tcp://127.0.0.1:9333 --kind rpc.getpeerinfo --count 1 > asked 2> asked.log
{start("metrics", metrics)}until curl -s 127.0.0.1:9332/metrics | grep '^peer_observer_bus_connected_sources 2'; do kill -0 $metrics; sleep 0.1; done
until curl -s 127.0.0.1:9332/metrics | grep '^peerobserver_publishers_up{{.*rpc.* 1$' > up; do sleep 0.1; done
stop password
{start("cookie", with_cookie)}peer-observer-logger --source tcp://127.0.0.1:9333 --kind rpc --count 1 >> asked 2> asked.log
"""
    written = run(script, bitcoind)
    assert all(" alpha rpc." in line for line in written("asked").splitlines()) and len(written("asked").splitlines()) == 2
    assert "forbidden" not in written("password.log") + written("cookie.log")
    assert all('host="alpha"' in line for line in written("up").splitlines())


def test_keeps_several_archives(run):
    configuration, archiver, *reading = [
        text.replace("/var/lib/", "/run/") for text in texts("docs/how-to/keep-several-archives.md")]  # not this host's
    info, addresses = "".join(reading).splitlines()
    archiver = f"{archiver.strip()} --metrics-address 127.0.0.1:9362 --frame-seconds 0.5"
    written = run(f"""
mkdir -p /etc/peer-observer
cat > /etc/peer-observer/archiver.conf << 'END'
{configuration}END
peer-observer-extractor --bitcoind /usr/local/bin/bitcoind --node alpha 2> extractor.log &
{TRAFFIC}{start("archiver", archiver)}
for archive in full low-data addr-relay; do
    until curl -s 127.0.0.1:9362/metrics | grep 'written_events_total{{archive="'$archive'"}} [1-9]'; do kill -0 $archiver; sleep 0.1; done
done
stop archiver
{info} > info
{addresses} > addresses
peer-observer-archive cat /run/peer-observer-archiver/low-data > low-data
peer-observer-archive info /run/peer-observer-archiver/full > full
""")
    assert re.search(r"^message\.\w+ +version ", written("info"), re.MULTILINE)
    kinds = {line.split()[2].split(".")[0] for line in written("low-data").splitlines()}
    assert kinds <= {"connection", "message", "events_lost"} and "message" in kinds
    assert not re.search(r" message_type=(?!version )", written("low-data"))
    assert all('"message_type":"addrv2"' in line for line in written("addresses").splitlines())
    assert "mempool" in written("full") and "message.inbound" in written("full")


def test_configures_log_of_node(run):
    bitcoind = require_bitcoind()
    [configuration] = texts("docs/operations.md")
    written = run(f"""
mkdir node
cat > node/bitcoin.conf << 'END'
{configuration}END
bitcoind -datadir=$PWD/node -bind=127.0.0.1:18444 {' '.join(SAFETY_OPTIONS)} > bitcoind.log 2>&1 &
until [ -e node/regtest/.cookie ]; do kill -0 $!; sleep 0.1; done
""", bitcoind)
    log = written("node/regtest/debug.log")
    assert "Unsupported logging category" not in log
    for line in configuration.splitlines():
        name, value = line.split("=")
        assert re.search(rf'Config file arg: {name}="?{value}"?$', log, re.MULTILINE), line


def test_traces_node_in_container_from_host(run):
    """docker is one that knows the process id of a node in a mount namespace of its own."""
    by_id, by_file = texts("docs/how-to/trace-a-node-in-a-container.md")
    inspect, trace = by_id.splitlines()
    script = f"""
unshare --mount bitcoind --rate 2000 > /dev/null &
echo "echo $!" > /usr/local/bin/docker; chmod +x /usr/local/bin/docker
{inspect}
{start("extractor", trace)}{ATTACHED}peer-observer-logger --count 10 > by_id 2> by_id.log
stop extractor
{start("extractor", by_file.replace("/PID/", "/$(docker)/"))}{ATTACHED}peer-observer-logger --count 10 > by_file 2> by_file.log
"""
    written = run(script)
    for name in ("by_id", "by_file"):
        assert len(re.findall(r"^\S+ alpha ", written(name), re.MULTILINE)) == 10
