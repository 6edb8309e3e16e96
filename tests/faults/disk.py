"""A small file system for PostgreSQL's data, so that a full disk can be had without filling anybody's."""

import contextlib
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

SIZE_MB = 2_500
ROOM_MB = 1_000
"""What a round, and the server's own log of it, never comes near to."""


def mount(folder: Path) -> bool:
    """Put a small file system at `folder`; False where this user may not."""
    if os.geteuid() != 0:
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m,mode=0755", "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def make_room(folder: Path) -> None:
    """Let it be larger where what the rounds so far have left there would fill it by itself: only a fault does that."""
    if _free_bytes(folder) < ROOM_MB << 20:
        state = os.statvfs(folder)
        size_mb = (state.f_blocks * state.f_frsize >> 20) + ROOM_MB
        subprocess.run(["mount", "-o", f"remount,size={size_mb}m", str(folder)], capture_output=True, check=True)


def unmount(folder: Path) -> None:
    """Take it away again, with what is on it."""
    subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=False)


@contextlib.contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Not one byte left in the file system of `folder`."""
    filler = folder / f"filler-{threading.get_ident()}"  # two such faults may meet
    try:
        with filler.open("wb", buffering=0) as file:
            with contextlib.suppress(OSError):
                while (free := _free_bytes(folder)) > 0:
                    os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), free)
            # Somebody else wrote meanwhile: the rest goes piece by piece, down to the last byte.
            for size in (1 << 16, 1):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(bytes(size))
        yield
    finally:
        filler.unlink(missing_ok=True)


def _free_bytes(folder: Path) -> int:
    state = os.statvfs(folder)
    return state.f_bavail * state.f_frsize
