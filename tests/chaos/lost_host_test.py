"""A publisher's host vanishes: nothing says goodbye, and what it had sent last is the last that comes."""

import harness
from members import Logger, Source
from network import CONTROL_HERE, CONTROL_THERE, THERE, OtherHost


def publisher_on(there):
    url = f"tcp://{THERE}:9333"
    publisher = Source("rpc-extractor", "peer-observer-rpc-extractor", "--rpc-address", "127.0.0.1:9", "--cookie-file", "/dev/null",
                       "--listen", url, url=url, metrics=f"{CONTROL_THERE}:9343", before=there.command)
    publisher.start()
    return publisher


def test_redials_publisher_whose_host_lost_power():
    """TCP never notices: a side that only receives sends nothing that could time out."""
    with OtherHost() as there:
        publisher = publisher_on(there)
        logger = Logger("logger", "peer-observer-logger", "--format", "protobuf", sources=[publisher], metrics=f"{CONTROL_HERE}:9344")
        logger.start()
        harness.wait_until(lambda: publisher.figure("peer_observer_bus_subscribers") == 1, "the logger is connected")
        there.unplug()
        publisher.kill()
        there.vanish()
    try:
        with OtherHost() as there:
            publisher = publisher_on(there)
            harness.wait_until(lambda: publisher.figure("peer_observer_bus_subscribers") == 1, "the logger has redialled", 60)
            publisher.end()
        logger.stop()
    finally:
        logger.end()
