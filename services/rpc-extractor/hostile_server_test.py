"""The program against a server that answers late, never, in part, too much, or nonsense."""

import re
import signal
import threading

import harness
import pytest
from rpc_extractor import ERRORS, METHODS, VICTIM, RpcExtractor
from rpc_server import Server, corpus


@pytest.fixture
def server(directory):
    with Server(directory) as server:
        yield server


def endless(request):
    request.send(b"", length=1 << 40)
    while True:
        request.handler.wfile.write(b"[" + b'"x",' * 100_000)


def endless_headers(request):
    request.handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        request.handler.wfile.write(b"X-More: " + b"x" * 1000 + b"\r\n")


def half(request):
    body = request.answer({"loaded": True})
    request.send(body[: len(body) // 2], length=len(body))
    request.close()


def silent(request):
    request.close()


def not_http(request):
    request.handler.wfile.write(b"220 mail.example ESMTP\r\n")
    request.close()


def result(value):
    return lambda request: request.send(request.answer(value))


def error(code):
    return lambda request: request.send(request.answer(error={"code": code, "message": "no"}))


def body(data, status=200):
    return lambda request: request.send(data, status)


MISBEHAVIOUR = {
    "an HTTP 401": (body(b"", 401), "unauthorized"),
    "an HTTP 500": (body(b"oops", 500), "http_status"),
    "an HTTP 503": (body(b"Work queue depth exceeded", 503), "overloaded"),
    "an HTTP 503 at shutdown": (body(b"Request rejected during server shutdown", 503), "shutting_down"),
    "an error of JSON-RPC 1.1": (lambda r: r.send(r.answer(error={"code": -5, "message": "no"}), 500), "rpc_error"),
    "an error": (error(-8), "rpc_error"),
    "a node that starts": (error(-28), "warming_up"),
    "half an answer": (half, "disconnected"),
    "no answer": (silent, "disconnected"),
    "half a JSON text": (body(b'{"result":{"loaded":'), "malformed"),
    "no JSON": (body(b"\0\xff<html>"), "malformed"),
    "an empty answer": (body(b""), "malformed"),
    "a deeply nested answer": (body(b'{"result":' + b"[" * 1_000_000), "malformed"),
    "another call's answer": (lambda r: r.send(r.answer({"loaded": True}, id=r.id + 1)), "wrong_id"),
    "an endless answer": (endless, "too_large"),
    "endless headers": (endless_headers, "too_large"),
    "another protocol": (not_http, "bad_http"),
    "a list": (result([{}]), "unexpected_value"),
}


@pytest.mark.parametrize("name", MISBEHAVIOUR)
def test_names_and_counts_misbehaviour_of_server(directory, server, name):
    server.behaviour[VICTIM], cause = MISBEHAVIOUR[name]
    with RpcExtractor(directory, server) as extractor, harness.Events(extractor.url) as events:
        extractor.wait_for_errors(cause, 3)
        extractor.wait_for_log(cause)
        after = len(events.list)
        events.wait_for("rpc.uptime", count=3, after=after)
        assert not events.find("rpc." + VICTIM)
        assert sum(cause in line for line in extractor.log) == 1, "one line a minute"
        del server.behaviour[VICTIM]
        events.wait_for("rpc." + VICTIM)
        extractor.wait_for_log("the node responds" if cause in ("unauthorized", "warming_up", "shutting_down") else f"{VICTIM} works again")
        assert len(re.findall(rf'{ERRORS}{{cause="(\w+)",method="{VICTIM}"', extractor.page())) == 1, "no other cause"


def test_delays_no_call_by_a_slow_one(directory, server):
    release = threading.Event()
    waiting = ("getpeerinfo", "getrawaddrman", "getorphantxs", "getnettotals", "getnetworkinfo", VICTIM)
    for method in waiting:
        server.behaviour[method] = lambda request: release.wait(harness.TIMEOUT) and request.succeed()
    with RpcExtractor(directory, server, methods=("uptime", *waiting)) as extractor, harness.Events(extractor.url) as events:
        for method in waiting:
            harness.wait_until(lambda method=method: server.requests(method), method)
        events.wait_for("rpc.uptime", count=10)
        assert [len(server.requests(method)) for method in waiting] == [1] * len(waiting), "one of each at a time"
        assert {event.kind for event in events.list} == {"rpc.uptime"}
        release.set()
        for method in waiting:
            events.wait_for("rpc." + method)


def test_times_out_unanswered_call(directory, server):
    never = threading.Event()
    server.behaviour[VICTIM] = lambda _: never.wait(harness.TIMEOUT)
    with RpcExtractor(directory, server, "--timeout", "0.3") as extractor:
        extractor.wait_for_errors("timeout", 3)
    never.set()


def test_bounds_memory_of_endless_answers(directory, server):
    greedy = ("getpeerinfo", "getnetworkinfo", "getnettotals", "getmemoryinfo", VICTIM)
    for method in greedy:
        server.behaviour[method] = endless
    with RpcExtractor(directory, server, methods=("uptime", *greedy)) as extractor:
        for method in greedy:
            extractor.wait_for_errors("too_large", 5, method)
        with open(f"/proc/{extractor.pid}/status", encoding="ascii") as status:
            peak = int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1])
    assert peak < 400_000, "five answers of 8 MiB each, and what sanitizers add"


