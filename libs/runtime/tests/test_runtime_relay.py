"""The relay on a real Kafka and a real PostgreSQL."""

import asyncio

import pytest
from kafka_peer import make_topic, read_all, running, until
from log_given import a_log, append
from padan_cli.platform.pytest_plugin import MakeDatabase
from padan_events import SHARDS, Topic
from padan_runtime import log
from padan_runtime.database import Database
from padan_runtime.relay import LostLeadershipError, Relay


def cursors(database: Database, topic: Topic) -> int:
    with database.transaction() as connection:
        row = connection.execute("SELECT sum(pos) FROM relay_cursor WHERE topic = %s", [topic.name]).fetchone()
    assert row is not None
    return int(row[0])


async def test_everything_in_the_log_reaches_kafka_in_order_and_once(
    kafka_bootstrap: str, make_database: MakeDatabase
) -> None:
    topic = await make_topic(kafka_bootstrap)
    database = a_log(make_database, topic)
    append(database, topic, 5_000)
    one = Relay(database.url, kafka_bootstrap, [topic.name], source="/padan/test")
    async with running(one.run):
        await until(lambda: cursors(database, topic) == 5_000)
        append(database, topic, 10)
        await until(lambda: cursors(database, topic) == 5_010)
    events = await read_all(kafka_bootstrap, topic.name)
    by_shard: dict[int, list[int]] = {}
    for event in events:
        by_shard.setdefault(event.shard, []).append(event.pos)
    assert {shard: len(positions) for shard, positions in by_shard.items()} == {
        shard: len([n for n in [*range(5_000), *range(10)] if n % SHARDS == shard]) for shard in range(SHARDS)
    }
    assert all(positions == list(range(1, len(positions) + 1)) for positions in by_shard.values())
    with database.transaction() as connection:
        stored = log.read_after(connection, topic.name, "/padan/test", dict.fromkeys(range(SHARDS), 0), 1_000)
    assert sorted(events, key=lambda e: e.position) == stored
    database.close()


async def test_a_cursor_that_was_not_saved_gives_repeats_and_never_a_loss(
    kafka_bootstrap: str, make_database: MakeDatabase
) -> None:
    topic = await make_topic(kafka_bootstrap)
    database = a_log(make_database, topic)
    append(database, topic, 240)
    one = Relay(database.url, kafka_bootstrap, [topic.name], source="/padan/test")
    async with running(one.run):
        await until(lambda: cursors(database, topic) == 240)
    with database.transaction() as connection:  # as a crash between acknowledgement and cursor leaves it
        connection.execute("UPDATE relay_cursor SET pos = 4 WHERE topic = %s", [topic.name])
    again = Relay(database.url, kafka_bootstrap, [topic.name], source="/padan/test")
    async with running(again.run):
        await until(lambda: cursors(database, topic) == 240)
    events = await read_all(kafka_bootstrap, topic.name)
    for shard in range(SHARDS):
        assert [e.pos for e in events if e.shard == shard] == [*range(1, 11), *range(5, 11)]
    database.close()


async def test_there_is_one_leader_and_the_next_takes_over(kafka_bootstrap: str, make_database: MakeDatabase) -> None:
    topic = await make_topic(kafka_bootstrap)
    database = a_log(make_database, topic)
    first = Relay(database.url, kafka_bootstrap, [topic.name], source="/padan/test")
    second = Relay(database.url, kafka_bootstrap, [topic.name], source="/padan/test")
    async with running(second.run) as waiting:
        async with running(first.run):
            await until(lambda: first.leading or second.leading)
            await asyncio.sleep(1.5)  # longer than the time after which a waiting relay tries again
            assert first.leading != second.leading
        await until(lambda: second.leading or waiting.done())
        append(database, topic, 24)
        await until(lambda: cursors(database, topic) == 24)
    database.close()


async def test_a_lost_lock_connection_ends_the_relay(kafka_bootstrap: str, make_database: MakeDatabase) -> None:
    topic = await make_topic(kafka_bootstrap)
    database = a_log(make_database, topic)
    one = Relay(database.url, kafka_bootstrap, [topic.name], source="/padan/test")
    stop = asyncio.Event()
    task = asyncio.create_task(one.run(stop))
    await until(lambda: one.leading)
    with database.transaction() as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'relay'")
    with pytest.raises(LostLeadershipError):
        await asyncio.wait_for(task, 20)
    assert not one.leading
    database.close()
