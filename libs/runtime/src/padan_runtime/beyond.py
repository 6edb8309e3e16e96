"""What Kafka holds of a log beyond its heads: after a restore, or a failover to a standby that was behind, readers know
events that the log has forgotten. Their positions must not be given out a second time."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from padan_events import SHARDS, EnvelopeError, Event
from padan_events.envelope import from_record
from padan_events.kafka_client import Kafka, client_of

from padan_runtime.positions import Shard
from padan_runtime.unreadable import fetch_outside_a_group

WINDOW: Final = 1_000
"""Records read from the end of each partition at a time. The relay sends at most 1,000 records of a shard before it
saves how far it came: whatever stands before a record of position p has at most position p + 999."""


class Tail(msgspec.Struct):
    """The end of one shard on Kafka as the log with this `head` sees it: the events beyond the head by position, as
    they came first, and the last event that the log should have, too; and the lowest and highest position read."""

    head: int
    beyond: dict[int, Event] = msgspec.field(default_factory=dict)
    common: Event | None = None
    lowest: int | None = None
    highest: int = 0

    @property
    def whole(self) -> bool:
        """Whether no later position can stand further in front, and Kafka is not ahead or everything from the head on
        was read. A relay that failed again and again leaves repeats: a thousand records may be few positions."""
        if self.lowest is None or self.highest - self.lowest < WINDOW - 1:
            return False
        return not self.beyond or (self.common is not None and self.common.pos == self.head)


async def read_tails(kafka: Kafka, topics: Sequence[str], heads: Callable[[], dict[Shard, int]]) -> dict[Shard, Tail]:
    """By shard, the end of its partition: where Kafka is ahead, everything from the head on.

    `heads` is asked, in a thread, after Kafka's ends were, so that a log that is being written never looks behind.
    Raises aiokafka's errors, and what `heads` raises.
    """
    consumer = AIOKafkaConsumer(
        **client_of(kafka).options(), enable_auto_commit=False, auto_offset_reset="earliest", request_timeout_ms=15_000
    )
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, shard) for topic in topics for shard in range(SHARDS)]
        consumer.assign(partitions)
        begins = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        starts = {partition: max(begins[partition], ends[partition] - WINDOW) for partition in partitions}
        known = await asyncio.to_thread(heads)
        tails = {partition: Tail(known[partition.topic, partition.partition]) for partition in partitions}
        await _read(consumer, tails, starts, ends)
        while deeper := {
            partition: max(begins[partition], starts[partition] - WINDOW)
            for partition, tail in tails.items()
            if starts[partition] > begins[partition] and not tail.whole
        }:
            await _read(consumer, tails, deeper, {partition: starts[partition] for partition in deeper})
            starts |= deeper
    finally:
        await consumer.stop()
    return {(partition.topic, partition.partition): tail for partition, tail in tails.items()}


async def _read(
    consumer: AIOKafkaConsumer,
    tails: dict[TopicPartition, Tail],
    starts: dict[TopicPartition, int],
    ends: dict[TopicPartition, int],
) -> None:
    waiting = {partition for partition in starts if starts[partition] < ends[partition]}
    consumer.pause(*consumer.assignment())
    for partition in waiting:
        consumer.seek(partition, starts[partition])
    consumer.resume(*waiting)
    while waiting:
        for partition, run in (await fetch_outside_a_group(consumer, WINDOW)).items():
            for record in run:
                if record.offset < ends[partition]:
                    _take(tails[partition], partition, record)
        for partition in list(waiting):
            if await consumer.position(partition) >= ends[partition]:
                waiting.discard(partition)
                consumer.pause(partition)


def _take(tail: Tail, partition: TopicPartition, record: Any) -> None:
    try:
        event = from_record(partition.topic, partition.partition, record.key, record.value, record.headers)
    except EnvelopeError:
        return  # no event of ours
    tail.lowest = event.pos if tail.lowest is None else min(tail.lowest, event.pos)
    tail.highest = max(tail.highest, event.pos)
    if event.pos > tail.head:
        tail.beyond.setdefault(event.pos, event)  # repeats have the same content
    elif tail.common is None or event.pos > tail.common.pos:
        tail.common = event
