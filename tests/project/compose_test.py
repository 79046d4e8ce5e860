"""contrib/compose.yaml against the programs and the extractor's unit."""

from pathlib import Path

import pytest

from built_services import options, settings

yaml = pytest.importorskip("yaml")
ROOT = Path(__file__).resolve().parents[2]
SERVICES = yaml.safe_load((ROOT / "contrib/compose.yaml").read_text())["services"]
VERSION = (ROOT / "VERSION").read_text().strip()


@pytest.mark.parametrize("service", SERVICES)
def test_images_and_options_are_those_that_there_are(service):
    assert SERVICES[service]["image"] == f"peer-observer-{service}:{VERSION}"
    named = {word for word in SERVICES[service]["command"] if word.startswith("--")}
    assert named and named <= options(service)


def test_extractor_has_the_capabilities_of_its_unit():
    of_unit = " ".join(settings("extractor")["AmbientCapabilities"]).split()
    # capabilities(7): CAP_SYS_ADMIN includes the other two.
    assert {f"CAP_{name}" for name in SERVICES["extractor"]["cap_add"]} == set(of_unit) - {"CAP_BPF", "CAP_PERFMON"}
    assert SERVICES["extractor"]["pid"] == "host" and "/sys:/sys:ro" in SERVICES["extractor"]["volumes"]


def test_tools_have_no_capabilities():
    for name, service in SERVICES.items():
        assert service["cap_drop"] == ["ALL"]
        assert ("cap_add" in service) == (name == "extractor")
