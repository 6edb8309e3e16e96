"""What operators do with what is parked, and what is kept of it."""

import asyncio

import psycopg
import pytest
from kafka_peer import an_event, make_topic, running, send, until
from parking_given import Reading, actions, ask, failing, parked, rows
from recording_reader import a_projector, seen


async def test_a_try_that_fails_again_counts_and_changes_nothing_else(reading: Reading, kafka_bootstrap: str) -> None:
    topic, database = await make_topic(kafka_bootstrap), reading.database
    told = [an_event(topic, 1, pos, key="a", value=b"a%d" % pos) for pos in (1, 2, 3, 4)]
    await send(kafka_bootstrap, told)
    async with running(a_projector(database, kafka_bootstrap, topic, failing(b"a1", b"a3")).run):
        await until(lambda: len(parked(database)) == 4)
        ask(database, "retry", pos=2)  # the line is tried from its head on, whatever was named
        await until(lambda: rows(database, "SELECT attempts FROM parked ORDER BY pos") == [(1,), (0,), (0,), (0,)])
    async with running(a_projector(database, kafka_bootstrap, topic, failing(b"a3")).run):
        ask(database, "retry", pos=1)
        await until(lambda: parked(database) == [(1, 3, "a", "handler_failed"), (1, 4, "a", "behind")])
        assert seen(database, 1) == [1, 2]
        assert rows(database, "SELECT DISTINCT state FROM parked") == [("parked",)]


async def test_what_is_dropped_is_told_and_what_waited_behind_it_is_tried(
    reading: Reading, kafka_bootstrap: str
) -> None:
    topic, database = await make_topic(kafka_bootstrap), reading.database
    await send(kafka_bootstrap, [an_event(topic, 1, pos, key="a", value=b"a%d" % pos) for pos in (1, 2, 3)])
    async with running(a_projector(database, kafka_bootstrap, topic, failing(b"a1")).run):
        await until(lambda: len(parked(database)) == 3)
        ask(database, "drop", pos=1, reason="  sent in error ")
        await until(lambda: parked(database) == [])
    assert rows(database, "SELECT topic, pos FROM seen ORDER BY n") == [
        ("dropped", 1), (topic.name, 2), (topic.name, 3),
    ]  # fmt: skip
    assert actions(database) == [
        ("drop_asked", "rina", 1), ("dropped", "rina", 1), ("retried", "rina", 2), ("retried", "rina", 3),
    ]  # fmt: skip
    assert rows(database, "SELECT reason, digest = sha256('a1') FROM operator_action WHERE action = 'drop_asked'") == [
        ("sent in error", True)
    ]


@pytest.mark.parametrize("told", ["fine", "bad"])
async def test_a_drop_that_is_asked_for_while_a_retry_is_under_way_is_what_happens(
    told: str, reading: Reading, kafka_bootstrap: str
) -> None:
    topic, database = await make_topic(kafka_bootstrap), reading.database
    await send(kafka_bootstrap, [an_event(topic, 1, 1, value=told.encode())])
    async with running(a_projector(database, kafka_bootstrap, topic, failing(told.encode())).run):
        await until(lambda: len(parked(database)) == 1)
    handler = failing(b"bad")
    projector = a_projector(database, kafka_bootstrap, topic, handler)
    async with running(projector.run):
        await until(lambda: projector.assigned == 24)
        handler.go_on = asyncio.Event()
        ask(database, "retry", pos=1)
        await asyncio.wait_for(handler.entered.wait(), 30)
        ask(database, "drop", pos=1)
        handler.go_on.set()
        await until(lambda: parked(database) == [])
    assert rows(database, "SELECT topic, pos FROM seen") == [("dropped", 1)]
    assert actions(database) == [("retry_asked", "rina", 1), ("drop_asked", "rina", 1), ("dropped", "rina", 1)]


async def test_what_operators_did_can_neither_be_changed_nor_removed(reading: Reading, kafka_bootstrap: str) -> None:
    topic, database = await make_topic(kafka_bootstrap), reading.database
    await send(kafka_bootstrap, [an_event(topic, 1, 1, value=b"bad")])
    async with running(a_projector(database, kafka_bootstrap, topic, failing(b"bad")).run):
        await until(lambda: len(parked(database)) == 1)
    with pytest.raises(ValueError, match="a reason"):
        ask(database, "drop", pos=1, reason=" ")
    ask(database, "retry", pos=1)
    for url in (database.url, reading.owner_url):
        for statement in (
            b"UPDATE operator_action SET actor = 'somebody else'",
            b"DELETE FROM operator_action",
            b"TRUNCATE operator_action",
        ):
            with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
    assert actions(database) == [("retry_asked", "rina", 1)]