def test_requests_less_after_large_answer_about_orphans(directory, server):
    def orphans(request):
        endless(request) if request.params["verbosity"] == 2 else request.succeed()
    server.behaviour["getorphantxs"] = orphans
    with RpcExtractor(directory, server, methods=("getorphantxs",)) as extractor, harness.Events(extractor.url) as events:
        events.wait_for("rpc.getorphantxs", count=2)
        asked = [params["verbosity"] for params in server.requests("getorphantxs")]
        assert asked[:4] == [2, 1, 2, 1]
        extractor.wait_for_errors("too_large", method="getorphantxs")


def test_publishes_too_large_orphans_without_their_bytes(directory, server):
    orphans = [{"wtxid": f"{i:064x}", "bytes": 100_000, "hex": "00" * 100_000} for i in range(100)]
    server.behaviour["getorphantxs"] = result(orphans)
    with RpcExtractor(directory, server, methods=("getorphantxs",)) as extractor, harness.Events(extractor.url) as events:
        event = events.wait_for("rpc.getorphantxs")
        assert [orphan["bytes"] for orphan in event["orphans"]] == [100_000] * 100
        assert not any("hex" in orphan for orphan in event["orphans"])
        extractor.wait_for_log("getorphantxs: the answer is too large for an event, and is published without hex")


def test_publishes_too_large_address_manager_without_its_sources(directory, server):
    entry = {"address": "192.0.2.1", "port": 8333, "network": "onion", "services": 9, "time": 1764400000, "mapped_as": 64500,
             "source": "s" * 10_000, "source_network": "onion", "source_mapped_as": 64501}
    server.behaviour["getrawaddrman"] = result({"new": {f"{i}/0": entry for i in range(1000)}, "tried": {f"{i}/0": entry for i in range(1000)}})
    with RpcExtractor(directory, server, methods=("getrawaddrman",)) as extractor, harness.Events(extractor.url) as events:
        event = events.wait_for("rpc.getrawaddrman", count=3)[-1]
        left = {name: value for name, value in entry.items() if not name.startswith("source")}
        assert [len(event[table]) for table in ("new", "tried")] == [1000, 1000]
        assert all(found == left for table in ("new", "tried") for found in event[table].values())
        extractor.wait_for_log("getrawaddrman: the answer is too large for an event, and is published without source, source_network and source_mapped_as")
        assert sum("too large" in line for line in extractor.log) == 1
        assert extractor.value("peer_observer_rpc_extractor_shortened_answers_total", method="getrawaddrman") >= 3
        assert extractor.errors("event_too_large", method="getrawaddrman") == 0


def test_counts_event_too_large_for_the_bus(directory, server):
    server.behaviour["listbanned"] = result([{"address": "x" * (17 << 20)}])
    with RpcExtractor(directory, server, methods=("uptime", "listbanned")) as extractor, harness.Events(extractor.url) as events:
        extractor.wait_for_errors("event_too_large", method="listbanned")
        events.wait_for("rpc.uptime", count=3, after=len(events.list))


@pytest.mark.parametrize(("behaviour", "cause"), [(body(b"", 403), "forbidden"), (error(-32601), "unknown_method")])
def test_reports_forbidden_or_unknown_method_once(directory, server, behaviour, cause):
    server.behaviour[VICTIM] = behaviour
    with RpcExtractor(directory, server) as extractor, harness.Events(extractor.url) as events:
        extractor.wait_for_log(f"{VICTIM}: {cause}")
        events.wait_for("rpc.uptime", count=10)
        assert len(server.requests(VICTIM)) == 1
        assert extractor.errors(cause) == 1
        left_alone = "peer_observer_rpc_extractor_left_alone"
        assert extractor.value(left_alone, method=VICTIM) == 1 and extractor.value(left_alone, method="uptime") == 0

        del server.behaviour[VICTIM]
        extractor.signal(signal.SIGHUP)
        events.wait_for("rpc." + VICTIM)
        assert extractor.value(left_alone, method=VICTIM) == 0


