"""Decisions and places as an integrator sees them: read from Kafka, without a name anywhere."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Final
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition
from padan_events import SHARDS, Event, decode
from padan_events.eligibility import Decided
from padan_events.envelope import from_record
from padan_events.kafka_client import KafkaClient
from padan_events.places import AllocationRoundClosed, PlaceFact
from padan_events.topics import ELIGIBILITY_EVENTS

_DECIDED: Final = "id.padan.eligibility.decided.v1"
LedgerFact = PlaceFact | AllocationRoundClosed
Outcomes = dict[str, Counter[str]]


async def _read(kafka: KafkaClient, take: Callable[[Event], None]) -> None:
    """Everything on the topic up to its end."""
    consumer = AIOKafkaConsumer(**kafka.options(), auto_offset_reset="earliest", fetch_max_bytes=16 << 20)
    await consumer.start()
    try:
        topic = ELIGIBILITY_EVENTS.name
        partitions = [TopicPartition(topic, shard) for shard in range(SHARDS)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        await consumer.seek_to_beginning()
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for partition, records in (await consumer.getmany(timeout_ms=500)).items():
                for record in records:
                    take(from_record(topic, partition.partition, record.key, record.value, record.headers))
    finally:
        await consumer.stop()


def read_decisions(kafka: KafkaClient) -> dict[tuple[str, str], str]:
    """By household and programme, the outcome of the last decision on the topic."""
    last: dict[tuple[str, str], str] = {}

    def take(event: Event) -> None:
        decision = decode(event.type, event.value)
        if isinstance(decision, Decided):
            last[event.key, decision.programme] = decision.outcome.value

    asyncio.run(_read(kafka, take))
    return last


def read_places(kafka: KafkaClient, programme: str, regency: str) -> list[tuple[UUID, LedgerFact]]:
    """What happened in a ledger, in its order: event and what it says."""
    found: list[tuple[UUID, LedgerFact]] = []

    def take(event: Event) -> None:
        if event.type == _DECIDED:
            return  # nearly all of the topic
        fact = decode(event.type, event.value)
        if isinstance(fact, LedgerFact) and (fact.programme, fact.regency) == (
            programme,
            regency,
        ):
            found.append((event.event_id, fact))

    asyncio.run(_read(kafka, take))
    return sorted(found, key=lambda one: one[1].ledger_seq)


def by_programme(decisions: dict[tuple[str, str], str]) -> Outcomes:
    """How many households each programme decided which way."""
    counts: Outcomes = {}
    for (_, programme), outcome in decisions.items():
        counts.setdefault(programme, Counter())[outcome] += 1
    return counts
