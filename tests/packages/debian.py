"""A fresh Debian 12 in the build folder, and what the packages need of Debian's archive: the only test that downloads something."""

import os
import shutil
import subprocess
from pathlib import Path

MIRROR = "http://deb.debian.org/debian"
# systemd, and what the documentation looks with.
INCLUDED = "systemd-sysv,curl"


def root():
    """The folder of an installed Debian. It is made once."""
    folder = Path(os.environ["PEER_OBSERVER_BUILD"]) / "debian-12"
    if not folder.exists():
        unfinished = folder.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        subprocess.run(["debootstrap", "--variant=minbase", f"--include={INCLUDED}", "bookworm", unfinished, MIRROR], check=True, timeout=900)
        unfinished.rename(folder)
    return folder


def download_dependencies(root, packages):
    """Into apt's cache: the packages can then be installed without a network. Touches no network when they are there."""
    inside = root / "packages"
    inside.mkdir(exist_ok=True)

    def apt(words):
        script = f"mount --bind {packages} {inside} && chroot {root} sh -c 'apt-get --yes {words}'"
        return subprocess.run(["unshare", "--mount", "bash", "-c", script], capture_output=True, text=True, timeout=600)

    download = "install --download-only /packages/*.deb acl"
    if apt(download).returncode != 0:  # the list of packages may be old
        apt("update")
        done = apt(download)
        assert done.returncode == 0, done.stdout + done.stderr
