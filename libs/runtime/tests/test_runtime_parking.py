"""Parking on a real Kafka and a real PostgreSQL: what cannot be handled waits, what comes behind it waits with it, and
everything else goes on."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import psycopg
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.record.util import calc_crc32c
from kafka_peer import an_event, make_topic, read_all, running, send, send_with, until
from padan_events import Event, Topic, UnknownEventTypeError, decode
from padan_events.envelope import to_headers
from padan_events.parking import Parked
from padan_runtime import logs
from padan_runtime.beyond import read_tails
from padan_runtime.database import Database
from padan_runtime.parking import operators
from padan_runtime.parking.breaker import Breaker
from padan_runtime.rebuild.reading import TopicSource
from padan_runtime.relay import Relay
from parking_given import MakeDatabase, a_reading_database, actions, make_parked_log, parked, rows
from recording_reader import Recording, a_projector, seen


class Reading:
    """A database a reader has, and its owner's address."""

    def __init__(self, database: Database, owner_url: str) -> None:
        self.database, self.owner_url = database, owner_url


@pytest.fixture
def reading(make_database: MakeDatabase) -> Iterator[Reading]:
    logs.configure("test", "error")  # structlog's own traceback renderer takes seconds
    with a_reading_database(make_database) as (database, owner_url):
        yield Reading(database, owner_url)


def failing(
    *told: bytes, error: Callable[[], Exception] = lambda: ValueError("a name that must not be told")
) -> Recording:
    handler = Recording()
    handler.fails = lambda event: error() if event.value in told else None
    return handler


def ask(database: Database, what: str, *, pos: int | None = None, reason: str = "it is spoilt") -> None:
    with database.transaction() as connection:
        listed = [row for row in operators.listing(connection) if row.pos == pos]
        if what == "drop":
            assert operators.ask_drop(connection, listed[0].parked_id, actor="rina", reason=reason)
        else:
            assert operators.ask_retry(connection, [row.parked_id for row in listed], actor="rina") == len(listed)


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


async def test_a_record_without_envelope_is_set_aside_makes_no_hole_and_holds_up_nobody(
    reading: Reading, kafka_bootstrap: str
) -> None:
    topic, database = await make_topic(kafka_bootstrap), reading.database
    copies = make_parked_log(reading.owner_url, topic)
    await send(kafka_bootstrap, [an_event(topic, 0, 1, value=b"one")])
    await send(kafka_bootstrap, [an_event(topic, 0, 9, value=b"\x00 a stranger's")], without="ce_pos")
    await send(kafka_bootstrap, [an_event(topic, 0, 2, value=b"two")])
    for _ in range(2):
        async with running(a_projector(database, kafka_bootstrap, topic, Recording()).run):
            await until(lambda: seen(database, 0) == [1, 2])
            await until(lambda: len(parked(database)) == 1)
    assert parked(database) == [(0, None, "k0", "not_an_event")]
    assert len(rows(database, f'SELECT 1 FROM "log_{copies.replace(".", "_")}"')) == 1
    async with running(a_projector(database, kafka_bootstrap, topic, Recording()).run):
        ask(database, "drop", reason="not ours")
        await until(lambda: parked(database) == [])
    assert rows(database, "SELECT action, reason FROM operator_action ORDER BY action_id") == [
        ("drop_asked", "not ours"),
        ("dropped", None),
    ]
    # Read once more, as after a lost cluster: what was dropped is not parked again.
    with database.transaction() as connection:
        connection.execute("UPDATE reader_position SET next_offset = 0")
    async with running(a_projector(database, kafka_bootstrap, topic, Recording()).run):
        await send(kafka_bootstrap, [an_event(topic, 0, 3, value=b"three")])
        await until(lambda: seen(database, 0) == [1, 2, 3])
    assert parked(database) == []


