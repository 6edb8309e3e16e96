"""What the tests of relay and projector share: topics of their own, and a bare producer and consumer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4, uuid5

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from padan_events import SHARDS, Event, Topic
from padan_events.create_topics import known_controller
from padan_events.envelope import from_record, to_headers

CHAIN = UUID("6f0d7c1e-58a1-5c3b-9a55-0f3c0a7b1a01")


async def make_topic(kafka: str, *, retention_ms: int = -1, name: str | None = None) -> Topic:
    """A topic nobody else uses."""
    topic = Topic(name or f"test.{uuid4().hex[:12]}.v1", "test", "key", retention_ms)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await known_controller(admin)  # a test before may have stopped the broker
    await admin.create_topics(
        [NewTopic(topic.name, SHARDS, 1, topic_configs={"retention.ms": str(retention_ms)})], timeout_ms=10_000
    )
    await admin.close()
    return topic


def an_event(
    topic: Topic, shard: int, pos: int, *, told: str = "first", value: bytes = b"{}", key: str | None = None
) -> Event:
    return Event(
        topic=topic.name,
        shard=shard,
        pos=pos,
        event_id=uuid5(CHAIN, f"{shard} {pos} {told}"),
        type="id.padan.test.happened.v1",
        source="/padan/test",
        time=datetime.now(UTC),
        key=key or f"k{shard}",
        actor="service:test",
        correlation_id=CHAIN,
        value=value,
    )


async def send(kafka: str, events: Sequence[Event], *, without: str | None = None) -> None:
    """Produce events exactly as given, in order, whatever their positions."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all")
    await producer.start()
    for event in events:
        headers = [(name, value) for name, value in to_headers(event) if name != without]
        await producer.send_and_wait(
            event.topic, event.value, event.key.encode(), partition=event.shard, headers=headers
        )
    await producer.stop()


async def send_with(kafka: str, event: Event, headers: Mapping[str, bytes | None]) -> None:
    """Produce an event under headers of somebody's own; Kafka allows one without value."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all")
    await producer.start()
    await producer.send_and_wait(
        event.topic, event.value, event.key.encode(), partition=event.shard, headers=list(headers.items())
    )
    await producer.stop()


async def read_all(kafka: str, topic: str) -> list[Event]:
    """Everything that stands on a topic now, by shard and offset."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest")
    await consumer.start()
    partitions = [TopicPartition(topic, shard) for shard in range(SHARDS)]
    consumer.assign(partitions)
    events: list[Event] = []
    ends = await consumer.end_offsets(partitions)
    await consumer.seek_to_beginning()
    while any([await consumer.position(p) < end for p, end in ends.items()]):
        for partition, records in (await consumer.getmany(timeout_ms=500)).items():
            events += [from_record(topic, partition.partition, r.key, r.value, r.headers) for r in records]
    await consumer.stop()
    return sorted(events, key=lambda event: event.shard)


async def until(condition: Callable[[], Awaitable[bool] | bool], within_s: float = 40.0) -> None:
    """Wait for a condition; fail when it does not come true in time."""
    async with asyncio.timeout(within_s):
        while True:
            came = condition()
            if came if isinstance(came, bool) else await came:
                return
            await asyncio.sleep(0.02)


@asynccontextmanager
async def running(run: Callable[[asyncio.Event], Awaitable[None]]) -> AsyncIterator[asyncio.Task[None]]:
    """Run something in the background and stop it in order at the end; its failure is the test's."""
    stop = asyncio.Event()

    async def guarded() -> None:
        await run(stop)

    task = asyncio.create_task(guarded())
    try:
        yield task
    finally:
        stop.set()
        await task
