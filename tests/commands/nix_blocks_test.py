"""The Nix of docs/deployment.md, as it stands there: the steps that make a host's configuration from the template, and the expressions.

They are evaluated, not built: see tests/project/nix_test.py for NIX_HARNESS and NIXPKGS.
"""

import os
import shutil
import subprocess

import pytest

import recipes
from project.nix_test import evaluate, tracked

PAGE = "docs/deployment.md"
PAGES = [PAGE, "docs/how-to/keep-several-archives.md"]
FLAKE = f"git+file://{recipes.ROOT}"
# What a host has besides: enough for NixOS to be evaluated.
HARDWARE = '{nixpkgs.hostPlatform = "x86_64-linux"; fileSystems."/" = {device = "none"; fsType = "tmpfs";};}'
CONFIGURATION = '{imports = [./hardware-configuration.nix]; boot.loader.grub.enable = false; system.stateVersion = "26.05";}'


def blocks(page=PAGE):
    return recipes.run_by(__file__, page)


def test_makes_configuration_by_steps_of_template(directory):
    """`nix` is the harness's, the repository's address this clone's; /etc/nixos is the test's."""
    evaluate("--help")
    tracked("flake.nix")
    [steps] = [block.text for block in blocks() if not block.language]
    (directory / "nix").write_text('#!/bin/sh\nexec "$NIX_HARNESS" nix "$@"\n')
    (directory / "nix").chmod(0o755)
    (directory / "nixos").mkdir()
    (directory / "nixos/configuration.nix").write_text(CONFIGURATION)
    (directory / "nixos/hardware-configuration.nix").write_text(HARDWARE)
    steps = steps.replace("git+https://example.org/peer-observer", FLAKE).replace("/etc/nixos", f"{directory}/nixos")
    done = subprocess.run(["bash", "-euc", steps], cwd=directory, env={**os.environ, "PATH": f"{directory}:{os.environ['PATH']}"},
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    result = evaluate("eval", "--raw", "--override-input", "peer-observer/nixpkgs", f"git+file://{os.environ['NIXPKGS']}",
                      f"{directory}/honeynode#nixosConfigurations.honeynode.config.system.build.toplevel.drvPath")
    assert result.returncode == 0, result.stderr[-3000:]
    assert result.stdout.endswith(".drv")


@pytest.mark.parametrize("block", [block for page in PAGES for block in blocks(page) if block.language == "nix"], ids=str)
def test_evaluates_expression(block):
    """Each expression is a host's configuration."""
    expression = f"""check: let
      config = check.host {{configuration = {{{block.text}}};}};
    in assert check.failures config == []; config.system.build.toplevel.drvPath"""
    result = evaluate("eval", "--raw", f"{FLAKE}#checks.x86_64-linux.configurations", "--apply", expression)
    assert result.returncode == 0, result.stderr[-3000:]
    assert result.stdout.endswith(".drv")
