"""What faults act on: a running platform, its processes, the lines of its network, its small disk."""

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from padan_cli.platform import Platform, PlatformError, linux
from padan_cli.platform.components import COMPONENTS

from faults.lines import Lines
from faults.proxy import Network

_UP_WITHIN_S = 300.0


class Stage:
    """A platform under fire. Its methods may be called from several threads."""

    def __init__(self, platform: Platform, network: Network, lines: Lines, disk: Path | None) -> None:
        self.platform, self.network, self.lines, self.disk = platform, network, lines, disk
        self.over = threading.Event()
        self._bringing_up = threading.Lock()

    def wait(self, seconds: float) -> None:
        """Let a fault last; the end of the campaign ends it sooner."""
        self.over.wait(seconds)

    def pid_of(self, process: str) -> int | None:
        """Process id of a component or of the supervisor; None where it does not run at this moment."""
        return self.platform.supervisor_pid() if process == "supervisor" else self.platform.pid(process)

    def kill(self, process: str, number: signal.Signals = signal.SIGKILL) -> bool:
        """Send a signal to a component or to the supervisor; False where it was not running."""
        if process != "supervisor":
            try:
                self.platform.kill(process, number)
            except PlatformError:
                return False
            return True
        pid = self.platform.supervisor_pid()
        started = None if pid is None else linux.start_time(pid)
        return pid is not None and started is not None and linux.send(pid, started, number, wait_s=10.0)

    @contextlib.contextmanager
    def frozen(self, process: str) -> Iterator[bool]:
        """SIGSTOP for a process and all its children, SIGCONT at the end; False where it was not running.

        Children are stopped too, for PostgreSQL answers by them.
        """
        pid = self.pid_of(process)
        held: list[tuple[int, int]] = []
        if pid is not None:
            family = (pid,) if process == "supervisor" else (pid, *linux.descendants(pid))
            held = [(each, started) for each in family if (started := linux.start_time(each)) is not None]
        try:
            for each, started in held:
                linux.send(each, started, signal.SIGSTOP)
            yield bool(held)
        finally:
            for each, started in reversed(held):
                linux.send(each, started, signal.SIGCONT)

    def bring_up(self) -> None:
        """Everything running and ready again, the supervisor too. Raises the last `PlatformError` after some time."""
        with self._bringing_up:
            deadline = time.monotonic() + _UP_WITHIN_S
            while True:
                try:
                    self.platform.up()
                except (PlatformError, OSError):
                    if time.monotonic() > deadline:
                        raise
                    self.wait(1.0)
                else:
                    break
            for component in COMPONENTS:
                self.platform.wait_ready(component, within_s=max(1.0, deadline - time.monotonic()))
