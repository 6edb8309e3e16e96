"""TCP proxies that can be cut, fall silent or slow down: the network between a service and a server."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from enum import Enum
from typing import Any, TypeVar

Result = TypeVar("Result")
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Way(Enum):
    """How a line behaves."""

    OPEN = "open"
    CUT = "cut"
    """Connections end, new ones are refused at once: somebody says so."""
    SILENT = "silent"
    """Nothing arrives any more and nobody is told: what was sent waits until the line heals, or is lost with it."""
    SLOW = "slow"


class Line:
    """A proxy in front of one server, listening on a free port of 127.0.0.1.

    `target` is asked for the server's port at each connection. With `kafka`, the broker's own address in its answers
    is replaced by the proxy's: clients of Kafka go where the broker tells them, past any proxy otherwise.
    """

    def __init__(self, target: Callable[[], int], *, kafka: bool) -> None:
        self._target, self._kafka = target, kafka
        self.port = 0
        self.way = Way.OPEN
        self.delay_s = 0.0
        self._passable = asyncio.Event()
        self._passable.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def listen(self) -> None:
        """Take a port and begin."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and end every connection."""
        if self._server is not None:
            self._server.close()
        self._end_connections()

    async def become(self, way: Way, delay_s: float = 0.0) -> None:
        """Behave differently from now on."""
        self.way, self.delay_s = way, delay_s
        if way is Way.SILENT:
            self._passable.clear()
        else:
            self._passable.set()
        if way is Way.CUT:
            self._end_connections()

    async def forget(self) -> None:
        """Heal as a router does that forgot its connections: they end, and what waited in them is lost."""
        self._end_connections()
        await self.become(Way.OPEN)

    def _end_connections(self) -> None:
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            if self.way is Way.CUT:
                return
            await self._passable.wait()
            port = self._target()
            there, to_server = await asyncio.open_connection("127.0.0.1", port)
            self._writers.add(to_server)
            try:
                await self._pump_both((reader, writer), (there, to_server), port)
            finally:
                self._writers.discard(to_server)
                to_server.transport.abort()
        except OSError:
            pass  # the server is away: its client sees a connection that ends
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _pump_both(self, client: Stream, server: Stream, port: int) -> None:
        back = self._pump_answers(server[0], client[1], port) if self._kafka else self._pump(server[0], client[1])
        pumps = [asyncio.create_task(self._pump(client[0], server[1])), asyncio.create_task(back)]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _pass(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        await self._passable.wait()
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        writer.write(data)
        await writer.drain()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            await self._pass(writer, data)

    async def _pump_answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
        """Kafka frames an answer by its length, and host and port keep theirs: so the port can be replaced in place."""
        theirs, ours = (b"127.0.0.1" + number.to_bytes(4) for number in (port, self.port))
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                length = await reader.readexactly(4)
                answer = await reader.readexactly(int.from_bytes(length))
                await self._pass(writer, length + answer.replace(theirs, ours))


class Network:
    """All lines, at work in a thread of their own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="network", daemon=True)
        self._lines: list[Line] = []
        self._thread.start()

    def line(self, target: Callable[[], int], *, kafka: bool = False) -> Line:
        """A new line, open."""
        line = Line(target, kafka=kafka)
        self.do(line.listen())
        self._lines.append(line)
        return line

    def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Have something done to a line, and wait for it."""
        future: Future[Result] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(30)

    def close(self) -> None:
        """End all lines and the thread."""
        for line in self._lines:
            self.do(line.close())
        self.do(_end_tasks())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


async def _end_tasks() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
