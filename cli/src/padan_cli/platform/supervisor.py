"""The process behind `padan up`: one for each instance, detached from the terminal, keeping all others running.

`python -m padan_cli.platform.supervisor FOLDER [--servers FOLDER] [--bound-to PID]` returns 0 as soon as the
supervisor listens on `run/control.sock`, and 75 when another one holds the instance. With `--bound-to` it stops
everything when that process ends (tests and the demo leave nothing behind, however they end).
"""

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from padan_cli.platform import linux
from padan_cli.platform.components import COMPONENTS, with_needs
from padan_cli.platform.errors import PlatformError
from padan_cli.platform.instance import SERVERS, Instance
from padan_cli.platform.keeper import Keeper
from padan_cli.platform.launch import Launch
from padan_cli.platform.ownership import HELD_BY_ANOTHER, end_leftovers, hold
from padan_cli.platform.socket_path import listen

Say = Callable[[dict[str, Any]], None]


class Supervisor:
    """Answers requests on the control socket: JSON lines, the last of each answer is `done` or `error`."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        launch = Launch(instance)
        self._launch = launch
        self._keepers = {
            name: Keeper(component, instance, launch, self._save) for name, component in COMPONENTS.items()
        }
        self._prepared: dict[str, asyncio.Task[None]] = {}
        self._closing = asyncio.Event()

    async def run(self, listening: Callable[[], None], bound_to: int | None) -> None:
        """Serve until told to stop (request, SIGTERM, or the end of the process it is bound to)."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._closing.set)
        if bound_to is not None:
            loop.add_reader(os.pidfd_open(bound_to), self._closing.set)
        server = await asyncio.start_unix_server(self._serve, sock=listen(self._instance.run))
        self._save()
        listening()
        await self._closing.wait()
        stopping: dict[str, asyncio.Task[None]] = {}
        for name in reversed(COMPONENTS):
            dependents = [stopping[other] for other in stopping if name in COMPONENTS[other].needs]
            stopping[name] = asyncio.create_task(self._stop_after(dependents, name))
        await asyncio.gather(*stopping.values())
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(answer: dict[str, Any]) -> None:
            writer.write(json.dumps(answer).encode() + b"\n")

        try:
            request = json.loads(await reader.readline())
            await self._answer(request["do"], list(request.get("names", [])), say)
            say({"done": True})
        except PlatformError as error:
            say({"error": [error.code, error.indonesian, error.english]})
        except Exception as error:
            say({"error": ["supervisor_error", f"Kesalahan pengawas: {error}", f"In the supervisor: {error}"]})
            raise
        finally:
            # The asker may have left (Ctrl-C at `padan up`): what it asked for is done all the same.
            writer.close()

    async def _answer(self, request: str, names: list[str], say: Say) -> None:
        match request:
            case "up":
                await self._up(with_needs(names), say)
            case "stop":
                await asyncio.gather(*(self._keepers[name].stop() for name in names))
            case "down":
                self._closing.set()
            case _:
                raise PlatformError("request_unknown", f"Tidak dikenal: {request}", f"Unknown: {request}")

    async def _up(self, names: list[str], say: Say) -> None:
        bringing: dict[str, asyncio.Task[None]] = {}
        for name in names:
            needs = [bringing[need] for need in COMPONENTS[name].needs]
            bringing[name] = asyncio.create_task(self._bring(name, needs, say))
        results = await asyncio.gather(*bringing.values(), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _bring(self, name: str, needs: list[asyncio.Task[None]], say: Say) -> None:
        await asyncio.gather(*needs)
        if self._closing.is_set():
            raise PlatformError("going_down", "Platform sedang dihentikan.", "The platform is being stopped.")
        say({"component": name, "state": "starting"})
        keeper = self._keepers[name]
        keeper.start()
        await keeper.ready()
        if name in SERVERS:
            await self._prepare(name)
        say({"component": name, "state": "ready"})

    async def _prepare(self, server: str) -> None:
        """Once in a supervisor's life, also when two ask at the same time; again when it failed."""
        task = self._prepared.get(server)
        if task is None or (task.done() and task.exception() is not None):
            task = asyncio.create_task(asyncio.to_thread(self._launch.prepare, server))
            self._prepared[server] = task
        await asyncio.shield(task)

    async def _stop_after(self, dependents: list[asyncio.Task[None]], name: str) -> None:
        await asyncio.gather(*dependents)
        await self._keepers[name].stop()

    def _save(self) -> None:
        own = {"pid": os.getpid(), "started": linux.start_time(os.getpid())}
        processes = {name: keeper.condition.as_dict() for name, keeper in self._keepers.items()}
        draft = self._instance.run / "state.json.draft"
        draft.write_text(json.dumps({"supervisor": own, "processes": processes}))
        draft.replace(self._instance.run / "state.json")


def main() -> None:
    """Take the lock, detach, and supervise."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--servers", type=Path)
    parser.add_argument("--bound-to", type=int)
    arguments = parser.parse_args()
    instance = Instance(arguments.folder, servers=arguments.servers)
    if hold(instance) is None:
        sys.exit(HELD_BY_ANOTHER)
    read_end, write_end = os.pipe()
    if os.fork():
        os.close(write_end)
        # One byte when it listens; the end of the pipe without it when it failed (see logs/supervisor.log).
        os._exit(0 if os.read(read_end, 1) else 1)
    ended = end_leftovers(instance)
    moved = instance.refresh_ports()
    print(f"supervisor {os.getpid()}: leftovers ended {ended}, ports changed {dict(moved)}", flush=True)

    async def supervise() -> None:
        await Supervisor(instance).run(lambda: _tell(write_end), bound_to)

    bound_to: int | None = arguments.bound_to
    asyncio.run(supervise())


def _tell(write_end: int) -> None:
    os.write(write_end, b"1")
    os.close(write_end)


if __name__ == "__main__":
    main()
