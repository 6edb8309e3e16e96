"""The projector: reads topics into a database, each event once and in the order of its shard.

The place in each shard and everything the events lead to are committed in one transaction, whose first statement
checks the places. So a crash anywhere repeats nothing and loses nothing, and a second reader of the same name (one
that slept through its session, say) fails at the check. Kafka's committed offsets only inform lag tools.

What cannot be handled is parked in the transaction that moves the place past it, and so is what comes behind it with
the same key; others go on. See `padan_runtime.parking`.
"""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from typing import Generic, TypeVar

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from padan_events import Event, Topic
from padan_events.kafka_client import Kafka, client_of

from padan_runtime import metrics, positions
from padan_runtime.assignment import Assignment
from padan_runtime.database import Database
from padan_runtime.handling import TRANSIENT, Handler, StoppingError
from padan_runtime.kafka_client import cluster_id_of
from padan_runtime.logs import logger
from padan_runtime.parking import repository as parking
from padan_runtime.parking.breaker import MOST_PARKED, Breaker, BreakerOpenError
from padan_runtime.parking.faults import BEHIND, Fault, fault_of
from padan_runtime.parking.records import Record
from padan_runtime.parking.retrying import Retrying
from padan_runtime.positions import MovedOnError, Shard
from padan_runtime.taken import Moves, Taken
from padan_runtime.unreadable import fetch

__all__ = ["TRANSIENT", "Handler", "Projector", "StuckError"]

Prepared = TypeVar("Prepared")

_COMMIT_EVERY_S = 5.0
_COMMIT_WITHIN_S = 5.0
_PACE_S = 0.05
"""Between the beginnings of two small batches. A batch costs its keys, a transaction and four changes of thread, be it
of one event: behind a steady trickle each event would be one, and what people ask for waits for the processor."""
_HANGS_AFTER = 5  # times what is called stuck: by then the group has given the shards to others


class StuckError(RuntimeError):
    """There is lag and nothing moved for too long: the process ends, and a new one connects afresh."""


_NOT_THE_EVENTS = (MovedOnError, StoppingError, BreakerOpenError, MemoryError)


