"""A reader that fails at nearly everything, or has parked too much, stops."""

import pytest
from kafka_peer import an_event, make_topic, running, send, until
from padan_runtime.database import Database
from padan_runtime.parking import operators
from padan_runtime.parking.breaker import Breaker
from parking_given import Reading, failing, parked, rows
from recording_reader import Recording, a_projector, seen


async def test_when_nearly_everything_fails_the_reader_stops_and_parks_no_more(
    reading: Reading, kafka_bootstrap: str
) -> None:
    topic, database = await make_topic(kafka_bootstrap), reading.database
    told = [an_event(topic, n % 24, n // 24 + 1, key=f"h{n}", value=b"bad") for n in range(96)]
    await send(kafka_bootstrap, told)
    projector = a_projector(database, kafka_bootstrap, topic, failing(b"bad"))
    async with running(projector.run):
        await until(lambda: projector.broken)
        assert set(projector.stopped.values()) == {"breaker"}
        assert len(projector.stopped) == 24
        held = parked(database)
        assert len(held) == 19
        await send(kafka_bootstrap, [an_event(topic, 0, 5, key="h0")])
        assert parked(database) == held
    mended = a_projector(database, kafka_bootstrap, topic, Recording())
    async with running(mended.run):
        ask_all(database)
        await until(lambda: parked(database) == [])
        await until(lambda: len(rows(database, "SELECT 1 FROM seen")) == 97)
    assert not mended.broken
    for shard in range(24):
        assert sorted(seen(database, shard)) == list(range(1, 6 if shard == 0 else 5))


def ask_all(database: Database) -> None:
    with database.transaction() as connection:
        operators.ask_retry(connection, [row.parked_id for row in operators.listing(connection)], actor="rina")


async def test_too_much_parked_stops_the_reader_as_well(
    reading: Reading, kafka_bootstrap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic, database = await make_topic(kafka_bootstrap), reading.database
    monkeypatch.setattr("padan_runtime.projector.MOST_PARKED", 3)
    await send(kafka_bootstrap, [an_event(topic, 0, pos, key="a", value=b"bad") for pos in (1, 2, 3)])
    projector = a_projector(database, kafka_bootstrap, topic, failing(b"bad"))
    async with running(projector.run):
        await until(lambda: len(parked(database)) == 3)
        await send(kafka_bootstrap, [an_event(topic, 0, 4, key="a")])
        await until(lambda: projector.broken)
    assert len(parked(database)) == 3


def test_the_breaker_opens_where_nearly_everything_fails_and_only_there() -> None:
    fresh = Breaker()
    assert [fresh.failed(f"k{n}", 0.0) for n in range(20)] == [False] * 19 + [True]
    one_key = Breaker()
    assert not any(one_key.failed("k", float(n)) for n in range(100))
    slowly = Breaker()
    assert not any(slowly.failed(f"k{n}", n * 10.0) for n in range(100))
    busy = Breaker()
    busy.passed([f"good{n}" for n in range(1_000)])
    assert [busy.failed(f"k{n}", 0.0) for n in range(200)].index(True) == 179
    mixed = Breaker()
    for n in range(500):
        mixed.passed([f"good{n}"])
        assert not mixed.failed(f"k{n}", 0.0)
