"""Keeps one process running: starts it, sees it become ready, starts it again when it dies."""

import asyncio
import signal
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from padan_cli.platform import linux
from padan_cli.platform.components import Component
from padan_cli.platform.errors import PlatformError
from padan_cli.platform.instance import Instance
from padan_cli.platform.launch import Launch

SETTINGS_WRONG = 78
"""Exit code of a service that found its settings wrong (EX_CONFIG): starting it again would not help."""

LOG_LIMIT_BYTES = 10 * 1024 * 1024
_BACKOFF_S = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
_STEADY_S = 5.0
_GIVE_UP_AFTER = 6


@dataclass(slots=True)
class Condition:
    """How a process stands: `stopped`, `starting`, `ready`, `waiting` (to be started again) or `failed`."""

    state: str = "stopped"
    pid: int | None = None
    started: int | None = None
    restarts: int = 0
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For the state file."""
        return asdict(self)


class Keeper:
    """Runs in the supervisor's event loop, one for each component. `changed` is called at each change."""

    def __init__(self, component: Component, instance: Instance, launch: Launch, changed: Callable[[], None]) -> None:
        self.component = component
        self.condition = Condition()
        self._instance = instance
        self._launch = launch
        self._changed = changed
        self._task: asyncio.Task[None] | None = None
        self._quick_deaths = 0
        self._stopping = asyncio.Event()
        self._moved = asyncio.Event()

    def start(self) -> None:
        """Begin to keep it; nothing happens when it is kept already."""
        if self._task is None or self._task.done():
            self._stopping.clear()
            self._quick_deaths = 0
            self._set(state="starting", reason="")
            self._task = asyncio.create_task(self._keep(), name=self.component.name)

    async def ready(self) -> None:
        """Wait until it is ready; raises `start_failed` with the end of its log, or `start_timeout`."""
        deadline = time.monotonic() + self.component.ready_within_s
        while self.condition.state != "ready":
            if self.condition.state in {"failed", "stopped"} or self._quick_deaths >= _GIVE_UP_AFTER:
                raise self._failure("start_failed")
            try:
                await asyncio.wait_for(self._moved.wait(), deadline - time.monotonic())
            except TimeoutError:
                raise self._failure("start_timeout") from None

    async def stop(self) -> None:
        """Ask it to end, wait, end it; afterwards it is not started again."""
        self._stopping.set()
        if self._task is not None:
            await self._task
        self._set(state="stopped", pid=None, started=None)

    async def _keep(self) -> None:
        while not self._stopping.is_set():
            begun = time.monotonic()
            try:
                code = await self._run()
            except (PlatformError, OSError) as error:
                self._set(state="failed", pid=None, started=None, reason=str(error))
                return
            if self._stopping.is_set():
                return
            if code == SETTINGS_WRONG:
                self._set(state="failed", pid=None, started=None, reason=f"exit code {code}")
                return
            if time.monotonic() - begun > _STEADY_S:
                self._quick_deaths = 0
            pause_s = _BACKOFF_S[min(self._quick_deaths, len(_BACKOFF_S) - 1)]
            self._quick_deaths += 1
            restarts = self.condition.restarts + 1
            self._set(state="waiting", pid=None, started=None, restarts=restarts, reason=f"exit code {code}")
            await _unless(self._stopping, pause_s)

    async def _run(self) -> int:
        """One life of the process, from its start to its end; returns its exit code."""
        name = self.component.name
        command = await asyncio.to_thread(self._launch.command, name)
        log = self._instance.log(name)
        log_from = _rotate(log)
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self._instance.process_environment(name),
                cwd="/",
                # Ctrl-C at the terminal is for the command line; the supervisor stops things in order.
                start_new_session=True,
            )
        self._set(state="starting", pid=process.pid, started=linux.start_time(process.pid))
        ended = asyncio.create_task(process.wait())
        readiness = asyncio.create_task(self._become_ready(log_from))
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait((ended, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                await self._end(process, ended)
        finally:
            readiness.cancel()
            stopping.cancel()
        # A child of the process (a parser of spreadsheets) must not outlive it.
        await asyncio.to_thread(linux.end_marked, self._instance.id, {name: signal.SIGKILL}, patience_s=0.0)
        return await ended

    async def _become_ready(self, log_from: int) -> None:
        # A process in another memory: its readiness can be asked for, not waited for.
        while not await self._launch.is_ready(self.component.name, log_from):
            await asyncio.sleep(0.1)
        self._set(state="ready", reason="")

    async def _end(self, process: asyncio.subprocess.Process, ended: asyncio.Task[int]) -> None:
        for number in (self.component.stop_signal, signal.SIGKILL):
            try:
                process.send_signal(number)
            except ProcessLookupError:
                break
            done, _ = await asyncio.wait((ended,), timeout=self.component.patience_s)
            if done:
                break

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self.condition, name, value)
        self._changed()
        self._moved.set()
        self._moved = asyncio.Event()

    def _failure(self, code: str) -> PlatformError:
        name, log = self.component.name, self._instance.log(self.component.name)
        detail = self.condition.reason
        if log.exists():
            detail += "\n" + "\n".join(log.read_text(errors="replace").splitlines()[-12:])
        return PlatformError(
            code,
            f"{name} tidak siap; lihat {log}.",
            f"{name} did not become ready; see {log}.\n{detail}",
        )


async def _unless(event: asyncio.Event, pause_s: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), pause_s)
    except TimeoutError:
        return


def _rotate(log: Path) -> int:
    """Set a log aside once it is large; returns the size of the one to be written on."""
    size = log.stat().st_size if log.exists() else 0
    if size > LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".log.1"))
        size = 0
    return size
