"""A writer of events writes to the server it began with: the same PostgreSQL cluster, on the same timeline.

After a failover, or a restore behind the same address, a pool simply connects again. But the log that is there now may
lack what the one before had sent to Kafka, and its positions would be given out a second time. So a connection that
leads elsewhere is never handed out, and the process ends: the next one begins as every start does.
"""

import asyncio
import contextlib
import threading
from typing import Any, Final

from psycopg import Connection

from padan_runtime import metrics
from padan_runtime.logs import logger

_LOOK_EVERY_S: Final = 0.5


class ServerChangedError(RuntimeError):
    """A connection led to another cluster, or another timeline, than the process began with."""


def server_of(connection: Connection[Any]) -> tuple[int, int]:
    """System identifier and timeline of the server behind a connection. Raises psycopg's errors: on a standby, where
    nothing can be written and which may yet become another timeline, `ObjectNotInPrerequisiteState`."""
    # Not pg_control_checkpoint(): after a promotion it names the old timeline until the next checkpoint.
    row = connection.execute(
        "SELECT system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8) FROM pg_control_system()"
    ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1], 16)


class SameServer:
    """Holds the connections of one database, the pool's and others, to the server of the first of them."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._first: tuple[int, int] | None = None
        self._changed = False

    def check(self, connection: Connection[Any]) -> None:
        """Look where a new connection leads. Raises `ServerChangedError`, and what `server_of` raises."""
        with connection.transaction():
            server = server_of(connection)
        with self._lock:
            self._first = self._first or server
            if server != self._first:
                self._changed = True
                raise ServerChangedError(self._name)
        metrics.DATABASE_TIMELINE.labels(self._name).set(server[1])

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set. Raises `ServerChangedError` as soon as a connection led elsewhere."""
        while not stop.is_set():
            if self._changed:
                logger().error("the database is on another server or timeline than at the start", name=self._name)
                raise ServerChangedError(self._name)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _LOOK_EVERY_S)
