"""The HTTP side every service has: /livez, /readyz, /metrics, /progress, problems and request metrics."""

import time
from collections.abc import Callable
from typing import Any

import anyio.to_thread
import msgspec
from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from padan_runtime import log, metrics, positions, problems
from padan_runtime.database import Database
from padan_runtime.parking import repository as parking


class Progress:
    """What a service says of itself: the heads of its logs, and how far its readers and its relay have come."""

    def __init__(self, database: Database, *, logs: tuple[str, ...] = (), readers: tuple[str, ...] = ()) -> None:
        self._database, self._logs, self._readers = database, logs, readers
        self.stopped: dict[str, Callable[[], dict[tuple[str, int], str]]] = {}

    def read(self) -> dict[str, Any]:
        """`{"heads": {topic: [24]}, "relayed": {topic: [24]}, "readers": {reader: {topic: {shard: pos}}},
        "stopped": {reader: {"topic/shard": why}}, "parked": {reader: count}}`."""
        with self._database.transaction() as connection:
            # One snapshot: heads older than positions would call a reader done that is not.
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            heads = {topic: log.heads(connection, topic) for topic in self._logs}
            relayed = {topic: [0] * len(vector) for topic, vector in heads.items()}
            for topic, shard, pos in connection.execute("SELECT topic, shard, pos FROM relay_cursor"):
                if topic in relayed:
                    relayed[topic][shard] = pos
            readers = {reader: positions.vector(connection, reader) for reader in self._readers}
            parked = parking.counts(connection, self._readers)
        stopped = {
            reader: {f"{topic}/{shard}": why for (topic, shard), why in read().items()}
            for reader, read in self.stopped.items()
        }
        return {"heads": heads, "relayed": relayed, "readers": readers, "stopped": stopped, "parked": parked}


class Measured:
    """Counts requests and their times by route. Plain ASGI: Starlette's own wrapper for functions runs each request in
    a task of its own, with a stream between, which costs more than all that is measured."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                # The route's pattern, never the path: a path holds ids.
                route = getattr(scope.get("route"), "path", "unknown")
                metrics.HTTP_REQUESTS.labels(scope["method"], route, message["status"]).inc()
                metrics.HTTP_SECONDS.labels(scope["method"], route).observe(time.perf_counter() - begun)
            await send(message)

        await self._app(scope, receive, counting)


class Health:
    """Named conditions that must hold before a service is ready. Each is a callable that answers at once."""

    def __init__(self) -> None:
        self._conditions: dict[str, Callable[[], bool]] = {}

    def require(self, name: str, condition: Callable[[], bool]) -> None:
        """Add a condition."""
        self._conditions[name] = condition

    def read(self) -> tuple[bool, dict[str, bool]]:
        """Whether all hold, and each."""
        each = {name: condition() for name, condition in self._conditions.items()}
        return all(each.values()), each


def create_app(
    *, title: str, version: str = "0.1.0", health: Health, progress: Progress | None = None, **fastapi: Any
) -> FastAPI:
    """A FastAPI app with the addresses and the error answers every service has. No page of it loads from a CDN."""
    app = FastAPI(title=title, version=version, docs_url=None, redoc_url=None, **fastapi)
    problems.install(app)

    app.add_middleware(Measured)

    @app.get("/livez", include_in_schema=False)
    async def livez() -> Response:
        return json_response({"live": True})

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> Response:
        ready, each = await anyio.to_thread.run_sync(health.read)
        return json_response({"ready": ready, "conditions": each}, 200 if ready else 503)

    @app.get("/metrics", include_in_schema=False)
    async def prometheus() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    if progress is not None:

        @app.get("/progress", include_in_schema=False)
        def read_progress() -> Response:
            return json_response(progress.read())

    return app


def json_response(document: Any, status: int = 200) -> Response:
    """A JSON answer encoded by msgspec."""
    return Response(msgspec.json.encode(document), status, media_type="application/json")
