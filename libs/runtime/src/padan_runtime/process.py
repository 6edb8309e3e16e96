"""The life of a service process: tasks and HTTP server side by side, SIGTERM drains, a failure ends it."""

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Generator, Sequence

import uvicorn
import uvloop
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from padan_runtime import problems
from padan_runtime.logs import logger

Task = Callable[[asyncio.Event], Awaitable[None]]
"""Something that runs until the event is set, finishing what it has under way."""


_ENDS_WITHIN_S = 20.0


def end_for_sure(within_s: float = _ENDS_WITHIN_S) -> None:
    """End this process with status 1 after that time, whatever hangs in it.

    A thread that waits for a silent server, or for a request that came while the loop closed, would keep it for ever:
    not at work and not dead, so that nobody starts it again.
    """
    timer = threading.Timer(within_s, os._exit, [1])
    timer.daemon = True
    timer.start()


class _Server(uvicorn.Server):
    """uvicorn without signal handlers of its own: the process has one place that hears SIGTERM."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def _answering_to_the_end(app: ASGIApp) -> ASGIApp:
    """A request cut off because the process ends is told to come again: uvicorn would send a 500 in plain text, and
    every error has a code. (Found by `make faults`: a gateway that could not reach Kafka, with an upload under way.)"""

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await app(scope, receive, noting)
        except asyncio.CancelledError:
            if begun or scope["type"] != "http":
                raise
            await problems.response(problems.RESTARTING)(scope, receive, send)

    return answering


async def _serve(app: FastAPI, host: str, port: int, stop: asyncio.Event) -> None:
    server = _Server(
        uvicorn.Config(
            _answering_to_the_end(app),
            host=host,
            port=port,
            access_log=False,
            log_config=None,
            timeout_graceful_shutdown=10,
            lifespan="off",
        )
    )
    waiter = asyncio.create_task(stop.wait())
    serving = asyncio.create_task(server.serve())
    await asyncio.wait({waiter, serving}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    waiter.cancel()
    await serving
    if not stop.is_set():
        raise RuntimeError("the HTTP server ended by itself: is its port taken?")


async def _run(app: FastAPI, host: str, port: int, tasks: Sequence[Task]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    async def until_stopped(task: Task) -> None:
        try:
            await task(stop)
        except Exception as error:
            logger().error("the service ends", exc_info=error)
            end_for_sure()
            raise
        finally:
            stop.set()  # one that ends or fails takes the others down in order: half a service helps nobody

    async with asyncio.TaskGroup() as group:
        for task in tasks:
            group.create_task(until_stopped(task))
        group.create_task(until_stopped(lambda event: _serve(app, host, port, event)))


def run(app: FastAPI, *, host: str, port: int, tasks: Sequence[Task] = ()) -> None:
    """Run until SIGTERM or SIGINT (exit status 0), or until a task fails (logged, exit status 1)."""
    try:
        uvloop.run(_run(app, host, port, tasks))
    except* Exception:
        sys.stdout.flush()
        os._exit(1)  # no thread is waited for: see `end_for_sure`
    logger().info("drained")
