"""The Nix of docs/deployment.md and other pages, as it stands there: the steps that make the configurations of the templates' hosts, and the
expressions.

They are evaluated, not built: see tests/project/nix_test.py for NIX_HARNESS and NIXPKGS.
"""

import json
import os
import re
import shutil
import subprocess

import pytest

import recipes
from project.nix_test import evaluate, tracked

PAGE = "docs/deployment.md"
PAGES = [PAGE, "docs/how-to/keep-several-archives.md", "services/web/README.md"]
FLAKE = f"git+file://{recipes.ROOT}"
# What a host has besides: enough for NixOS to be evaluated.
HARDWARE = '{nixpkgs.hostPlatform = "x86_64-linux"; fileSystems."/" = {device = "none"; fsType = "tmpfs";};}'
CONFIGURATION = '{imports = [./hardware-configuration.nix]; boot.loader.grub.enable = false; system.stateVersion = "26.05";}'


def blocks(page=PAGE):
    return recipes.run_by(__file__, page)


NIXPKGS = ("--override-input", "peer-observer/nixpkgs", f"git+file://{os.environ.get('NIXPKGS')}")


@pytest.fixture
def run(directory):
    """Runs steps with programs of the test's own: {name: script}. `nix` is the harness's, the repository's address this clone's; /etc/nixos is the test's."""
    evaluate("--help")
    tracked("flake.nix")
    (directory / "nixos").mkdir()
    (directory / "nixos/configuration.nix").write_text(CONFIGURATION)
    (directory / "nixos/hardware-configuration.nix").write_text(HARDWARE)
    (directory / "programs").mkdir()

    def run(steps, programs=None, typed=""):
        for name, script in {"nix": 'exec "$NIX_HARNESS" nix "$@"', **(programs or {})}.items():
            (directory / "programs" / name).write_text(f"#!/bin/bash\n{script}\n")
            (directory / "programs" / name).chmod(0o755)
        for place, here in (("git+https://example.org/peer-observer", FLAKE), ("~/peer-observer", recipes.ROOT), ("/etc/nixos", directory / "nixos")):
            steps = steps.replace(place, str(here))
        done = subprocess.run(["bash", "-euc", steps], cwd=directory, env={**os.environ, "PATH": f"{directory}/programs:{os.environ['PATH']}"},
                              input=typed, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
    return run


def test_makes_configuration_by_steps_of_template(run, directory):
    [steps] = [block.text for block in blocks() if not block.language]
    run(steps)
    result = evaluate("eval", "--raw", *NIXPKGS, f"{directory}/honeynode#nixosConfigurations.honeynode.config.system.build.toplevel.drvPath")
    assert result.returncode == 0, result.stderr[-3000:]
    assert result.stdout.endswith(".drv")


def test_makes_configurations_of_fleet_by_steps(run, directory):
    [steps] = [block.text for block in blocks() if block.language == "bash"]
    run(steps, {
        "scp": 'eval "cp ${1#*:} $2"',
        "ssh-keyscan": 'for host in "${@:3}"; do echo "$host ssh-ed25519 key-of-${host%%.*}"; done',
        # age -R RECIPIENTS -o OUT [IN]
        "age": '{ cat "$2"; cat "${5--}"; } > "$4"',
    }, typed="a password\n")
    hosts = {"alpha", "beta", "central"}
    may_read = {path.name: set(re.findall(r"^ssh-ed25519 key-of-(\w+)$", path.read_text(), re.MULTILINE)) for path in (directory / "fleet/secrets").iterdir()}
    assert may_read == {"ca.pem.age": hosts, **{f"{host}.pem.age": {host} for host in hosts}, "grafana-secret-key.age": {"central"}, "htpasswd.age": {"central"}}
    assert re.search(r"^reader:\$6\$", (directory / "fleet/secrets/htpasswd.age").read_text(), re.MULTILINE)
    assert "PRIVATE KEY" in (directory / "fleet/secrets/alpha.pem.age").read_text()

    (directory / "agenix").mkdir()
    shutil.copy2(recipes.ROOT / "nix/agenix-options.nix", directory / "agenix")
    (directory / "agenix/flake.nix").write_text("{outputs = _: {nixosModules.default = ./agenix-options.nix;};}")
    result = evaluate("eval", "--json", *NIXPKGS, "--override-input", "agenix", f"path:{directory}/agenix", f"{directory}/fleet#nixosConfigurations",
                      "--apply", "builtins.mapAttrs (_: host: host.config.system.build.toplevel.drvPath)")
    assert result.returncode == 0, result.stderr[-3000:]
    assert set(json.loads(result.stdout)) == hosts


@pytest.mark.parametrize("block", [block for page in PAGES for block in blocks(page) if block.language == "nix"], ids=str)
def test_evaluates_expression(block):
    """Each expression is a host's configuration."""
    expression = f"""check: let
      config = check.host {{configuration = {{{block.text}}};}};
    in assert check.failures config == []; config.system.build.toplevel.drvPath"""
    result = evaluate("eval", "--raw", f"{FLAKE}#checks.x86_64-linux.configurations", "--apply", expression)
    assert result.returncode == 0, result.stderr[-3000:]
    assert result.stdout.endswith(".drv")
