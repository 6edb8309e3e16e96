"""Records that no reader can handle: a stranger's bytes on a topic, and events of a type that only tomorrow knows."""

import asyncio
import time
from random import Random
from uuid import UUID, uuid5

import psycopg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from oracle import DATABASE_OF, READERS
from padan_cli.platform import Platform
from padan_events import SHARDS, shard_of
from padan_runtime import log
from padan_runtime.log import Entry

NAMESPACE = UUID("0f4a86f2-7d0c-5c0d-9a06-3d0b1e6f2c10")
UNKNOWN_TYPE = "id.padan.household.of_tomorrow.v1"
TOPICS = tuple(sorted({topic for _, topics in READERS.values() for topic in topics}))
DETAILS = ("bytes", "headers", "null header", "unknown type")
_WITHIN_S = 90.0


def plant(platform: Platform, topic: str, detail: str, random: Random) -> bool:
    """Put poison on a topic, trying again while its server is away; False where it was away for too long."""
    deadline = time.monotonic() + _WITHIN_S
    while time.monotonic() < deadline:
        try:
            if detail == "unknown type":
                _append(platform, topic, uuid5(NAMESPACE, f"{random.getrandbits(64)}"))
            else:
                asyncio.run(_send(platform, topic, detail, random))
        except (KafkaError, psycopg.Error, OSError, TimeoutError):
            time.sleep(0.5)
        else:
            return True
    return False


async def _send(platform: Platform, topic: str, detail: str, random: Random) -> None:
    """What somebody writes who has no right to: an envelope that is none."""
    headers: list[tuple[str, bytes | None]] = []
    if detail == "null header":
        headers = [("ce_specversion", b"1.0"), ("ce_shard", b"0"), ("ce_pos", None)]
    elif detail == "headers":
        headers = [("ce_specversion", b"1.0"), ("ce_id", b"\xff\xfe"), ("ce_pos", b"first"), ("ce_shard", b"-1")]
    options = platform.instance.kafka_client().options()
    producer = AIOKafkaProducer(**options, enable_idempotence=True, acks="all", request_timeout_ms=10_000)
    await asyncio.wait_for(producer.start(), 15)
    try:
        for _ in range(random.randrange(1, 4)):
            value, key = random.randbytes(random.randrange(1, 2_000)), random.randbytes(16)
            partition = random.randrange(SHARDS)
            await asyncio.wait_for(producer.send_and_wait(topic, value, key, partition, headers=headers), 20)
    finally:
        await asyncio.wait_for(producer.stop(), 10)


def _append(platform: Platform, topic: str, key: UUID) -> None:
    """What a newer version of the topic's owner writes: two events of one household, in order, well formed."""
    url = platform.database_url(DATABASE_OF[topic], "padan")
    entries = [
        Entry(
            topic=topic,
            shard=shard_of(str(key)),
            key=str(key),
            event_id=uuid5(key, f"{version}"),
            type=UNKNOWN_TYPE,
            value=b'{"of":"tomorrow"}',
            actor="service:of-tomorrow",
            correlation_id=key,
            version=version,
        )
        for version in (1, 2)
    ]
    with psycopg.connect(url, connect_timeout=5) as connection:
        log.append(connection, entries)
