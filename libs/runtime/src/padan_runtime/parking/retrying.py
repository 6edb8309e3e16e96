"""Taking up again what is parked, when an operator asks for it: by the reader itself, in its own loop."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Generic, TypeVar
from uuid import UUID

from padan_events import EnvelopeError, Event
from psycopg import Connection

from padan_runtime import metrics, positions
from padan_runtime.assignment import Assignment
from padan_runtime.database import Database
from padan_runtime.handling import TRANSIENT, Dropping, Handler
from padan_runtime.logs import logger
from padan_runtime.parking import repository
from padan_runtime.parking.faults import Fault, fault_of
from padan_runtime.parking.records import event_of
from padan_runtime.parking.repository import Key, Row
from padan_runtime.positions import MovedOnError, Shard

Prepared = TypeVar("Prepared")

_EVERY_S = 1.0
_AT_ONCE = 500


class GoneError(RuntimeError):
    """A parked row is not there any more (another process of this reader was quicker), or is now to be dropped."""


class Retrying(Generic[Prepared]):
    """Looks each second for what operators ask of this reader's parked records, and does it.

    Every transaction first claims the reader's place in the shards concerned, and only shards that this process reads
    are touched: so a reader that slept through its session can do nothing twice. Raises `MovedOnError`.
    """

    def __init__(self, reader: str, handler: Handler[Prepared], database: Database, assignment: Assignment) -> None:
        self._reader, self._handler, self._database, self._assignment = reader, handler, database, assignment
        self._looked_at = 0.0
        self.parked = 0

    async def look(self) -> None:
        """Do what is asked for. A server that is away is no reason to fail: it is asked for still in a second."""
        now = time.monotonic()
        if now - self._looked_at < _EVERY_S:
            return
        self._looked_at = now
        try:
            drops, wanted = await asyncio.to_thread(self._read)
            for row in drops:
                await self._drop_one(row)
            if wanted:
                await self._retry(wanted)
        except TRANSIENT as error:
            logger().warning("parked records wait", reader=self._reader, error=type(error).__name__)
        except GoneError:
            logger().info("a parked record was taken up by another process, or is to be dropped", reader=self._reader)

    def _is_ours(self, row: Row) -> bool:
        return (row.topic, row.shard) in self._assignment.sequences

    def _read(self) -> tuple[list[Row], list[Row]]:
        with self._database.transaction() as connection:
            self.parked = repository.counts(connection, [self._reader])[self._reader]
            metrics.PARKED_ROWS.labels(self._reader).set(self.parked)
            drops, retries = (
                [row for row in repository.asked(connection, self._reader, state, _AT_ONCE) if self._is_ours(row)]
                for state in ("drop", "retry")
            )
            # What is to be dropped goes first: it may stand in front of what is to be tried.
            lines = {row.line for row in retries if row.line is not None} if not drops else set()
            return drops, repository.lines(connection, self._reader, lines, _AT_ONCE) if lines else []

    def _claim(self, connection: Connection[Any], shards: set[Shard]) -> None:
        positions.claim(connection, self._reader, {shard: self._assignment.pos_of(shard) for shard in shards})

    async def _drop_one(self, row: Row) -> None:
        try:
            await asyncio.to_thread(self._drop, row)
        except (MovedOnError, GoneError, *TRANSIENT):
            raise
        except Exception as error:
            logger().error("a parked record could not be dropped", reader=self._reader, exc_info=error)
            await asyncio.to_thread(self._note_failure, row.parked_id, fault_of(error), "drop")

    def _drop(self, row: Row) -> None:
        actor = row.asked_by or "unknown"
        line = row.line
        with self._database.transaction() as connection:
            self._claim(connection, {(row.topic, row.shard)})
            if not repository.take_out(connection, {row.parked_id: actor}, "dropped"):
                raise GoneError(row.parked_id)
            event = _event_of(row)
            if event is not None and isinstance(self._handler, Dropping):
                self._handler.dropped(connection, event)
            if line is not None:
                repository.retry_next(connection, self._reader, line, actor)
            left = repository.still_blocked(connection, self._reader, [line]) if line else set()
        metrics.PARKED_TAKEN_UP.labels(self._reader, "dropped").inc()
        if line is not None and not left:
            self._assignment.unblock(line)

    async def _retry(self, rows: Sequence[Row]) -> None:
        """Try rows in order; where it fails, half by half down to the one at fault. What waits behind one that failed
        is not tried."""
        actors = {row.line: row.asked_by for row in rows if row.state == "retry"}
        entries = [(row, event, actors.get(row.line) or "unknown") for row in rows if (event := _event_of(row))]
        await self._try(entries, set())

    async def _try(self, entries: Sequence[tuple[Row, Event, str]], failed: set[Key | None]) -> None:
        live = [entry for entry in entries if entry[0].line not in failed]
        if not live:
            return
        try:
            await self._apply(live)
        except (MovedOnError, GoneError, MemoryError, *TRANSIENT):
            raise
        except Exception as error:
            if len(live) > 1:
                middle = len(live) // 2
                await self._try(live[:middle], failed)
                await self._try(live[middle:], failed)
                return
            logger().error("a parked record failed again", reader=self._reader, exc_info=error)
            row = live[0][0]
            failed.add(row.line)
            metrics.PARKED_TAKEN_UP.labels(self._reader, "failed").inc()
            await asyncio.to_thread(self._note_failure, row.parked_id, fault_of(error), "retry")

    async def _apply(self, entries: Sequence[tuple[Row, Event, str]]) -> None:
        events = [event for _, event, _ in entries]
        prepared = await self._handler.prepare(events)
        left = await asyncio.to_thread(self._in_transaction, entries, events, prepared)
        for line in {row.line for row, *_ in entries}:
            if line is not None and line not in left:
                self._assignment.unblock(line)
        metrics.PARKED_TAKEN_UP.labels(self._reader, "retried").inc(len(events))
        try:
            await self._handler.committed(events)
        except TRANSIENT as error:
            logger().warning("committed, not told", reader=self._reader, error=type(error).__name__)

    def _in_transaction(
        self, entries: Sequence[tuple[Row, Event, str]], events: Sequence[Event], prepared: Prepared
    ) -> set[Key]:
        with self._database.transaction() as connection:
            self._claim(connection, {(event.topic, event.shard) for event in events})
            if not repository.take_out(connection, {row.parked_id: actor for row, _, actor in entries}, "retried"):
                raise GoneError(self._reader)
            self._handler.apply(connection, events, prepared)
            actors = {row.line: actor for row, _, actor in entries if row.line is not None}
            left = repository.still_blocked(connection, self._reader, actors)
            for line in left:  # more than fits into one transaction: it goes on from there, whatever happens
                repository.retry_next(connection, self._reader, line, actors[line])
            return left

    def _note_failure(self, parked_id: UUID, fault: Fault, tried: str) -> None:
        with self._database.transaction() as connection:
            repository.failed_again(connection, parked_id, fault, tried=tried)


def _event_of(row: Row) -> Event | None:
    try:
        return event_of(row.topic, row.shard, row.key, row.value, row.headers)
    except EnvelopeError:
        return None
