"""Fetching, past records that the Kafka client itself cannot read.

aiokafka raises where the name of a header is not UTF-8, for the whole poll, and again at every poll to come: one record
of a stranger would end every reader of the topic for good. So it is found, and stands in what is returned as a record
of which nothing but the offset is known: no event, to be parked as any other.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import IllegalStateError

_POLL_MS: Final = 200
_WAIT_MS: Final = 1_000


class Unreadable(msgspec.Struct, frozen=True):
    """A record of which only the offset is known."""

    offset: int
    key: None = None
    value: None = None
    headers: tuple[()] = ()


async def fetch(
    consumer: AIOKafkaConsumer, most: int, back: Callable[[], Awaitable[None]]
) -> Mapping[TopicPartition, Sequence[Any]]:
    """The records of a poll by partition, in order; at most about `most`. `back` seeks all partitions to where the
    poll began: what it had from others goes down with one that cannot be read."""
    try:
        records: Mapping[TopicPartition, Sequence[Any]] = await consumer.getmany(timeout_ms=_POLL_MS, max_records=most)
    except UnicodeDecodeError:
        await back()
        return await _one_by_one(consumer, consumer.assignment() - consumer.paused(), most)
    return records


async def fetch_past(
    consumer: AIOKafkaConsumer, starts: Mapping[TopicPartition, int], most: int | None
) -> Mapping[TopicPartition, Sequence[Any]]:
    """For whoever polls by other means than `fetch` and met a record that cannot be read: what a poll would have given
    that began at `starts`."""
    try:
        for partition, start in starts.items():
            consumer.seek(partition, start)
    except IllegalStateError:
        return {}
    return await _one_by_one(consumer, starts, most)


async def fetch_outside_a_group(consumer: AIOKafkaConsumer, most: int) -> Mapping[TopicPartition, Sequence[Any]]:
    """`fetch` for a consumer whose partitions were assigned, and sought, by hand; those that are paused stay where
    they are."""
    starts = {partition: await consumer.position(partition) for partition in consumer.assignment() - consumer.paused()}

    async def back() -> None:
        for partition, start in starts.items():
            consumer.seek(partition, start)

    return await fetch(consumer, most, back)


async def _one_by_one(
    consumer: AIOKafkaConsumer, partitions: Iterable[TopicPartition], most: int | None
) -> dict[TopicPartition, Sequence[Any]]:
    found: dict[TopicPartition, Sequence[Any]] = {}
    ends = await consumer.end_offsets(partitions)
    try:
        for partition, end in sorted(ends.items()):
            start = await consumer.position(partition)
            if start < end:
                found[partition] = await _of_partition(consumer, partition, start, most)
    except IllegalStateError:  # the group gave the shards out anew: everything is read again by whoever has them
        return {}
    return found


async def _of_partition(
    consumer: AIOKafkaConsumer, partition: TopicPartition, start: int, most: int | None
) -> list[Any]:
    try:
        polled = await consumer.getmany(partition, timeout_ms=_WAIT_MS, max_records=most)
        return list(polled.get(partition, ()))
    except UnicodeDecodeError:
        consumer.seek(partition, start)
    records: list[Any] = []
    while True:
        try:
            polled = await consumer.getmany(partition, timeout_ms=_WAIT_MS, max_records=1)
        except UnicodeDecodeError:
            offset = await consumer.position(partition)
            consumer.seek(partition, offset + 1)
            return [*records, Unreadable(offset)]
        if not polled:
            return records
        records += polled[partition]
