"""The projector on a real Kafka and a real PostgreSQL: each event once, in order, whatever happens."""

import asyncio

import pytest
from kafka_peer import an_event, make_topic, running, send, until
from padan_runtime.database import Database
from padan_runtime.projector import StuckError
from recording_reader import Recording, a_projector, count, seen


async def test_each_event_is_applied_once_in_order_and_repeats_are_dropped(
    database: Database, kafka_bootstrap: str
) -> None:
    topic = await make_topic(kafka_bootstrap)
    events = [an_event(topic, shard, pos) for pos in (1, 2, 3, 2, 3, 4, 1, 5) for shard in (0, 7, 23)]
    await send(kafka_bootstrap, events)
    async with running(a_projector(database, kafka_bootstrap, topic, Recording()).run):
        await until(lambda: count(database) == 15)
    await send(kafka_bootstrap, [an_event(topic, 7, pos) for pos in (4, 5, 6)])
    async with running(a_projector(database, kafka_bootstrap, topic, Recording()).run):
        await until(lambda: count(database) == 16)
    assert [seen(database, shard) for shard in (0, 7, 23)] == [[1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5]]


async def test_a_server_that_is_away_delays_and_loses_nothing(database: Database, kafka_bootstrap: str) -> None:
    topic = await make_topic(kafka_bootstrap)
    await send(kafka_bootstrap, [an_event(topic, 0, pos) for pos in (1, 2)])
    handler = Recording()
    handler.away_times, handler.fail_once_after_writing = 2, True
    async with running(a_projector(database, kafka_bootstrap, topic, handler).run):
        await until(lambda: count(database) == 2)
    assert seen(database, 0) == [1, 2]


async def test_a_batch_that_was_committed_is_not_applied_again_when_telling_of_it_fails(
    database: Database, kafka_bootstrap: str
) -> None:
    topic = await make_topic(kafka_bootstrap)
    await send(kafka_bootstrap, [an_event(topic, shard, pos) for pos in (1, 2, 3) for shard in (0, 1)])
    handler = Recording()
    handler.telling_fails = True
    projector = a_projector(database, kafka_bootstrap, topic, handler)
    async with running(projector.run):
        await until(lambda: count(database) == 6)
        await send(kafka_bootstrap, [an_event(topic, 0, 4)])
        await until(lambda: count(database) == 7)
    assert [seen(database, shard) for shard in (0, 1)] == [[1, 2, 3, 4], [1, 2, 3]]
    assert projector.stopped == {}


async def test_shards_given_to_another_while_a_batch_waits_are_left_to_it(
    database: Database, kafka_bootstrap: str
) -> None:
    topic = await make_topic(kafka_bootstrap)
    await send(kafka_bootstrap, [an_event(topic, shard, pos) for pos in (1, 2) for shard in range(24)])
    handler = Recording()
    handler.away_times = 10_000
    first = a_projector(database, kafka_bootstrap, topic, handler)
    second = a_projector(database, kafka_bootstrap, topic, Recording())
    async with running(first.run):
        await asyncio.wait_for(handler.entered.wait(), 30)
        async with running(second.run):
            await until(lambda: second.assigned == 12)
            await until(lambda: count(database) == 24)
            handler.away_times = 0
            await until(lambda: count(database) == 48)
    assert all(seen(database, shard) == [1, 2] for shard in range(24))
    assert first.stopped == second.stopped == {}


async def test_sigterm_is_heard_while_a_server_is_away(database: Database, kafka_bootstrap: str) -> None:
    topic = await make_topic(kafka_bootstrap)
    await send(kafka_bootstrap, [an_event(topic, 0, 1)])
    handler = Recording()
    handler.away_times = 10_000
    stop = asyncio.Event()
    task = asyncio.create_task(a_projector(database, kafka_bootstrap, topic, handler).run(stop))
    await asyncio.wait_for(handler.entered.wait(), 30)
    stop.set()
    await asyncio.wait_for(task, 15)
    assert count(database) == 0


async def test_a_reader_that_cannot_find_its_places_ends_instead_of_idling(
    database: Database, kafka_bootstrap: str
) -> None:
    topic = await make_topic(kafka_bootstrap)
    await send(kafka_bootstrap, [an_event(topic, 0, 1)])
    projector = a_projector(database, kafka_bootstrap, topic, Recording())
    database.close()  # PostgreSQL cannot be asked when the group gives the shards
    with pytest.raises(Exception, match=r"pool|closed"):
        await asyncio.wait_for(projector.run(asyncio.Event()), 60)


async def test_a_hole_heals_when_the_relay_sends_again(database: Database, kafka_bootstrap: str) -> None:
    topic = await make_topic(kafka_bootstrap)
    await send(kafka_bootstrap, [an_event(topic, 0, pos) for pos in (1, 4, 5)])
    projector = a_projector(database, kafka_bootstrap, topic, Recording())
    async with running(projector.run):
        await until(lambda: count(database) == 1)
        await send(kafka_bootstrap, [an_event(topic, 0, pos) for pos in (2, 3, 4, 5, 6)])
        await until(lambda: count(database) == 6)
    assert seen(database, 0) == [1, 2, 3, 4, 5, 6]
    assert projector.stopped == {}