async def test_a_header_without_value_is_set_aside_where_it_is_the_envelopes_and_kept_where_it_is_not(
    reading: Reading, kafka_bootstrap: str
) -> None:
    topic, database = await make_topic(kafka_bootstrap), reading.database
    copies = make_parked_log(reading.owner_url, topic)
    first, bad = an_event(topic, 0, 1), an_event(topic, 0, 2, value=b"bad")
    envelope = dict(to_headers(first))
    for attribute in (name for name in envelope if name != "content-type"):
        await send_with(kafka_bootstrap, first, {**envelope, attribute: None})
    await send(kafka_bootstrap, [first])
    await send_with(kafka_bootstrap, bad, {**dict(to_headers(bad)), "extra": None})
    await send(kafka_bootstrap, [an_event(topic, 0, 3, key="other")])
    for _ in range(2):
        async with running(a_projector(database, kafka_bootstrap, topic, failing(b"bad")).run):
            await until(lambda: seen(database, 0) == [1, 3])
    strays = len(envelope) - 1
    reasons = rows(database, "SELECT pos, reason, count(*) FROM parked GROUP BY 1, 2 ORDER BY 1")
    assert reasons == [(2, "handler_failed", 1), (None, "not_an_event", strays)]
    assert len(rows(database, f'SELECT 1 FROM "log_{copies.replace(".", "_")}"')) == strays + 1
    async with running(a_projector(database, kafka_bootstrap, topic, Recording()).run):
        ask(database, "retry", pos=2)
        await until(lambda: seen(database, 0) == [1, 3, 2])


async def test_what_grows_beyond_a_message_by_its_encoding_is_parked_and_its_copy_leaves_that_out(
    reading: Reading, kafka_bootstrap: str
) -> None:
    topic, database = await make_topic(kafka_bootstrap), reading.database
    copies = make_parked_log(reading.owner_url, topic)
    bad = an_event(topic, 0, 1, value=b"bad".ljust(499_000))
    await send_with(kafka_bootstrap, bad, {**dict(to_headers(bad)), "\x01" * 48_000: b""})
    await send(kafka_bootstrap, [an_event(topic, 0, 2, key="other")])
    async with running(a_projector(database, kafka_bootstrap, topic, failing(bad.value)).run):
        await until(lambda: seen(database, 0) == [2])
    ((value,),) = rows(database, f'SELECT value FROM "log_{copies.replace(".", "_")}"')
    copy = decode("id.padan.reader.parked.v1", bytes(value))
    assert isinstance(copy, Parked)
    assert (copy.headers, copy.value, copy.size) == ((), bad.value, 499_000)


class Spoilt:
    """A batch under construction whose header names are turned into bytes that are no UTF-8."""

    def __init__(self, builder: Any) -> None:
        self._builder = builder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._builder, name)

    def build(self) -> bytearray:
        data = bytearray(self._builder.build()).replace(b"\x04ab", b"\x04\xff\xfe")
        data[17:21] = calc_crc32c(data[21:]).to_bytes(4, "big")  # as the format of record batches has it
        return data


async def send_around_what_no_client_reads(kafka: str, topic: Topic) -> None:
    """Positions 1 to 3 of two shards, with a stranger's batch in the middle of one."""
    await send(kafka, [an_event(topic, shard, pos) for pos in (1, 2) for shard in (0, 6)])
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    batch = producer.create_batch()
    for name in ("ok", "ab", "ok"):
        batch.append(key=b"k0", value=b"a stranger's", timestamp=None, headers=[(name, b"1")])
    batch._builder = Spoilt(batch._builder)
    await (await producer.send_batch(batch, topic.name, partition=0))
    await producer.stop()
    await send(kafka, [an_event(topic, shard, 3) for shard in (0, 6)])


