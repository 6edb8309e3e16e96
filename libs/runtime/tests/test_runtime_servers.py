"""The projector and its Kafka: a broker that hangs, a handler slower than the group allows, another cluster."""

import asyncio
import os
import signal

import pytest
from aiokafka import AIOKafkaConsumer
from kafka_peer import an_event, make_topic, send, until
from padan_cli.platform import Platform
from padan_cli.platform.pytest_plugin import own_platform
from padan_events import Topic
from padan_runtime import projector as module
from padan_runtime.database import Database
from padan_runtime.projector import StuckError
from recording_reader import Recording, a_projector, count, seen


async def test_a_broker_that_hangs_ends_the_reader_and_the_next_goes_on(
    database: Database, kafka_bootstrap: str, platform: Platform
) -> None:
    topic = await make_topic(kafka_bootstrap)
    await send(kafka_bootstrap, [an_event(topic, 0, 1)])
    broker = platform.pid("kafka")
    assert broker is not None
    reader = a_projector(database, kafka_bootstrap, topic, Recording(), stuck_after_s=2.0)
    task = asyncio.create_task(reader.run(asyncio.Event()))
    await until(lambda: count(database) == 1)
    # Its connections stay open and swallow whatever is sent.
    os.kill(broker, signal.SIGSTOP)
    try:
        with pytest.raises(StuckError):
            await asyncio.wait_for(task, 60)
    finally:
        os.kill(broker, signal.SIGCONT)
    await send(kafka_bootstrap, [an_event(topic, 0, 2)])
    stop = asyncio.Event()
    again = asyncio.create_task(a_projector(database, kafka_bootstrap, topic, Recording()).run(stop))
    await until(lambda: count(database) == 2)
    stop.set()
    await again
    assert seen(database, 0) == [1, 2]


async def test_a_handler_slower_than_the_group_allows_comes_back_and_repeats_nothing(
    database: Database, kafka_bootstrap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def impatient(**options: object) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(**{**options, "max_poll_interval_ms": 1_500, "heartbeat_interval_ms": 500})

    monkeypatch.setattr(module, "AIOKafkaConsumer", impatient)
    topic = await make_topic(kafka_bootstrap)
    await send(kafka_bootstrap, [an_event(topic, shard, pos) for pos in (1, 2) for shard in range(24)])
    slow = Recording()
    slow.go_on = asyncio.Event()
    first = a_projector(database, kafka_bootstrap, topic, slow)
    second = a_projector(database, kafka_bootstrap, topic, Recording())
    stop = asyncio.Event()
    tasks = [asyncio.create_task(first.run(stop))]
    await asyncio.wait_for(slow.entered.wait(), 40)
    tasks.append(asyncio.create_task(second.run(stop)))
    # The group has given its shards away: the other does the work meanwhile.
    await until(lambda: count(database) == 48)
    slow.go_on.set()
    await send(kafka_bootstrap, [an_event(topic, shard, 3) for shard in range(24)])
    await until(lambda: first.assigned == 12 and second.assigned == 12)
    await until(lambda: count(database) == 72)
    stop.set()
    await asyncio.gather(*tasks)
    assert all(seen(database, shard) == [1, 2, 3] for shard in range(24))
    assert first.stopped == second.stopped == {}


@pytest.mark.long  # a second broker
async def test_a_second_cluster_with_other_offsets_is_read_on_from_the_same_positions(
    database: Database, kafka_bootstrap: str
) -> None:
    topic = await make_topic(kafka_bootstrap)
    await send(kafka_bootstrap, [an_event(topic, shard, pos) for pos in (1, 2, 3) for shard in (0, 7)])
    stop = asyncio.Event()
    task = asyncio.create_task(a_projector(database, kafka_bootstrap, topic, Recording()).run(stop))
    await until(lambda: count(database) == 6)
    stop.set()
    await task
    with own_platform("mirror") as mirror:
        await asyncio.to_thread(mirror.up, only=["kafka"])
        mirrored: Topic = await make_topic(mirror.kafka, name=topic.name)
        # As a mirror leaves it: the same records, here with repeats in front, so that no offset is what it was.
        for positions in ((1, 2), (1, 2, 3, 4, 5)):
            await send(mirror.kafka, [an_event(mirrored, shard, pos) for pos in positions for shard in (0, 7)])
        stop = asyncio.Event()
        task = asyncio.create_task(a_projector(database, mirror.kafka, mirrored, Recording()).run(stop))
        await until(lambda: count(database) == 10)
        stop.set()
        await task
    assert [seen(database, shard) for shard in (0, 7)] == [[1, 2, 3, 4, 5], [1, 2, 3, 4, 5]]
