"""Where a rebuild reads: topics from their first record, or a log of the service's own database.

Both give each event once, in the order of its shard, and never one beyond the places asked for.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from padan_events import SHARDS, EnvelopeError, Event, Topic
from padan_events.envelope import from_record
from padan_events.kafka_client import Kafka, client_of
from psycopg import Connection

from padan_runtime import log
from padan_runtime.positions import Shard
from padan_runtime.rebuild.view import Vector
from padan_runtime.unreadable import fetch_outside_a_group

_PATIENCE_S: Final = 30.0
_MOST_BUFFERED: Final = 4_000


class RecordsMissingError(RuntimeError):
    """Kafka does not hold what the live reader has applied; the message names topic, shard and position."""


class Source(Protocol):
    """Gives events in order."""

    def up_to(self, vector: Vector, most: int) -> AsyncIterator[list[Event]]:
        """Batches of at most `most` events, until every place of `vector` is reached."""
        ...


class TopicSource:
    """Reads topics from Kafka, outside of any group. Use as an async context manager."""

    def __init__(self, kafka: Kafka, topics: Sequence[Topic]) -> None:
        self._partitions = [TopicPartition(topic.name, shard) for topic in topics for shard in range(SHARDS)]
        self._consumer = AIOKafkaConsumer(
            **client_of(kafka).options(),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=1 << 20,
            fetch_max_bytes=24 << 20,
            request_timeout_ms=15_000,
        )
        self._read: dict[Shard, int] = {}
        self._waiting: dict[Shard, deque[Event]] = {(p.topic, p.partition): deque() for p in self._partitions}

    async def __aenter__(self) -> "TopicSource":
        await self._consumer.start()
        self._consumer.assign(self._partitions)
        # Expired topics begin above 1: the first record kept is where their shard begins.
        for partition, offset in (await self._consumer.beginning_offsets(self._partitions)).items():
            self._read[partition.topic, partition.partition] = 0 if offset == 0 else -1
            self._consumer.seek(partition, offset)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def up_to(self, vector: Vector, most: int) -> AsyncIterator[list[Event]]:
        """See `Source`. Raises `RecordsMissingError` where a position does not come within 30 s."""
        moved_at = time.monotonic()
        while True:
            events = self._ready(vector, most)
            if events:
                moved_at = time.monotonic()
                yield events
                continue
            behind = [
                (topic, shard)
                for (topic, shard), read in self._read.items()
                if read < vector.get(topic, {}).get(shard, 0)
            ]
            if not behind:
                return
            if time.monotonic() - moved_at > _PATIENCE_S:
                topic, shard = behind[0]
                raise RecordsMissingError(f"{topic}/{shard}: nothing follows position {self._read[topic, shard]}")
            records = await fetch_outside_a_group(self._consumer, 2 * most)
            if any(records.values()):
                moved_at = time.monotonic()
            self._sort_in(records)

    def _ready(self, vector: Vector, most: int) -> list[Event]:
        events: list[Event] = []
        for shard, waiting in self._waiting.items():
            limit = vector.get(shard[0], {}).get(shard[1], 0)
            while waiting and waiting[0].pos <= limit and len(events) < most:
                events.append(waiting.popleft())
            partition = TopicPartition(*shard)
            if len(waiting) < _MOST_BUFFERED and partition in self._consumer.paused():
                self._consumer.resume(partition)
        return events

    def _sort_in(self, records: Mapping[TopicPartition, Sequence[Any]]) -> None:
        for partition, run in records.items():
            shard = (partition.topic, partition.partition)
            waiting = self._waiting[shard]
            for record in run:
                try:
                    event = from_record(*shard, record.key, record.value, record.headers)
                except EnvelopeError:
                    continue  # no fact: live readers set it aside, too
                # A repeat is dropped, what stands behind a hole comes once more: as live readers do it.
                if event.pos == self._read[shard] + 1 or self._read[shard] < 0:
                    self._read[shard] = event.pos
                    waiting.append(event)
            if len(waiting) >= _MOST_BUFFERED:
                self._consumer.pause(partition)


class LogSource:
    """Reads logs of the service's own database."""

    def __init__(self, connection: Connection[Any], topics: Sequence[Topic]) -> None:
        self._connection, self._topics = connection, topics
        self._read = {topic.name: dict.fromkeys(range(SHARDS), 0) for topic in topics}

    async def up_to(self, vector: Vector, most: int) -> AsyncIterator[list[Event]]:
        """See `Source`."""
        for topic in self._topics:
            read, places = self._read[topic.name], vector[topic.name]
            while behind := {shard: pos for shard, pos in read.items() if pos < places.get(shard, 0)}:
                events = await asyncio.to_thread(self._after, topic.name, behind, max(1, most // len(behind)))
                events = [event for event in events if event.pos <= places[event.shard]]
                for event in events:
                    read[event.shard] = event.pos
                yield events

    def _after(self, topic: str, after: dict[int, int], most: int) -> list[Event]:
        with self._connection.transaction():
            return log.read_after(self._connection, topic, "", after, most)
