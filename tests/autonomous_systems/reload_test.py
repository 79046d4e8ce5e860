"""Every service with --asmap reads the file again on SIGHUP, and keeps the old one where the new one is broken."""

import signal

import pytest

import built_services
import harness
from autonomous_systems import asmap_file

SERVICES = [service for service in built_services.SERVICES if "--asmap" in built_services.options(service)]


def test_finds_the_services_that_tell_autonomous_systems():
    assert {"addr-connectivity", "detector", "logger", "metrics"} <= set(SERVICES)


@pytest.mark.parametrize("service", SERVICES)
def test_reads_the_asmap_again_and_keeps_the_old_one_where_it_is_broken(directory, service):
    file, names = directory / "asmap.dat", directory / "names.tsv"
    file.write_bytes(asmap_file.encode({"11.0.0.0/8": 64500}))
    names.write_text("64500\tOne\n")
    with harness.Program(*built_services.command(service, directory, asmap=file, asmap_names=names)) as program:
        program.wait_for_log(f"autonomous systems from {file}, with 1 names")
        file.write_bytes(b"<html>" * 50)
        program.signal(signal.SIGHUP)
        assert f"{file} is no asmap" in program.wait_for_log("the old asmap stays in use")
        file.write_bytes(asmap_file.encode({"11.0.0.0/8": 64501}))
        names.write_text("64500\tOne\n64501\tTwo\n")
        program.signal(signal.SIGHUP)
        program.wait_for_log("with 2 names")
        assert program.stop() == 0


@pytest.mark.parametrize("service", SERVICES)
def test_reloads_its_unit(service):
    assert built_services.settings(service)["ExecReload"][-1] == "/bin/sh -c 'kill -HUP $MAINPID'"