def test_calls_forbidden_method_again_after_restart_of_node(directory, server):
    uptimes = iter([100, 200, 300])
    server.behaviour["uptime"] = lambda request: request.send(request.answer(next(uptimes, 5)))
    server.behaviour[VICTIM] = body(b"", 403)
    with RpcExtractor(directory, server) as extractor:
        harness.wait_until(lambda: len(server.requests(VICTIM)) >= 2, "another call after the uptime fell")
        server.set_cookie("__cookie__:second")
        harness.wait_until(lambda: len(server.requests(VICTIM)) >= 3, "another call with the new cookie")
        assert extractor.process.poll() is None


def test_uses_new_cookie_at_once(directory, server):
    with RpcExtractor(directory, server, methods=("uptime",)) as extractor, harness.Events(extractor.url) as events:
        events.wait_for("rpc.uptime")
        server.set_cookie("__cookie__:second")
        events.wait_for("rpc.uptime", count=5, after=len(events.list))
        server.cookie_file.unlink()
        extractor.wait_for_log("credentials: " + str(server.cookie_file))
        server.set_cookie("__cookie__:third")
        events.wait_for("rpc.uptime", after=len(events.list))


def test_accepts_user_with_password_file(directory, server):
    server.set_cookie("alice:se cret:ü")
    (directory / "password").write_text("se cret:ü\n")
    credentials = ("--rpc-user", "alice", "--rpc-password-file", directory / "password")
    with RpcExtractor(directory, server, credentials=credentials) as extractor, harness.Events(extractor.url) as events:
        events.wait_for("rpc.uptime")
        assert not any("se cret" in line for line in extractor.log)


def test_connects_to_unix_socket(directory):
    with Server(directory, unix=True) as server:
        with RpcExtractor(directory, server) as extractor, harness.Events(extractor.url) as events:
            events.wait_for("rpc.uptime", count=3)
            events.wait_for("rpc." + VICTIM)


def test_logs_nothing_more_while_node_is_down(directory, server):
    nobody = f"127.0.0.1:{harness.free_port()}"
    with RpcExtractor(directory, server, methods=METHODS, address=nobody) as extractor:
        extractor.wait_for_errors("unreachable", 50)
        assert sum("unreachable" in line for line in extractor.log) == 1
        assert len(extractor.log) == 3, "where it publishes, where its metrics are, and that"


def test_counts_unknown_fields_by_name(directory, server):
    server.behaviour[VICTIM] = result({"size": 3, "novel": {"loaded": 1}, "newer": []})
    with RpcExtractor(directory, server) as extractor, harness.Events(extractor.url) as events:
        assert events.wait_for("rpc." + VICTIM).fields == {"size": 3}
        unknown = "peer_observer_rpc_extractor_unknown_fields_total"
        harness.wait_until(lambda: extractor.value(unknown, method=VICTIM, field="newer"), "the counter")
        assert extractor.value(unknown, method=VICTIM, field="novel") > 0
        assert extractor.value(unknown, method=VICTIM, field="loaded") == 0


def test_publishes_event_for_every_method(directory, server):
    for method, answer in corpus().items():
        server.behaviour[method] = result(answer)
    with RpcExtractor(directory, server, methods=METHODS) as extractor, harness.Events(extractor.url) as events:
        for method in METHODS:
            events.wait_for("rpc." + method)
        for method in METHODS:
            assert extractor.value("peer_observer_rpc_extractor_last_success_timestamp_seconds", method=method) > 1e9
            assert extractor.value("peer_observer_rpc_extractor_call_seconds_count", method=method) >= 1
            assert extractor.value("peer_observer_rpc_extractor_answer_bytes_total", method=method) >= 30
        assert ERRORS + "{" not in extractor.page()
        asked = {(params["conf_target"], params["estimate_mode"]) for params in server.requests("estimatesmartfee")}
        assert asked == {(target, mode) for target in (1, 6, 144) for mode in ("economical", "conservative")}
        assert extractor.stop() == 0


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ([], "either --cookie-file is needed, or"),
        (["--rpc-user", "a"], "go together"),
        (["--cookie-file", "c", "--rpc-user", "a", "--rpc-password-file", "p"], "either --cookie-file"),
        (["--cookie-file", "c", "--rpc-address", "nowhere"], "--rpc-address: 'nowhere' is not HOST:PORT"),
        (["--cookie-file", "c", "--disable", "stop"], "--disable: 'stop' is not one of the methods"),
        (["--cookie-file", "c", "--interval", "uptime"], "--interval: 'uptime' is not METHOD=SECONDS"),
        (["--cookie-file", "c", "--interval", "uptime=0"], "is not METHOD=SECONDS"),
        (["--cookie-file", "c", *(word for name in METHODS for word in ("--disable", name))], "leaves no method"),
    ],
)
def test_refuses_wrong_options(options, complaint):
    with harness.Program(harness.program("peer-observer-rpc-extractor"), *options) as extractor:
        assert extractor.wait() == 2
        extractor.wait_for_log(complaint)

