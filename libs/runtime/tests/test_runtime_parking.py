"""Parking on a real Kafka and a real PostgreSQL: what cannot be handled waits, what comes behind it waits with it, and
everything else goes on."""

import asyncio
from collections.abc import Callable

import msgspec
import psycopg
import pytest
from kafka_peer import an_event, make_topic, running, send, until
from padan_events import Event, UnknownEventTypeError
from parking_given import Reading, actions, ask, failing, parked, rows
from recording_reader import Recording, a_projector, seen


async def test_what_fails_waits_with_what_comes_behind_it_and_everybody_else_goes_on(
    reading: Reading, kafka_bootstrap: str
) -> None:
    topic, database = await make_topic(kafka_bootstrap), reading.database
    events = []
    for pos, (key, value) in enumerate([("a", b"a1"), ("b", b"b1"), ("a", b"a2"), ("c", b"c1"), ("a", b"a3")], 1):
        events.append(an_event(topic, 3, pos, key=key, value=value))
    await send(kafka_bootstrap, events)
    projector = a_projector(database, kafka_bootstrap, topic, failing(b"a1"))
    async with running(projector.run):
        await until(lambda: seen(database, 3) == [2, 4])
        await send(kafka_bootstrap, [an_event(topic, 3, 6, key="a", value=b"a4"), an_event(topic, 3, 7, key="b")])
        await until(lambda: seen(database, 3) == [2, 4, 7])
        assert parked(database) == [
            (3, 1, "a", "handler_failed"),
            (3, 3, "a", "behind"),
            (3, 5, "a", "behind"),
            (3, 6, "a", "behind"),
        ]
        assert projector.stopped == {}
    ((error, headers_, place),) = rows(
        database, "SELECT error, headers, (SELECT pos FROM reader_position WHERE shard = 3) FROM parked WHERE pos = 1"
    )
    assert error.startswith("ValueError ")
    assert "name" not in error
    assert b"ce_correlationid" in headers_
    assert place == 7

    # Another process knows what waits, and nothing is tried before somebody asks.
    async with running(a_projector(database, kafka_bootstrap, topic, Recording()).run):
        await send(kafka_bootstrap, [an_event(topic, 3, 8, key="a", value=b"a5")])
        await until(lambda: len(parked(database)) == 5)
        ask(database, "retry", pos=1)
        await until(lambda: parked(database) == [])
        assert seen(database, 3) == [2, 4, 7, 1, 3, 5, 6, 8]
        await send(kafka_bootstrap, [an_event(topic, 3, 9, key="a", value=b"a6")])
        await until(lambda: seen(database, 3)[-1] == 9)
    assert actions(database) == [("retry_asked", "rina", 1)] + [("retried", "rina", pos) for pos in (1, 3, 5, 6, 8)]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (lambda: UnknownEventTypeError("id.padan.test.of_tomorrow.v1"), "unknown_type"),
        (lambda: msgspec.ValidationError("a NIK"), "undecodable"),
        (lambda: psycopg.errors.CheckViolation("a row"), "handler_failed"),
        (lambda: psycopg.errors.StatementTooComplex("a depth"), "handler_failed"),  # an OperationalError for psycopg
    ],
)
async def test_the_reason_says_whose_turn_it_is(
    reading: Reading, kafka_bootstrap: str, error: Callable[[], Exception], reason: str
) -> None:
    topic = await make_topic(kafka_bootstrap)
    await send(kafka_bootstrap, [an_event(topic, 0, 1, value=b"bad"), an_event(topic, 0, 2, key="other")])
    async with running(a_projector(reading.database, kafka_bootstrap, topic, failing(b"bad", error=error)).run):
        await until(lambda: seen(reading.database, 0) == [2])
    assert parked(reading.database) == [(0, 1, "k0", reason)]


async def test_a_server_that_is_away_parks_nothing(reading: Reading, kafka_bootstrap: str) -> None:
    topic, database = await make_topic(kafka_bootstrap), reading.database
    await send(kafka_bootstrap, [an_event(topic, 0, pos) for pos in (1, 2)])
    handler, left = Recording(), [5]

    def away(event: Event) -> Exception | None:
        left[0] -= 1
        return psycopg.OperationalError("away") if left[0] > 0 else None

    handler.fails = away
    async with running(a_projector(database, kafka_bootstrap, topic, handler).run):
        await until(lambda: seen(database, 0) == [1, 2])
    assert parked(database) == []


async def test_a_reader_that_slept_takes_up_nothing_twice(reading: Reading, kafka_bootstrap: str) -> None:
    """A second process took up what is parked and went on while the first one, asleep, believed it still its own."""
    topic, database = await make_topic(kafka_bootstrap), reading.database
    await send(kafka_bootstrap, [an_event(topic, 0, pos, key="a", value=b"a%d" % pos) for pos in (1, 2)])
    async with running(a_projector(database, kafka_bootstrap, topic, failing(b"a1")).run):
        await until(lambda: len(parked(database)) == 2)
    sleeper = Recording()
    asleep = a_projector(database, kafka_bootstrap, topic, sleeper)
    async with running(asleep.run):
        await until(lambda: asleep.assigned == 24)
        sleeper.go_on = asyncio.Event()
        ask(database, "retry", pos=1)
        await asyncio.wait_for(sleeper.entered.wait(), 30)
        # What the other process did, in one transaction, while this one slept between fetching and writing.
        with database.transaction() as connection:
            connection.execute("INSERT INTO seen (shard, pos, value) VALUES (0, 1, 'a1'), (0, 2, 'a2')")
            connection.execute("DELETE FROM parked")
        sleeper.go_on.set()
        sleeper.go_on = None
        await send(kafka_bootstrap, [an_event(topic, 0, 3, key="a", value=b"a3")])
        await until(lambda: seen(database, 0) == [1, 2, 3])
    assert parked(database) == []