async def test_what_compares_a_store_with_kafka_and_what_rebuilds_a_view_read_past_it_too(kafka_bootstrap: str) -> None:
    topic = await make_topic(kafka_bootstrap)
    await send_around_what_no_client_reads(kafka_bootstrap, topic)
    heads = {(topic.name, shard): 2 if shard in (0, 6) else 0 for shard in range(24)}
    async with asyncio.timeout(60):
        tails = await read_tails(kafka_bootstrap, [topic.name], lambda: heads)
        async with TopicSource(kafka_bootstrap, [topic]) as source:
            read = [event async for batch in source.up_to({topic.name: {0: 3, 6: 3}}, 100) for event in batch]
    assert [sorted(tails[topic.name, shard].beyond) for shard in (0, 6, 7)] == [[3], [3], []]
    commons = [tails[topic.name, shard].common for shard in (0, 6)]
    assert [common and common.pos for common in commons] == [2, 2]
    assert [[event.pos for event in read if event.shard == shard] for shard in (0, 6)] == [[1, 2, 3]] * 2


async def test_a_record_that_the_kafka_client_cannot_read_is_set_aside_too(
    reading: Reading, kafka_bootstrap: str
) -> None:
    topic, database = await make_topic(kafka_bootstrap), reading.database
    await send_around_what_no_client_reads(kafka_bootstrap, topic)
    async with running(a_projector(database, kafka_bootstrap, topic, Recording()).run):
        await until(lambda: seen(database, 0) == [1, 2, 3] and seen(database, 6) == [1, 2, 3])
    assert rows(database, "SELECT record_offset, reason, value IS NULL FROM parked ORDER BY record_offset") == [
        (2, "not_an_event", False),
        (3, "not_an_event", True),  # what cannot be read
        (4, "not_an_event", True),  # and what came in the same batch behind it
    ]


async def test_a_copy_of_what_is_parked_goes_out_with_the_reason(reading: Reading, kafka_bootstrap: str) -> None:
    topic, database = await make_topic(kafka_bootstrap), reading.database
    copies = make_parked_log(reading.owner_url, topic)
    large = b"x" * 600_000
    await send(kafka_bootstrap, [an_event(topic, 5, 1, value=b"bad"), an_event(topic, 5, 2, value=large)])
    async with running(a_projector(database, kafka_bootstrap, topic, failing(b"bad")).run):
        await until(lambda: len(parked(database)) == 2)
    await make_topic(kafka_bootstrap, name=copies)
    async with running(Relay(database.url, kafka_bootstrap, [copies], source="/padan/test").run):

        async def out() -> list[Event]:
            return await read_all(kafka_bootstrap, copies)

        async def both() -> bool:
            return len(await out()) == 2

        await until(both)
        told = [decode(event.type, event.value) for event in sorted(await out(), key=lambda event: event.pos)]
    first, second = told
    assert isinstance(first, Parked)
    assert isinstance(second, Parked)
    assert (first.reason, first.pos, first.value, first.reader) == ("handler_failed", 1, b"bad", f"test.{topic.name}")
    assert [header.name for header in first.headers][:3] == ["ce_specversion", "ce_id", "ce_source"]
    assert (second.reason, second.value, second.size) == ("behind", None, 600_000)


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


async def test_a_hostile_envelope_can_be_parked_whatever_it_holds(reading: Reading, kafka_bootstrap: str) -> None:
    topic, database = await make_topic(kafka_bootstrap), reading.database
    copies = make_parked_log(reading.owner_url, topic)
    hostile = msgspec.structs.replace(
        an_event(topic, 2, 1, value=b"\x00\xff"),
        key="\x00" + "k" * 5_000,
        type="\x00" * 300,
        actor="\x00",
        source="\x00",
    )
    await send(kafka_bootstrap, [hostile, an_event(topic, 2, 2, value=b"fine")])
    async with running(a_projector(database, kafka_bootstrap, topic, failing(b"\x00\xff")).run):
        await until(lambda: seen(database, 2) == [2])
    assert rows(database, "SELECT pos, type, octet_length(key) FROM parked") == [(1, None, 5_001)]
    assert len(rows(database, f'SELECT 1 FROM "log_{copies.replace(".", "_")}"')) == 1
    async with running(a_projector(database, kafka_bootstrap, topic, failing()).run):
        ask(database, "retry", pos=1)
        await until(lambda: seen(database, 2) == [2, 1])


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