class Projector(Generic[Prepared]):
    """Reads `topics` under the name `reader` (also the consumer group) and hands batches to `handler`."""

    def __init__(
        self,
        *,
        reader: str,
        topics: Sequence[Topic],
        handler: Handler[Prepared],
        database: Database,
        kafka: Kafka,
        batch: int = 4_000,
        hole_wait_s: float = 30.0,
        stuck_after_s: float = 60.0,
    ) -> None:
        self.reader, self.topics = reader, {topic.name: topic for topic in topics}
        self._handler, self._database, self._kafka, self._batch = handler, database, client_of(kafka), batch
        self._stuck_after_s = stuck_after_s
        self._assignment = Assignment(reader, self.topics, database, hole_wait_s)
        self._breaker = Breaker()
        metrics.READER_BREAKER.labels(reader).set(0)
        self._retrying = Retrying(reader, handler, database, self._assignment)
        self._moved_at = self._committed_at = time.monotonic()
        self.consumer: AIOKafkaConsumer | None = None

    @property
    def stopped(self) -> dict[Shard, str]:
        """Shards that were stopped, and why (`hole`, `reused`, `breaker`)."""
        return self._assignment.stopped

    @property
    def broken(self) -> bool:
        """Whether the reader stopped because nearly everything failed, or too much is parked already."""
        return self._assignment.broken

    @property
    def assigned(self) -> int:
        """How many shards this process reads."""
        return len(self._assignment.sequences)

    async def run(self, stop: asyncio.Event) -> None:
        """Read until `stop` is set; a batch under way is finished first. Raises `StuckError`."""
        consumer = self.consumer = AIOKafkaConsumer(
            **self._kafka.options(),
            group_id=self.reader,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=1 << 20,
            fetch_max_bytes=24 << 20,
            session_timeout_ms=10_000,
            max_poll_interval_ms=300_000,
            request_timeout_ms=15_000,
        )
        self._assignment.cluster_id = await cluster_id_of(self._kafka)
        consumer.subscribe(list(self.topics), listener=self._assignment.listener(consumer))
        await consumer.start()
        watch = asyncio.create_task(self._watch(consumer))
        polling = asyncio.create_task(self._poll_until(consumer, stop, watch))
        try:
            await asyncio.wait({polling, watch}, return_when=asyncio.FIRST_COMPLETED)
            # A slow batch comes through in the end; one that waits for a server fallen silent never does.
            await asyncio.wait({polling}, timeout=self._stuck_after_s * (_HANGS_AFTER - 1))
            await (polling if polling.done() else watch)
            if watch.done():
                await watch
        finally:
            watch.cancel()
            polling.cancel()
            await asyncio.gather(polling, return_exceptions=True)
            with contextlib.suppress(KafkaError, TimeoutError):
                await asyncio.wait_for(consumer.stop(), 10)

    async def _poll_until(self, consumer: AIOKafkaConsumer, stop: asyncio.Event, watch: asyncio.Task[None]) -> None:
        while not stop.is_set() and not watch.done():
            await self._poll(consumer, stop)

    async def _poll(self, consumer: AIOKafkaConsumer, stop: asyncio.Event) -> None:
        records = await fetch(consumer, self._batch, lambda: self._assignment.seek(consumer))
        if self._assignment.failure is not None:
            raise self._assignment.failure
        begun = time.monotonic()
        taken = self._assignment.take(consumer, records)
        self._assignment.expire_holes(consumer)
        if taken.events or taken.passed:
            if not await self._settle(consumer, taken, stop):
                return
            if self._moved_at - self._committed_at > _COMMIT_EVERY_S:
                self._committed_at = self._moved_at
                # Bounded: on a broker that hangs aiokafka waits for its coordinator without end, watchdog or not.
                with contextlib.suppress(KafkaError, TimeoutError):
                    await asyncio.wait_for(consumer.commit(self._assignment.offsets()), _COMMIT_WITHIN_S)
        # Between two batches, when nothing is under way and every place is where the database has it.
        try:
            await self._retrying.look()
        except MovedOnError:
            await self._seek_again(consumer)
        if taken.events and len(taken.events) < self._batch:
            await asyncio.sleep(max(0.0, begun + _PACE_S - time.monotonic()))

    async def _settle(self, consumer: AIOKafkaConsumer, taken: Taken, stop: asyncio.Event) -> bool:
        """Apply or park what was taken; False where it was left to be read again."""
        try:
            try:
                with metrics.READER_BATCH_SECONDS.labels(self.reader).time():
                    await self._patiently(taken, taken.events, stop, with_passed=True)
            except _NOT_THE_EVENTS:
                raise
            except Exception as error:  # whatever a handler raises holds up one key, never the others
                await self._isolate(taken, taken.events, error, stop)
                await self._patiently(taken, (), stop, with_passed=True)
        except MovedOnError:
            await self._seek_again(consumer)
            return False
        except BreakerOpenError:
            metrics.READER_BREAKER.labels(self.reader).set(1)
            self._assignment.stop_all(consumer)
            return False
        except StoppingError:
            return False
        return True

    async def _seek_again(self, consumer: AIOKafkaConsumer) -> None:
        metrics.READER_RETRIES.labels(self.reader).inc()
        logger().warning("another reader moved on: seeking again", reader=self.reader)
        await self._assignment.seek(consumer)

    async def _patiently(
        self,
        taken: Taken,
        events: Sequence[Event],
        stop: asyncio.Event,
        *,
        with_passed: bool = False,
        fault: Fault | None = None,
    ) -> None:
        """`_apply`, waiting for servers that are away. Raises `StoppingError`, and what `_apply` raises."""
        attempt = 0
        while not stop.is_set():
            try:
                return await self._apply(taken, events, with_passed=with_passed, fault=fault)
            except TRANSIENT as error:
                # A server is away: the batch waits. The member of the group stays alive through its heartbeat.
                attempt += 1
                self._moved_at = time.monotonic()  # it waits, it is not stuck
                metrics.READER_RETRIES.labels(self.reader).inc()
                logger().warning("batch waits", reader=self.reader, attempt=attempt, error=type(error).__name__)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), min(0.2 * 2**attempt, 5.0))
        raise StoppingError

    async def _isolate(self, taken: Taken, events: Sequence[Event], error: Exception, stop: asyncio.Event) -> None:
        """Apply events that failed together, half by half in their order, and park those that fail alone."""
        if not events:
            raise error
        if len(events) == 1:
            await self._park(taken, events[0], error, stop)
            return
        middle = len(events) // 2
        for half in (events[:middle], events[middle:]):
            try:
                await self._patiently(taken, half, stop)
            except _NOT_THE_EVENTS:
                raise
            except Exception as failure:
                await self._isolate(taken, half, failure, stop)

    async def _park(self, taken: Taken, event: Event, error: Exception, stop: asyncio.Event) -> None:
        """Raises `BreakerOpenError` where nearly everything fails. What else fails in here ends the process."""
        logger().error("a handler failed", reader=self.reader, topic=event.topic, pos=event.pos, exc_info=error)
        if self._breaker.failed(event.key, time.monotonic()):
            raise BreakerOpenError(self.reader) from error
        await self._patiently(taken, (event,), stop, fault=fault_of(error))

    async def _apply(
        self, taken: Taken, events: Sequence[Event], *, with_passed: bool = False, fault: Fault | None = None
    ) -> None:
        """One transaction over `events`: those that wait behind a parked one are parked, and all of them where there
        is a `fault`."""
        moves = self._assignment.moves(taken, events, with_passed=with_passed)
        aside: list[Event] = []
        live: list[Event] = []
        for event in events:
            (aside if fault is not None or self._assignment.waits_behind(event) else live).append(event)
        records = [self._assignment.record_of(taken, event, fault or BEHIND) for event in aside]
        records += taken.strays_in(moves)
        if records and self._retrying.parked + len(records) > MOST_PARKED:
            raise BreakerOpenError(self.reader)
        prepared = await self._handler.prepare(live) if live else None
        behind = aside if fault is None else ()
        await asyncio.to_thread(self._in_transaction, live, prepared, moves, records, behind)
        self._assignment.moved(taken, moves)
        taken.set_aside(records)
        self._moved_at = time.monotonic()
        await self._tell(taken, live, aside, records)

    async def _tell(
        self, taken: Taken, live: Sequence[Event], aside: Sequence[Event], records: Sequence[Record]
    ) -> None:
        if records:
            if taken.generation == self._assignment.generation:
                self._assignment.block(aside)
            self._retrying.parked += len(records)
            metrics.PARKED_ROWS.labels(self.reader).set(self._retrying.parked)
            for record in records:
                metrics.PARKED.labels(self.reader, record.topic, record.fault.reason.value).inc()
        for topic in self.topics:
            metrics.READER_APPLIED.labels(self.reader, topic).inc(sum(event.topic == topic for event in live))
        if live:
            self._breaker.passed([event.key for event in live])
            try:
                await self._handler.committed(live)
            except TRANSIENT as error:
                # What is told here may be lost, a crash would skip it too; the events are behind us.
                logger().warning("committed, not told", reader=self.reader, error=type(error).__name__)

    def _in_transaction(
        self,
        live: Sequence[Event],
        prepared: Prepared | None,
        moves: Moves,
        records: Sequence[Record],
        behind: Sequence[Event],
    ) -> None:
        with self._database.transaction() as connection:
            positions.claim(connection, self.reader, moves.expected)
            parking.check_blocked(connection, self.reader, behind)
            if prepared is not None:
                self._handler.apply(connection, live, prepared)
            if records:
                parking.park(connection, records)  # after the handler: heads of copies come last in the order of locks
            positions.move(connection, self.reader, moves.places, moves.ids)

    async def _watch(self, consumer: AIOKafkaConsumer) -> None:
        """Keep the lag known, and end the reader when it gets nowhere. The ends are asked for, not taken from what
        was fetched: a client that is stuck (aiokafka after a broker's restart, at times) fetches nothing."""
        told_at = time.monotonic()
        while True:
            await asyncio.sleep(min(1.0, self._stuck_after_s / 4))
            now = time.monotonic()
            try:
                ends = await asyncio.wait_for(consumer.end_offsets(consumer.assignment()), self._stuck_after_s)
            except (KafkaError, TimeoutError):
                if now - told_at > self._stuck_after_s:
                    raise StuckError(self.reader) from None
                continue
            told_at = now
            if not self._assignment.is_behind(ends):
                self._moved_at = max(self._moved_at, now)
            elif now - self._moved_at > self._stuck_after_s:
                raise StuckError(self.reader)
