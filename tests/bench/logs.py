"""append_batched and relay: the sharded log against bare COPY, and its relay against a bare producer."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4, uuid5

import psycopg
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from padan_cli.platform import Platform
from padan_events import SHARDS, Event, shard_of
from padan_events.envelope import to_headers
from padan_runtime import log
from padan_runtime.database import Database, migrate
from padan_runtime.relay import Relay

from bench.measure import Measure, interleaved, say

TOPIC = "bench.events.v1"
"""A topic of its own: what a bench sends must never be read by a service of the same platform."""
VALUE = b'{"household_id":"' + b"x" * 560 + b'"}'
APPEND_EVENTS, APPEND_BATCH, APPEND_REPEATS = 40_000, 4_000, 5
RELAY_EVENTS, RELAY_REPEATS = 30_000, 3
_CHAIN = UUID("6f0d7c1e-58a1-5c3b-9a55-0f3c0a7b1a01")


def entries(count: int) -> list[log.Entry]:
    """Events of 600 bytes with their headers, each the first of its stream, spread over all shards."""
    made = []
    for _ in range(count):
        key = str(uuid4())
        made.append(
            log.Entry(
                topic=TOPIC,
                shard=shard_of(key),
                key=key,
                event_id=uuid5(_CHAIN, key),
                type="id.padan.household.proposed.v1",
                value=VALUE,
                actor="service:registry-ingest",
                correlation_id=_CHAIN,
                causation_id=_CHAIN,
                version=1,
            )
        )
    return made


@contextmanager
def database(platform: Platform) -> Iterator[Database]:
    """A database of the bench's own with one log."""
    name = f"household_bench_{uuid4().hex[:8]}"
    with psycopg.connect(platform.database_url("postgres", "padan"), autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}" OWNER household_owner'.encode())
        owner_url = platform.database_url(name, "household_owner")
        migrate(owner_url, ["padan_runtime"], grant_to="household")
        with psycopg.connect(owner_url, autocommit=True) as owner:
            owner.execute("SELECT create_log(%s, true)", [TOPIC])
            owner.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO household")
        opened = Database(platform.database_url(name, "household"), name="bench")
        opened.open()
        try:
            yield opened
        finally:
            opened.close()
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def append_batched(platform: Platform) -> list[Measure]:
    """Events a second appended in transactions of 4,000, against COPY of the same rows into the same table."""
    with database(platform) as opened:

        def empty() -> None:
            with opened.transaction() as connection:
                connection.execute(f"TRUNCATE {log.table_of(TOPIC)}".encode())
                connection.execute("UPDATE log_head SET pos = 0")

        def ours() -> float:
            empty()
            batch = entries(APPEND_EVENTS)
            begun = time.perf_counter()
            for start in range(0, APPEND_EVENTS, APPEND_BATCH):
                with opened.transaction() as connection:
                    log.append(connection, batch[start : start + APPEND_BATCH])
            return APPEND_EVENTS / (time.perf_counter() - begun)

        def bare_copy() -> float:
            empty()
            batch, next_pos, rows = entries(APPEND_EVENTS), [0] * SHARDS, []
            now = datetime.now(UTC)
            for e in batch:
                next_pos[e.shard] += 1
                rows.append(
                    (
                        e.shard, next_pos[e.shard], e.event_id, e.type, e.key, e.version, now, e.actor,
                        e.causation_id, e.correlation_id, e.value,
                    )
                )  # fmt: skip
            begun = time.perf_counter()
            for start in range(0, APPEND_EVENTS, APPEND_BATCH):
                with (
                    opened.transaction() as connection,
                    connection.cursor() as cursor,
                    cursor.copy(
                        f"COPY {log.table_of(TOPIC)} (shard, pos, event_id, type, key, version, time, actor, "
                        "causation_id, correlation_id, value) FROM STDIN (FORMAT BINARY)".encode()
                    ) as copy,
                ):
                    copy.set_types(
                        ["int2", "int8", "uuid", "text", "text", "int4", "timestamptz", "text", "uuid", "uuid",
                         "bytea"]
                    )  # fmt: skip
                    for row in rows[start : start + APPEND_BATCH]:
                        copy.write_row(row)
            return APPEND_EVENTS / (time.perf_counter() - begun)

        value, baseline = interleaved(ours, bare_copy, APPEND_REPEATS)
    return [Measure("append_batched", value, "events/s", baseline)]


async def _make_topic(kafka: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(TOPIC, SHARDS, 1)])
    await admin.close()


async def _bare_producer(kafka: str, batch: list[log.Entry]) -> float:
    events = [
        Event(
            topic=TOPIC,
            shard=e.shard,
            pos=n + 1,
            event_id=e.event_id,
            type=e.type,
            source="/padan/household",
            time=datetime.now(UTC),
            key=e.key,
            actor=e.actor,
            correlation_id=e.correlation_id,
            causation_id=e.causation_id,
            value=e.value,
        )
        for n, e in enumerate(batch)
    ]
    records = [(e.shard, e.key.encode(), e.value, to_headers(e)) for e in events]
    producer = AIOKafkaProducer(bootstrap_servers=kafka, enable_idempotence=True, acks="all", linger_ms=5)
    await producer.start()
    begun = time.perf_counter()
    sent = [await producer.send(TOPIC, v, k, partition=s, headers=h) for s, k, v, h in records]
    await asyncio.gather(*sent)
    rate = len(records) / (time.perf_counter() - begun)
    await producer.stop()
    return rate


async def _relay(opened: Database, kafka: str, count: int) -> float:
    relay, stop = Relay(opened.url, kafka, [TOPIC], source="/padan/household"), asyncio.Event()

    def sent() -> int:
        with opened.transaction() as connection:
            row = connection.execute("SELECT sum(pos) FROM relay_cursor").fetchone()
        assert row is not None
        return int(row[0])

    already = sent()
    with opened.transaction() as connection:
        batch = entries(count)
        log.append(connection, batch)
    begun = time.perf_counter()
    running = asyncio.create_task(relay.run(stop))
    while await asyncio.to_thread(sent) < already + count:
        await asyncio.sleep(0.01)
    rate = count / (time.perf_counter() - begun)
    stop.set()
    await running
    return rate


def relay(platform: Platform) -> list[Measure]:
    """Events a second from log to acknowledgement and saved cursor, start of the relay included, against a bare
    aiokafka producer that sends the same records one by one (idempotent, acks of all)."""
    asyncio.run(_make_topic(platform.kafka))
    with database(platform) as opened:
        value, baseline = interleaved(
            lambda: asyncio.run(_relay(opened, platform.kafka, RELAY_EVENTS)),
            lambda: asyncio.run(_bare_producer(platform.kafka, entries(RELAY_EVENTS))),
            RELAY_REPEATS,
        )
    say(f"relay {value:,.0f}/s, bare producer {baseline:,.0f}/s")
    return [Measure("relay", value, "events/s", baseline)]
