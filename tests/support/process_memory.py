"""How much memory a process and its children ever held, as the kernel says."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

_EVERY_S = 0.02


def peak_rss_mb(pid: int) -> float:
    """The most memory a process ever held (VmHWM), in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise LookupError(f"no VmHWM for process {pid}")


class MemoryWatch:
    """`service` and, of its child processes by the name of their module, `children`: peaks in MB."""

    def __init__(self, pid: int) -> None:
        self._pid, self.service = pid, 0.0
        self.children: dict[str, float] = {}

    @property
    def largest_child(self) -> float:
        """The most that any one child held."""
        return max(self.children.values(), default=0.0)

    def look(self) -> None:
        """Take what the kernel says now. A process that has just ended is passed over."""
        with contextlib.suppress(OSError, LookupError):
            self.service = max(self.service, peak_rss_mb(self._pid))
            for task in Path(f"/proc/{self._pid}/task").iterdir():
                for child in (task / "children").read_text().split():
                    self._look_at_child(int(child))

    def _look_at_child(self, pid: int) -> None:
        with contextlib.suppress(OSError, LookupError):
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            # Between fork and exec a child is a copy of its parent.
            if b"-m" in arguments and (name := arguments[arguments.index(b"-m") + 1].decode()).count(".") > 1:
                self.children[name] = max(self.children.get(name, 0.0), peak_rss_mb(pid))


@contextlib.contextmanager
def watched(pid: int) -> Iterator[MemoryWatch]:
    """Watch a process and its children while the context lasts."""
    watch, stop = MemoryWatch(pid), threading.Event()

    def look() -> None:
        while not stop.wait(_EVERY_S):
            watch.look()

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    try:
        yield watch
    finally:
        stop.set()
        looking.join()
        watch.look()
