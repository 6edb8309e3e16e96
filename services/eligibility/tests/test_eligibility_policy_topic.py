"""Policies on their topic, by the service on real servers: published once, guarded, and what is none is parked."""

from datetime import date
from uuid import UUID, uuid5

import msgspec
import psycopg
from aiokafka import AIOKafkaProducer
from eligibility_worker import Worker
from kafka_peer import an_event, read_all, until
from padan_eligibility.policies import packaged
from padan_events import encode, shard_of, type_of
from padan_events.eligibility import PolicyPublished
from padan_events.envelope import to_headers
from padan_events.topics import PROGRAMME_EVENTS
from padan_runtime.log import Entry, append
from padan_runtime.parking import operators


async def test_what_is_no_policy_on_the_programme_topic_is_parked_and_the_worker_goes_on(worker: Worker) -> None:
    kafka = worker.environment["PADAN_KAFKA"]
    worker.start()
    await worker.ready()
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all")
    await producer.start()
    try:
        for key, value in ((b"pkh", b"\x00 not JSON"), (None, b"{}"), (b"pkh", None)):
            await producer.send_and_wait(PROGRAMME_EVENTS.name, value, key, partition=3)
        published = an_event(PROGRAMME_EVENTS, 3, 1, value=b"{", key="pkh")
        unreadable = msgspec.structs.replace(published, type=type_of(PolicyPublished).name)
        await producer.send_and_wait(PROGRAMME_EVENTS.name, b"{", b"pkh", partition=3, headers=to_headers(unreadable))
    finally:
        await producer.stop()

    async def all_parked() -> bool:
        return bool((await worker.progress())["parked"]["eligibility.policies"] == 4)

    await until(all_parked)
    with psycopg.connect(worker.environment["PADAN_DATABASE_URL"]) as connection:
        listed = operators.listing(connection, reader="eligibility.policies")
        assert sorted(row.reason for row in listed) == ["not_an_event"] * 3 + ["undecodable"]
        for row in listed:
            assert operators.ask_drop(connection, row.parked_id, actor="rina", reason="written by a stranger")

    async def none_parked() -> bool:
        return bool((await worker.progress())["parked"]["eligibility.policies"] == 0)

    await until(none_parked)
    assert (await worker.page("/readyz")).status_code == 200
    assert await worker.stop() == 0


async def test_policies_are_published_and_one_that_was_altered_stops_the_start(
    worker: Worker,
) -> None:
    kafka = worker.environment["PADAN_KAFKA"]
    worker.start()
    await worker.ready()

    async def published() -> bool:
        return len(await read_all(kafka, PROGRAMME_EVENTS.name)) >= len(packaged())

    await until(published)
    assert await worker.stop() == 0
    events = await read_all(kafka, PROGRAMME_EVENTS.name)
    assert sorted(event.key for event in events) == [policy.programme for policy in packaged()]
    assert {event.shard for event in events} == {shard_of(policy.programme) for policy in packaged()}

    with psycopg.connect(worker.environment["PADAN_DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute(
            "UPDATE log_programme_events_v1 SET value = convert_to(replace(convert_from(value, 'UTF8'), "
            """'"digest":"', '"digest":"0'), 'UTF8') WHERE key = 'pkh'"""
        )
    worker.start()
    assert await worker.ended() == 78
    assert "policy pkh 2025.1 was changed" in worker.output


async def test_a_policy_this_version_cannot_read_ends_the_worker(worker: Worker) -> None:
    worker.start()
    await worker.ready()
    event_id = uuid5(UUID(int=0), "rice")
    data = PolicyPublished(
        programme="rice",
        version="2030.1",
        effective_from=date(2030, 1, 1),
        document=msgspec.Raw(b'{"programme":"rice","of":"tomorrow"}'),
        source="a later version",
        digest="0" * 64,
        published_by="service:eligibility",
    )
    with psycopg.connect(worker.environment["PADAN_DATABASE_URL"]) as connection:
        append(
            connection,
            [
                Entry(
                    topic=PROGRAMME_EVENTS.name,
                    shard=shard_of("rice"),
                    key="rice",
                    event_id=event_id,
                    type=type_of(data).name,
                    value=encode(data),
                    actor="service:eligibility",
                    correlation_id=event_id,
                )
            ],
        )
    assert await worker.ended() == 1
    assert "policies cannot be read" in worker.output
