"""Records of the programme topic that the Kafka client itself cannot read, met by Faust's consumer."""

import psycopg
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from eligibility_worker import Worker
from kafka_peer import until
from padan_eligibility.application import APP_ID
from padan_eligibility.policies import packaged
from padan_events import SHARDS, shard_of
from padan_events.topics import PROGRAMME_EVENTS
from padan_runtime.parking import operators
from spoilt_batch import send_spoilt

_OURS = {shard_of(policy.programme) for policy in packaged()}
ONE, OTHER = sorted(set(range(SHARDS)) - _OURS)[:2]
"""Shards in which the worker itself publishes no policy."""


async def test_a_header_that_is_no_text_is_parked_and_those_around_it_are_read(worker: Worker) -> None:
    kafka = worker.environment["PADAN_KAFKA"]
    await send_spoilt(kafka, PROGRAMME_EVENTS.name, ONE)  # there before the worker is
    worker.start()
    await worker.ready()

    async def parked(count: int) -> bool:
        return bool((await worker.progress())["parked"]["eligibility.policies"] == count)

    await until(lambda: parked(3))
    await send_spoilt(kafka, PROGRAMME_EVENTS.name, ONE, ("ab",))
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    for partition in (ONE, OTHER):
        await producer.send_and_wait(PROGRAMME_EVENTS.name, b"{}", partition=partition)
    await producer.stop()
    await until(lambda: parked(6))
    with psycopg.connect(worker.environment["PADAN_DATABASE_URL"]) as connection:
        listed = operators.listing(connection, reader="eligibility.policies")
    assert {row.reason for row in listed} == {"not_an_event"}
    assert sorted((row.shard, row.offset) for row in listed) == [*((ONE, offset) for offset in range(5)), (OTHER, 0)]
    assert await worker.stop() == 0
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        passed = await admin.list_consumer_group_offsets(APP_ID)
    finally:
        await admin.close()
    assert passed[TopicPartition(PROGRAMME_EVENTS.name, ONE)].offset == 5, "the next worker does not meet them again"
