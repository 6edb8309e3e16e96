"""Faust's timers wake what looks after the durable schedule."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

import faust
from padan_runtime import metrics
from padan_runtime.logs import logger
from padan_runtime.projector import TRANSIENT

EVERY_S: Final = 5.0


class Ticking:
    """Looks whenever it is woken. The timer only wakes: Faust cancels timers at a stop, and a look that is under way is
    finished, not cut off."""

    def __init__(self, name: str, look: Callable[[asyncio.Event], Awaitable[int]]) -> None:
        self._name, self._look = name, look
        self._woken = asyncio.Event()

    def on(self, app: faust.App) -> None:
        """Be woken by a timer of the app, in each worker."""
        app.timer(EVERY_S, name=f"padan_eligibility.{self._name}")(self.wake)

    async def wake(self) -> None:
        """Let it look, at once or after the look that is under way."""
        self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop` is set; while a server is away, wait for the next tick."""
        while not stop.is_set():
            self._woken.clear()
            try:
                await self._look(stop)
                metrics.LOOKED.labels(self._name).set_to_current_time()
            except TRANSIENT as error:
                logger().warning(f"{self._name} waits", error=type(error).__name__)
            except Exception as error:
                # What nobody asks for must not end what everybody waits for: an alarm tells that it is not done.
                logger().error(f"{self._name} waits", exc_info=error)
            waits = [asyncio.create_task(event.wait()) for event in (stop, self._woken)]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await wait
