"""Who may start and end processes of an instance: one supervisor at a time, the holder of its lock."""

import fcntl
import os

from padan_cli.platform import linux
from padan_cli.platform.components import COMPONENTS
from padan_cli.platform.instance import Instance

HELD_BY_ANOTHER = 75
"""Exit code of a supervisor that finds the instance held by another one."""

_LEFTOVER_PATIENCE_S = 15.0


def hold(instance: Instance) -> int | None:
    """Take the instance's supervisor lock; the open file's number, or None when another process has it."""
    handle = os.open(instance.run / "supervisor.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def end_leftovers(instance: Instance) -> list[int]:
    """End what an earlier supervisor of this instance left running; to be called with the lock held."""
    signals = {name: component.stop_signal for name, component in COMPONENTS.items()}
    return linux.end_marked(instance.id, signals, patience_s=_LEFTOVER_PATIENCE_S)
