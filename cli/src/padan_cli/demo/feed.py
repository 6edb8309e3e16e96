"""The decisions as an integrator sees them: read from Kafka, without a name anywhere."""

import asyncio
from collections import Counter

from aiokafka import AIOKafkaConsumer, TopicPartition
from padan_events import SHARDS, decode
from padan_events.eligibility import Decided
from padan_events.envelope import from_record
from padan_events.kafka_client import KafkaClient
from padan_events.topics import ELIGIBILITY_EVENTS

Outcomes = dict[str, Counter[str]]


async def _last_decisions(kafka: KafkaClient) -> dict[tuple[str, str], str]:
    consumer = AIOKafkaConsumer(**kafka.options(), auto_offset_reset="earliest", fetch_max_bytes=16 << 20)
    await consumer.start()
    try:
        topic = ELIGIBILITY_EVENTS.name
        partitions = [TopicPartition(topic, shard) for shard in range(SHARDS)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        await consumer.seek_to_beginning()
        last: dict[tuple[str, str], str] = {}
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for partition, records in (await consumer.getmany(timeout_ms=500)).items():
                for record in records:
                    event = from_record(topic, partition.partition, record.key, record.value, record.headers)
                    decision = decode(event.type, event.value)
                    if isinstance(decision, Decided):
                        last[event.key, decision.programme] = decision.outcome.value
        return last
    finally:
        await consumer.stop()


def read_decisions(kafka: KafkaClient) -> dict[tuple[str, str], str]:
    """By household and programme, the outcome of the last decision on the topic."""
    return asyncio.run(_last_decisions(kafka))


def by_programme(decisions: dict[tuple[str, str], str]) -> Outcomes:
    """How many households each programme decided which way."""
    counts: Outcomes = {}
    for (_, programme), outcome in decisions.items():
        counts.setdefault(programme, Counter())[outcome] += 1
    return counts
