"""The projector: reads topics into a database, each event once and in the order of its shard.

The place in each shard and everything the events lead to are committed in one transaction, whose first statement
checks the places. So a crash anywhere repeats nothing and loses nothing, and a second reader of the same name (one
that slept through its session, say) fails at the check. Kafka's committed offsets only inform lag tools.
"""

import asyncio
import contextlib
import time
from collections.abc import Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

import psycopg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from padan_events import Event, Topic
from padan_events.kafka_client import Kafka, client_of
from psycopg import Connection
from psycopg_pool import PoolTimeout

from padan_runtime import metrics, positions
from padan_runtime.assignment import Assignment, Moves, Taken, cluster_id_of
from padan_runtime.database import Database
from padan_runtime.logs import logger
from padan_runtime.positions import MovedOnError, Shard
from padan_runtime.problems import Unavailable

Prepared = TypeVar("Prepared")

_COMMIT_EVERY_S = 5.0
TRANSIENT = (psycopg.OperationalError, PoolTimeout, Unavailable, TimeoutError)
"""A server is away, or two transactions met: the same batch may go through later."""


class StuckError(RuntimeError):
    """There is lag and nothing moved for too long: the process ends, and a new one connects afresh."""


class Handler(Protocol[Prepared]):
    """What a reader does with events."""

    async def prepare(self, events: Sequence[Event], /) -> Prepared:
        """Fetch from other servers what `apply` will need. May run more than once. Raises `Unavailable`."""
        ...

    def apply(self, connection: Connection[Any], events: Sequence[Event], prepared: Prepared, /) -> None:
        """Write what the events lead to, inside the transaction that moves the places. Runs in a thread."""
        ...

    async def committed(self, events: Sequence[Event], /) -> None:
        """Told after the commit; a crash may skip it."""
        ...


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
        self._moved_at = self._committed_at = time.monotonic()
        self.consumer: AIOKafkaConsumer | None = None

    @property
    def stopped(self) -> dict[Shard, str]:
        """Shards that were stopped, and why (`hole`, `reused`, `envelope`, `handler`)."""
        return self._assignment.stopped

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
        try:
            while not stop.is_set() and not watch.done():
                await self._poll(consumer, stop)
            if watch.done():
                await watch
        finally:
            watch.cancel()
            with contextlib.suppress(KafkaError, TimeoutError):
                await asyncio.wait_for(consumer.stop(), 10)

    async def _poll(self, consumer: AIOKafkaConsumer, stop: asyncio.Event) -> None:
        records = await consumer.getmany(timeout_ms=200, max_records=self._batch)
        if self._assignment.failure is not None:
            raise self._assignment.failure
        taken = self._assignment.take(consumer, records)
        self._assignment.expire_holes(consumer)
        if not taken.events and not taken.passed:
            return
        if not await self._apply_when_possible(consumer, taken, stop):
            return
        self._moved_at = time.monotonic()
        if self._moved_at - self._committed_at > _COMMIT_EVERY_S:
            self._committed_at = self._moved_at
            with contextlib.suppress(KafkaError):
                await consumer.commit(self._assignment.offsets())

    async def _apply_when_possible(self, consumer: AIOKafkaConsumer, taken: Taken, stop: asyncio.Event) -> bool:
        """Apply what was taken, waiting for servers that are away; False where it was left to be read again."""
        attempt = 0
        while not stop.is_set():
            try:
                with metrics.READER_BATCH_SECONDS.labels(self.reader).time():
                    await self._apply(taken, taken.events, with_passed=True)
            except MovedOnError:
                metrics.READER_RETRIES.labels(self.reader).inc()
                logger().warning("another reader moved on: seeking again", reader=self.reader)
                await self._assignment.seek(consumer)
                return False
            except TRANSIENT as error:
                # A server is away: the batch waits. The member of the group stays alive through its heartbeat.
                attempt += 1
                self._moved_at = time.monotonic()  # it waits, it is not stuck
                metrics.READER_RETRIES.labels(self.reader).inc()
                logger().warning("batch waits", reader=self.reader, attempt=attempt, error=type(error).__name__)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), min(0.2 * 2**attempt, 5.0))
            except Exception as error:  # whatever a handler raises stops a shard, never the others
                logger().error("a handler failed", reader=self.reader, exc_info=error)
                await self._isolate(consumer, taken)
                return True
            else:
                return True
        return False

    async def _apply(self, taken: Taken, events: Sequence[Event], *, with_passed: bool) -> None:
        moves = self._assignment.moves(taken, events, with_passed=with_passed)
        prepared = await self._handler.prepare(events) if events else None
        await asyncio.to_thread(self._in_transaction, events, prepared, moves)
        self._assignment.moved(taken, moves)
        for topic in self.topics:
            metrics.READER_APPLIED.labels(self.reader, topic).inc(sum(event.topic == topic for event in events))
        if events:
            try:
                await self._handler.committed(events)
            except TRANSIENT as error:
                # What is told here may be lost, a crash would skip it too; the events are behind us.
                logger().warning("committed, not told", reader=self.reader, error=type(error).__name__)

    def _in_transaction(self, events: Sequence[Event], prepared: Prepared | None, moves: Moves) -> None:
        with self._database.transaction() as connection:
            positions.claim(connection, self.reader, moves.expected)
            if prepared is not None:
                self._handler.apply(connection, events, prepared)
            positions.move(connection, self.reader, moves.places, moves.ids)

    async def _isolate(self, consumer: AIOKafkaConsumer, taken: Taken) -> None:
        """Apply each shard by itself, and event by event where it fails, so that only the shard at fault stops."""
        await self._assignment.seek(consumer)
        taken.generation = self._assignment.generation
        runs: dict[Shard, list[Event]] = {}
        for event in taken.events:
            runs.setdefault((event.topic, event.shard), []).append(event)
        try:
            for shard, run in runs.items():
                if shard in self._assignment.sequences and not await self._try(taken, run):
                    for event in run:
                        if not await self._try(taken, [event]):
                            self._assignment.stop_shard(consumer, shard, "handler", pos=event.pos)
                            break
        except (MovedOnError, *TRANSIENT):
            logger().warning("isolation begins again", reader=self.reader)
        await self._assignment.seek(consumer)

    async def _try(self, taken: Taken, events: Sequence[Event]) -> bool:
        try:
            await self._apply(taken, events, with_passed=False)
        except (MovedOnError, *TRANSIENT):
            raise
        except Exception as error:
            logger().error("a handler failed", reader=self.reader, exc_info=error)
            return False
        return True

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
            if not self._is_behind(ends):
                self._moved_at = max(self._moved_at, now)
            elif now - self._moved_at > self._stuck_after_s:
                raise StuckError(self.reader)

    def _is_behind(self, ends: Mapping[TopicPartition, int]) -> bool:
        """Whether a shard that should move has something to read; sets the lag by topic."""
        lag, behind = dict.fromkeys(self.topics, 0), False
        for partition, end in ends.items():
            shard = (partition.topic, partition.partition)
            sequence, offset = self._assignment.sequences.get(shard), self._assignment.next_offset(shard)
            if sequence is None or offset is None:
                behind = True  # given to us, and we have no place in it: a moment is a rebalance, a minute is not
                continue
            lag[partition.topic] += max(0, end - offset)
            behind |= end > offset and sequence.stopped is None and sequence.hole_since is None
        for topic, count in lag.items():
            metrics.READER_LAG.labels(self.reader, topic).set(count)
        return behind
