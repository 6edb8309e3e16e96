"""Processes as Linux shows them under /proc: who is who, what belongs to an instance, how much memory it takes.

A process id alone is not an identity: the kernel gives it to somebody else once the process is gone. Everything
that is ended here is held by a pidfd first and then recognised, by its start time or by the marker that the
supervisor put into its environment, so that nothing foreign is ever ended.
"""

import os
import select
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

MARKER = "PADAN_INSTANCE_ID"
"""Environment variable that every process of an instance carries: the instance's random id."""

COMPONENT_MARKER = "PADAN_COMPONENT"
"""Environment variable with the name of the component for which the process was started."""


def start_time(pid: int) -> int | None:
    """Start time of a living process in clock ticks since boot; None when it is gone or only a zombie is left."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in {"Z", "X"} else int(fields[19])


def is_alive(pid: int | None, started: int | None) -> bool:
    """Whether exactly this process (not a later one with its id) is running."""
    return pid is not None and started is not None and start_time(pid) == started


def environment_of(pid: int) -> dict[str, str]:
    """The environment a process was started with; empty when it is gone or belongs to somebody else."""
    try:
        raw = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return {}
    pairs = (entry.partition(b"=") for entry in raw.split(b"\0") if b"=" in entry)
    return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}


def marked(instance_id: str) -> dict[int, str]:
    """Living processes that carry the marker of this instance: process id > component."""
    found = {}
    for pid in _pids():
        environment = environment_of(pid)
        if environment.get(MARKER) == instance_id and start_time(pid) is not None:
            found[pid] = environment.get(COMPONENT_MARKER, "")
    return found


def end_marked(instance_id: str, signals: Mapping[str, signal.Signals], *, patience_s: float) -> list[int]:
    """End the instance's processes of the components in `signals`, each by its signal, after `patience_s` by
    SIGKILL. Returns the ids of those it signalled.
    """
    held: dict[int, int] = {}
    for pid, component in marked(instance_id).items():
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        held[pid] = handle
        # Read again: only now, with the pidfd held, can the id not pass to somebody else.
        if component in signals and environment_of(pid).get(MARKER) == instance_id:
            _signal(handle, signals[component])
        else:
            os.close(held.pop(pid))
    deadline = time.monotonic() + patience_s
    for handle in held.values():
        if not _gone(handle, deadline - time.monotonic()):
            _signal(handle, signal.SIGKILL)
            _gone(handle, 5.0)
        os.close(handle)
    return list(held)


def send(pid: int, started: int, number: signal.Signals, *, wait_s: float = 0.0) -> bool:
    """Send a signal to exactly this process; False when it was gone. Waits up to `wait_s` for it to end."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:
        if start_time(pid) != started:
            return False
        _signal(handle, number)
        if wait_s > 0:
            _gone(handle, wait_s)
        return True
    finally:
        os.close(handle)


def descendants(pid: int) -> list[int]:
    """Process ids of the children of a process, of their children, and so on."""
    children: dict[int, list[int]] = {}
    for other in _pids():
        parent = _status(other, "PPid:")
        if parent is not None:
            children.setdefault(parent, []).append(other)
    found: list[int] = []
    queue = children.get(pid, [])
    while queue:
        current = queue.pop()
        found.append(current)
        queue = queue + children.get(current, [])
    return found


def memory_bytes(pid: int) -> int:
    """Memory of a process and its descendants in bytes; pages they share count once (PSS)."""
    return sum(_proportional_set_size(each) for each in (pid, *descendants(pid)))


def peak_memory_bytes(pid: int) -> int:
    """Largest resident memory that this process (without its children) ever had, in bytes."""
    return (_status(pid, "VmHWM:") or 0) * 1024


def _proportional_set_size(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return (_status(pid, "VmRSS:") or 0) * 1024
    return next((int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:")), 0)


def _status(pid: int, field: str) -> int | None:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith(field)), None)


def _pids() -> Iterator[int]:
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def _signal(handle: int, number: signal.Signals) -> None:
    try:
        signal.pidfd_send_signal(handle, number)
    except ProcessLookupError:
        return  # it ended between being held and being signalled, which is what was wanted


def _gone(handle: int, wait_s: float) -> bool:
    return bool(select.select([handle], [], [], max(wait_s, 0.0))[0])
