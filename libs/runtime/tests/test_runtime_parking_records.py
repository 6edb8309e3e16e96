"""Records nobody can make an event of, spoilt and hostile ones: each is set aside, and a copy of it goes out."""

import asyncio

import msgspec
from kafka_peer import an_event, make_topic, read_all, running, send, send_with, until
from padan_events import Event, Topic, decode
from padan_events.envelope import to_headers
from padan_events.parking import Parked
from padan_runtime.beyond import read_tails
from padan_runtime.rebuild.reading import TopicSource
from padan_runtime.relay import Relay
from parking_given import Reading, ask, failing, make_parked_log, parked, rows
from recording_reader import Recording, a_projector, seen
from spoilt_batch import send_spoilt


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


async def send_around_what_no_client_reads(kafka: str, topic: Topic) -> None:
    """Positions 1 to 3 of two shards, with a stranger's batch in the middle of one."""
    await send(kafka, [an_event(topic, shard, pos) for pos in (1, 2) for shard in (0, 6)])
    await send_spoilt(kafka, topic.name, 0)
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