@pytest.mark.parametrize("retention_ms", [-1, 86_400_000])
async def test_a_hole_that_does_not_heal_stops_the_shard_even_at_its_start(
    database: Database, kafka_bootstrap: str, retention_ms: int
) -> None:
    topic = await make_topic(kafka_bootstrap, retention_ms=retention_ms)
    await send(kafka_bootstrap, [an_event(topic, 0, 2), an_event(topic, 1, 1)])
    projector = a_projector(database, kafka_bootstrap, topic, Recording(), hole_wait_s=1.0)
    async with running(projector.run):
        await until(lambda: projector.stopped == {(topic.name, 0): "hole"})
        await until(lambda: seen(database, 1) == [1])
    assert seen(database, 0) == []


async def test_a_position_given_out_twice_stops_the_shard(database: Database, kafka_bootstrap: str) -> None:
    topic = await make_topic(kafka_bootstrap)
    await send(kafka_bootstrap, [an_event(topic, 0, pos) for pos in (1, 2, 3)])
    async with running(a_projector(database, kafka_bootstrap, topic, Recording()).run):
        await until(lambda: count(database) == 3)
    await send(kafka_bootstrap, [an_event(topic, 0, pos, told="after a restore") for pos in (3, 4)])
    projector = a_projector(database, kafka_bootstrap, topic, Recording())
    async with running(projector.run):
        await until(lambda: projector.stopped == {(topic.name, 0): "reused"})
    assert seen(database, 0) == [1, 2, 3]


async def test_another_cluster_is_found_by_position(database: Database, kafka_bootstrap: str) -> None:
    topic = await make_topic(kafka_bootstrap)
    await send(kafka_bootstrap, [an_event(topic, 0, pos) for pos in (1, 2, 3)])
    async with running(a_projector(database, kafka_bootstrap, topic, Recording()).run):
        await until(lambda: count(database) == 3)
    with database.transaction() as connection:  # as if these offsets came from the cluster that was lost
        connection.execute("UPDATE reader_position SET cluster_id = 'lost', next_offset = 99 WHERE shard = 0")
    await send(kafka_bootstrap, [an_event(topic, 0, 4)])
    async with running(a_projector(database, kafka_bootstrap, topic, Recording()).run):
        await until(lambda: count(database) == 4)
    assert seen(database, 0) == [1, 2, 3, 4]


async def test_a_reader_that_slept_through_its_session_repeats_nothing(
    database: Database, kafka_bootstrap: str
) -> None:
    topic = await make_topic(kafka_bootstrap)
    await send(kafka_bootstrap, [an_event(topic, 0, pos) for pos in (1, 2)])
    sleeper = Recording()
    sleeper.go_on = asyncio.Event()
    asleep = a_projector(database, kafka_bootstrap, topic, sleeper)
    async with running(asleep.run):
        await asyncio.wait_for(sleeper.entered.wait(), 30)
        # Another of the same name does the work meanwhile, as after a rebalance the sleeper did not hear of.
        with database.transaction() as connection:
            connection.execute("INSERT INTO seen (shard, pos) VALUES (0, 1), (0, 2)")
            connection.execute("UPDATE reader_position SET pos = 2, next_offset = 2 WHERE shard = 0")
        sleeper.go_on.set()
        await send(kafka_bootstrap, [an_event(topic, 0, 3)])
        await until(lambda: count(database) == 3)
    assert seen(database, 0) == [1, 2, 3]


async def test_two_readers_of_one_name_share_the_shards(database: Database, kafka_bootstrap: str) -> None:
    topic = await make_topic(kafka_bootstrap)
    first = a_projector(database, kafka_bootstrap, topic, Recording())
    second = a_projector(database, kafka_bootstrap, topic, Recording())
    async with running(first.run):
        await until(lambda: first.assigned == 24)
        await send(kafka_bootstrap, [an_event(topic, shard, pos) for pos in (1, 2) for shard in range(24)])
        async with running(second.run):
            await until(lambda: first.assigned == 12 and second.assigned == 12)
            await send(kafka_bootstrap, [an_event(topic, shard, pos) for pos in (3, 4) for shard in range(24)])
            await until(lambda: count(database) == 96)
    assert all(seen(database, shard) == [1, 2, 3, 4] for shard in range(24))


async def test_a_reader_whose_client_is_stuck_ends_its_process(database: Database, kafka_bootstrap: str) -> None:
    topic = await make_topic(kafka_bootstrap)
    await send(kafka_bootstrap, [an_event(topic, 0, 1)])
    handler = Recording()
    projector = a_projector(database, kafka_bootstrap, topic, handler, stuck_after_s=2.0)
    task = asyncio.create_task(projector.run(asyncio.Event()))
    await until(lambda: count(database) == 1)
    await projector.pause_fetching()
    await send(kafka_bootstrap, [an_event(topic, 0, 2)])
    with pytest.raises(StuckError):
        await asyncio.wait_for(task, 30)


async def test_a_reader_whose_batch_hangs_ends_its_process(database: Database, kafka_bootstrap: str) -> None:
    topic = await make_topic(kafka_bootstrap)
    await send(kafka_bootstrap, [an_event(topic, 0, 1)])
    handler = Recording()
    handler.go_on = asyncio.Event()  # never set: a server that fell silent
    with pytest.raises(StuckError):
        await asyncio.wait_for(
            a_projector(database, kafka_bootstrap, topic, handler, stuck_after_s=1.0).run(asyncio.Event()), 40
        )
    assert count(database) == 0
