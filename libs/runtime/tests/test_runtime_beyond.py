"""What Kafka holds beyond a log's heads is found, whatever a relay that failed left behind it."""

import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID, uuid5

import pytest
from aiokafka import AIOKafkaProducer
from padan_events import SHARDS, Event
from padan_events.envelope import to_headers
from padan_events.topics import OUTCOMES
from padan_runtime.beyond import WINDOW, read_tails
from padan_runtime.positions import Shard

TOPIC, SHARD = OUTCOMES.name, 3
KEY = UUID("0b8f1c52-6a0e-5d0f-9f0e-7f4f5d1f2a10")


def event(pos: int) -> Event:
    return Event(
        topic=TOPIC,
        shard=SHARD,
        pos=pos,
        event_id=uuid5(KEY, str(pos)),
        type="id.padan.intake.refused.v1",
        source="/padan/household",
        time=datetime(2026, 1, 15, tzinfo=UTC),
        key=str(KEY),
        actor="service:household",
        correlation_id=KEY,
        value=b"{}",
    )


async def send_all(kafka: str, positions: Iterable[int]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True)
    await producer.start()
    for sent in map(event, positions):
        await producer.send(TOPIC, sent.value, sent.key.encode(), partition=SHARD, headers=to_headers(sent))
    await producer.stop()


@pytest.mark.parametrize("head", [WINDOW + 300, WINDOW + 500, 2 * WINDOW])
async def test_repeats_at_the_end_hide_no_position(fresh_topics: str, head: int) -> None:
    """A relay sent 1,000 records and failed before it saved how far it came; twice it came half as far again."""
    again = range(WINDOW + 1, WINDOW + 501)
    await send_all(fresh_topics, [*range(1, 2 * WINDOW + 1), *again, *again])

    def heads() -> dict[Shard, int]:
        assert threading.current_thread() is not threading.main_thread(), "a database that is slow holds up nobody"
        return {(TOPIC, shard): head if shard == SHARD else 0 for shard in range(SHARDS)}

    tail = (await read_tails(fresh_topics, [TOPIC], heads))[TOPIC, SHARD]
    assert sorted(tail.beyond) == list(range(head + 1, 2 * WINDOW + 1))
    assert tail.common is not None
    assert tail.common.pos == head
