"""The course of a rebuild.

The live reader goes on all the while. When the tables built beside come close to it, its places are locked (its next
transaction waits at its first statement), what is missing is applied up to exactly these places, and both are
compared. The differences are applied to the live tables in the same transaction: nobody ever sees an empty view,
owners, rights, policies and indexes stay as they are, and a rebuild that dies anywhere leaves the live view untouched.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import psycopg
from padan_events.kafka_client import Kafka
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.json import Jsonb

from padan_runtime import log, positions
from padan_runtime.logs import logger
from padan_runtime.parked_keys import dropped, households_of, parked_keys
from padan_runtime.rebuild import comparing
from padan_runtime.rebuild.building import Building
from padan_runtime.rebuild.reading import LogSource, Source, TopicSource
from padan_runtime.rebuild.shadow import Shadow, schema_of
from padan_runtime.rebuild.view import Difference, Report, Vector, View

_NEAR: Final = 1_000
"""Events that may be left when the live reader is made to wait."""
_MOST_ROUNDS: Final = 50


class SwitchFailedError(RuntimeError):
    """After the switch the live rows still differed from what was built: all of it was rolled back."""


class Rebuild:
    """One rebuild of one view. `url` is the run-time role's address, `owner_url` the database owner's."""

    def __init__(self, view: View, *, url: str, owner_url: str, kafka: Kafka) -> None:
        self._view, self._url, self._kafka = view, url, kafka
        self._schema = schema_of(view.name)
        self._shadow = Shadow(owner_url, self._schema, view.tables, str(conninfo_to_dict(url)["user"]))

    async def run(self, *, switch: bool = True, verify: bool = False) -> Report:
        """Build, compare, and unless told otherwise switch; the report is kept in `rebuild_report`.

        `verify` compares once more after the switch, and takes it back where anything differs still. Raises
        `AlreadyRunningError`, `RecordsMissingError`, `SwitchFailedError`, `Unavailable` and database errors; then the
        live view is as it was.
        """
        begun_at, begun = datetime.now(UTC), time.perf_counter()
        await asyncio.to_thread(self._shadow.create)
        try:
            async with AsyncExitStack() as stack:
                built = stack.enter_context(self._connect(f"{self._schema},public"))
                live = stack.enter_context(self._connect("public"))
                building = Building(built, self._view.rebuilder, self._view.batch)
                building.dropped = dropped(live, self._view.reader)
                sources = await self._sources(stack)
                await self._come_near(live, building, sources)
                await asyncio.to_thread(self._shadow.analyze)
                with live.transaction():
                    vector = await asyncio.to_thread(self._lock, live)
                    await building.up_to(vector, sources)
                    differences, left_out = await asyncio.to_thread(self._compare, live, building)
                    if switch:
                        await asyncio.to_thread(self._switch, live, differences, left_out, verify)
                    report = Report(
                        view=self._view.name,
                        vector=vector,
                        events=building.events,
                        seconds=time.perf_counter() - begun,
                        rows={table.name: comparing.count(live, self._schema, table) for table in self._view.tables},
                        differences=differences,
                        left_out=tuple(map(str, left_out)),
                        switched=switch,
                        verified=switch and verify,
                    )
                    await asyncio.to_thread(_keep, live, report, begun_at)
        finally:
            await asyncio.to_thread(self._shadow.drop)
        logger().info(
            "rebuilt", view=report.view, events=report.events, seconds=round(report.seconds, 1),
            differences=report.different, switched=report.switched,
        )  # fmt: skip
        return report

    def _connect(self, search_path: str) -> Connection[Any]:
        return psycopg.connect(
            self._url,
            autocommit=True,
            application_name="rebuild",
            # One that sleeps must not hold the live reader up.
            options=f"-c search_path={search_path} -c idle_in_transaction_session_timeout=60000",
        )

    async def _sources(self, stack: AsyncExitStack) -> list[Source]:
        sources: list[Source] = []
        if self._view.topics:
            sources.append(await stack.enter_async_context(TopicSource(self._kafka, self._view.topics)))
        if self._view.own_logs:
            # A connection of its own: it reads ahead while the one before is writing.
            sources.append(LogSource(stack.enter_context(self._connect("public")), self._view.own_logs))
        return sources

    async def _come_near(self, live: Connection[Any], building: Building, sources: Sequence[Source]) -> None:
        """Follow the live reader without holding it up, until little is left."""
        for _ in range(_MOST_ROUNDS):
            before = building.events
            await building.up_to(await asyncio.to_thread(self._vector, live), sources)
            if building.events - before < _NEAR:
                return

    def _vector(self, connection: Connection[Any]) -> Vector:
        """Where the live view stands: the reader's places, and the heads of the logs it is built from."""
        reached = positions.vector(connection, self._view.reader)
        vector: Vector = {topic.name: reached.get(topic.name, {}) for topic in self._view.topics}
        for topic in self._view.own_logs:
            vector[topic.name] = dict(enumerate(log.heads(connection, topic.name)))
        return vector

    def _lock(self, connection: Connection[Any]) -> Vector:
        """Make the live reader and whoever appends to its logs wait; the order of locks is that of all others."""
        if self._view.hold is not None:
            self._view.hold(connection)
        connection.execute(
            "SELECT 1 FROM reader_position WHERE reader = %s ORDER BY topic, shard FOR UPDATE", [self._view.reader]
        )
        connection.execute(
            "SELECT 1 FROM log_head WHERE topic = ANY(%s) ORDER BY topic, shard FOR UPDATE",
            [[topic.name for topic in self._view.own_logs]],
        )
        return self._vector(connection)

    def _compare(self, live: Connection[Any], building: Building) -> tuple[dict[str, Difference], list[UUID]]:
        """By table what differs, and the households that were left out of it."""
        reader = self._view.reader
        late = {key for at, key in dropped(live, reader).items() if at not in building.dropped}
        left_out = sorted(households_of(building.unreadable | parked_keys(live, reader) | late))
        tables = self._view.tables
        return {table.name: comparing.compare(live, self._schema, table, left_out) for table in tables}, left_out

    def _switch(
        self, live: Connection[Any], differences: dict[str, Difference], left_out: list[UUID], verify: bool
    ) -> None:
        for table in self._view.tables:
            if differences[table.name].count:
                comparing.switch(live, self._schema, table)
            if verify and comparing.compare(live, self._schema, table, left_out).count:
                raise SwitchFailedError(table.name)


def _keep(connection: Connection[Any], report: Report, begun_at: datetime) -> None:
    connection.execute(
        "INSERT INTO rebuild_report (view, begun_at, vector, events, seconds, rows, differences, left_out, switched, "
        "verified) VALUES (%s, %s, %s, %s, %s, %s, %s, %s::uuid[], %s, %s)",
        [
            report.view,
            begun_at,
            Jsonb(msgspec.to_builtins(report.vector, str_keys=True)),
            report.events,
            report.seconds,
            Jsonb(report.rows),
            Jsonb(msgspec.to_builtins(report.differences)),
            list(report.left_out),
            report.switched,
            report.verified,
        ],
    )
