"""Runs a command as a container would: none of this checkout's installed packages but what its image holds, an
ordinary user, a root file system that cannot be written, one writable folder.

As root all of that is enforced by the kernel (a mount namespace of its own, another user). Elsewhere the user is an
ordinary one anyway, who cannot write to the system.
"""

import os
import shlex
import subprocess
import sys
import sysconfig
from functools import cache
from pathlib import Path

USER = 65534


def own(folder: Path) -> None:
    """Give a folder and all below it to the user of the containers."""
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, USER, USER)


def command(module: list[str], *, writable: list[Path]) -> list[str]:
    """The command that runs `python -m MODULE...` with nothing but `writable` to write to."""
    # -S: the members of this checkout are installed by .pth files, which it passes over.
    python = [sys.executable, "-S", "-m", *module]
    if os.geteuid() != 0:
        return python
    if not _may_mount():
        return ["setpriv", *shlex.split(_AS_NOBODY), "--", *python]
    binds = " && ".join(f"mount --bind {shlex.quote(str(path))} {shlex.quote(str(path))}" for path in writable)
    # The bound folders keep their own mount, which stays writable when that of the root is not.
    script = f"{binds} && mount -o remount,bind,ro / && cd / && exec setpriv {_AS_NOBODY} -- {shlex.join(python)}"
    return ["unshare", "--mount", "--propagation", "private", "sh", "-ec", script]


@cache
def _may_mount() -> bool:
    """Root inside a container may not: there the ordinary user is all that is played."""
    return subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode == 0


# The interpreter may lie below root's home, which others may not enter; writing stays forbidden.
_AS_NOBODY = (
    f"--reuid={USER} --regid={USER} --clear-groups --no-new-privs --bounding-set=-all,+dac_read_search "
    "--inh-caps=-all,+dac_read_search --ambient-caps=-all,+dac_read_search"
)


def environment(source: Path, temporary: Path) -> dict[str, str]:
    """The environment of an image whose packages lie in `source`."""
    packages = sysconfig.get_paths()["platlib"]
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": os.pathsep.join((str(source), packages)),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": str(temporary),
        "TMPDIR": str(temporary),
        "TZ": "UTC",
        "LANG": "C.UTF-8",
    }
