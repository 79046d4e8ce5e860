"""The Debian packages of the build at hand."""

import os
import shutil
import subprocess

import pytest

import harness


@pytest.fixture(scope="session")
def folder():
    """Where the packages are, as ./package would make them of this build."""
    for program in ("cpack", "dpkg-shlibdeps", "file"):
        if not shutil.which(program):
            pytest.skip(f"no {program}")
    with harness.temporary_directory() as path:
        configuration = f"{os.environ['PEER_OBSERVER_BUILD']}/CPackConfig.cmake"
        done = subprocess.run(["cpack", "--config", configuration, "-B", path], capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        shutil.rmtree(path / "_CPack_Packages")
        yield path


@pytest.fixture(scope="session")
def packages(folder):
    """{name: file}"""
    return {path.name.partition("_")[0]: path for path in sorted(folder.glob("*.deb"))}
