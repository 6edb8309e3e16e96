"""What must hold once everything has come to rest: accepted = stored = on Kafka = in every view, no repeat, no hole."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any
from uuid import uuid5

import aid_shown
import httpx
import psycopg
from aiokafka import AIOKafkaConsumer, TopicPartition
from decided import check_decided
from padan_cli.platform import Platform
from padan_events import SHARDS, EnvelopeError, Event, decode
from padan_events.effects import HouseholdFact
from padan_events.envelope import from_record
from padan_events.kafka_client import KafkaClient
from padan_events.registry import UnknownEventTypeError
from padan_events.topics import PARKED_TOPICS
from padan_household.domain.claim import NOBODY
from padan_runtime.log import table_of

DATABASE_OF = {
    "registry.intake.v1": "registry_ingest",
    "household.events.v1": "household",
    "household.outcomes.v1": "household",
    "eligibility.events.v1": "eligibility",
    "programme.events.v1": "eligibility",
}
READERS = {
    "household.intake": ("household", ("registry.intake.v1",)),
    "registry-ingest.outcomes": ("registry_ingest", ("household.outcomes.v1",)),
    "registry-ingest.persons": ("registry_ingest", ("household.events.v1",)),
    "eligibility.facts": ("eligibility", ("household.events.v1",)),
    "gateway.views": ("gateway", ("household.events.v1", "eligibility.events.v1")),
}


_REPORTS = ("life_event", "register_match")
"""Where registry-ingest notes what came of reports that are no rows of files."""
_connections: dict[str, psycopg.Connection[Any]] = {}
"""Kept open: signing in costs more than a question, and waiting asks twenty of them ten times a second."""


def query(platform: Platform, database: str, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Rows, read as the superuser: the oracle stands outside of every rule."""
    url = platform.database_url("postgres", "padan").rpartition("/")[0] + f"/{database}"
    kept = _connections.pop(url, None)
    try:
        if kept is not None and not kept.closed:
            return _ask(url, kept, statement, parameters)
    except psycopg.OperationalError:
        pass  # its server was killed since
    return _ask(url, psycopg.connect(url, autocommit=True, connect_timeout=10), statement, parameters)


def _ask(
    url: str, connection: psycopg.Connection[Any], statement: str, parameters: tuple[Any, ...]
) -> list[tuple[Any, ...]]:
    try:
        rows = connection.execute(statement.encode(), parameters or None).fetchall()
    except psycopg.Error:
        connection.close()
        raise
    _connections[url] = connection
    return rows


def count(platform: Platform, database: str, statement: str, *parameters: Any) -> int:
    """One number."""
    return int(query(platform, database, statement, *parameters)[0][0] or 0)


def heads(platform: Platform, topic: str) -> dict[int, int]:
    """The last position of each shard in the store."""
    rows = query(platform, DATABASE_OF[topic], "SELECT shard, pos FROM log_head WHERE topic = %s", topic)
    return dict(rows)


def lag(platform: Platform) -> dict[str, int]:
    """By relay and reader, how many events are still to come."""
    behind: dict[str, int] = {}
    for topic, database in DATABASE_OF.items():
        sent = dict(query(platform, database, "SELECT shard, pos FROM relay_cursor WHERE topic = %s", topic))
        behind[f"relay {topic}"] = sum(heads(platform, topic).values()) - sum(sent.values())
    for name, topic_of_copies in PARKED_TOPICS.items():
        database = topic_of_copies.owner.replace("-", "_")
        behind[f"relay {name}"] = count(
            platform,
            database,
            "SELECT sum(h.pos - c.pos) FROM log_head h JOIN relay_cursor c USING (topic, shard) "
            f"WHERE topic = '{name}'",
        )
    for reader, (database, topics) in READERS.items():
        for topic in topics:
            reached = query(
                platform,
                database,
                "SELECT sum(pos) FROM reader_position WHERE reader = %s AND topic = %s",
                reader,
                topic,
            )
            behind[f"{reader} {topic}"] = sum(heads(platform, topic).values()) - int(reached[0][0] or 0)
    return behind


def wait_until(condition: Callable[[], bool], what: str, within_s: float = 180.0) -> None:
    """Wait for a condition of the running servers; a server that is just being restarted counts as not yet."""
    deadline = time.monotonic() + within_s
    while True:
        try:
            if condition():
                return
        except (psycopg.OperationalError, httpx.TransportError):
            pass
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        time.sleep(0.1)


def come_to_rest(platform: Platform, within_s: float = 180.0) -> None:
    """Wait until every batch has ended, every relay has sent and every reader has read all there is."""
    open_batches = "SELECT count(*) FROM upload WHERE finished_at IS NULL OR pending > 0"
    last: dict[str, int] = {}

    def at_rest() -> bool:
        before = [heads(platform, topic) for topic in DATABASE_OF]
        last.clear()
        last["open batches"] = count(platform, "registry_ingest", open_batches)
        last.update(lag(platform))
        # What a reader wrote while others were asked (a death that had waited for its person) is still to be read.
        return not any(last.values()) and before == [heads(platform, topic) for topic in DATABASE_OF]

    try:
        wait_until(at_rest, "everything at rest", within_s)
    except AssertionError as error:
        raise AssertionError(f"not at rest within {within_s} s: { {k: v for k, v in last.items() if v} }") from error


async def _read_topic(kafka: KafkaClient, topic: str) -> list[Event]:
    consumer = AIOKafkaConsumer(**kafka.options(), auto_offset_reset="earliest", max_poll_records=None)
    await consumer.start()
    partitions = [TopicPartition(topic, shard) for shard in range(SHARDS)]
    consumer.assign(partitions)
    ends = await consumer.end_offsets(partitions)
    await consumer.seek_to_beginning()
    events: list[Event] = []
    while any([await consumer.position(partition) < end for partition, end in ends.items()]):
        for partition, records in (await consumer.getmany(timeout_ms=500)).items():
            for r in records:
                # What a stranger wrote is no event: `check_parked` looks whether every reader set it aside.
                with contextlib.suppress(EnvelopeError):
                    events.append(from_record(topic, partition.partition, r.key, r.value, r.headers))
    await consumer.stop()
    return events


def on_kafka(platform: Platform, topic: str) -> list[Event]:
    """Everything on a topic, in the order of each shard, with repeats as they are."""
    return asyncio.run(_read_topic(platform.instance.kafka_client(), topic))


def check_log_and_topic(platform: Platform, topic: str) -> list[Event]:
    """Positions 1, 2, 3 ... in the store; on Kafka the same, byte for byte, taken in order as a reader does."""
    stored = {
        (shard, pos): (event_id, type_, key, bytes(value))
        for shard, pos, event_id, type_, key, value in query(
            platform, DATABASE_OF[topic], f"SELECT shard, pos, event_id, type, key, value FROM {table_of(topic)}"
        )
    }
    for shard, head in heads(platform, topic).items():
        assert {pos for s, pos in stored if s == shard} == set(range(1, head + 1)), f"{topic}/{shard} has holes"
    assert len({row[0] for row in stored.values()}) == len(stored), f"{topic}: an event id twice"
    seen: dict[tuple[int, int], Event] = {}
    for event in on_kafka(platform, topic):
        assert stored[event.position] == (event.event_id, event.type, event.key, event.value)
        # What arrives before its predecessor arrives once more behind it: docs/decisions/0002.
        if event.pos == 1 or (event.shard, event.pos - 1) in seen:
            seen.setdefault(event.position, event)
    assert seen.keys() == stored.keys(), f"{topic}: on Kafka {len(seen)}, in the store {len(stored)}"
    return list(seen.values())


def parked(platform: Platform) -> Counter[tuple[str, str]]:
    """By reader and reason, how many records are parked."""
    found: Counter[tuple[str, str]] = Counter()
    for database in sorted(set(DATABASE_OF.values()) | {"gateway"}):
        for reader, reason, number in query(
            platform, database, "SELECT reader, reason, count(*) FROM parked GROUP BY reader, reason"
        ):
            found[reader, reason] += number
    return found


def check_copies(platform: Platform) -> None:
    """Each record that is parked, or was until an operator saw to it, has exactly one copy on its topic."""
    for name, topic in PARKED_TOPICS.items():
        database = topic.owner.replace("-", "_")
        copies = {event.event_id for event in on_kafka(platform, name)}
        source = name.removesuffix(f".{topic.owner}.parked.v1")
        ids = query(
            platform,
            database,
            "SELECT parked_id FROM parked WHERE topic = %s AND starts_with(reader, %s) "
            "UNION SELECT parked_id FROM operator_action WHERE topic = %s AND starts_with(reader, %s)",
            *(source, f"{topic.owner}.") * 2,
        )
        assert copies == {uuid5(parked_id, "parked") for (parked_id,) in ids}, name


class Told:
    """What the events say of everybody, in whatever order they are heard: who holds whom, and where a case stands."""

    def __init__(self) -> None:
        self.holders: dict[str, tuple[int, str]] = {}
        self.states: dict[str, str] = {}

    def hear(self, events: Iterable[Event]) -> None:
        """Events of a topic, each household's in their order."""
        for event in events:
            try:
                data = decode(event.type, event.value)
            except UnknownEventTypeError:  # of tomorrow: every reader sets it aside, too
                continue
            if not isinstance(data, HouseholdFact):
                continue
            effects, household_id = data.effects(), str(data.household_id)
            if effects.state is not None:
                self.states[household_id] = effects.state.value
            joined = [(one.person_id, one.membership_seq, household_id) for one in effects.joined]
            for person, seq, holder in (*joined, *((o.person_id, o.membership_seq, str(o.to)) for o in effects.left)):
                if seq > self.holders.get(str(person), (0, ""))[0]:
                    self.holders[str(person)] = (seq, holder)


def reported(types: Counter[str]) -> int:
    """How many reports there are among events counted by type: each has one outcome."""
    return sum(types[f"{what}_reported"] for what in ("household", "ranking", "death", "move", "match"))


def check_everything(platform: Platform, *, set_aside: Mapping[tuple[str, str], int] | None = None) -> Counter[str]:
    """The oracle. `set_aside`: what is expected to be parked, by reader and reason. Answers how many events of each
    type there are."""
    assert parked(platform) == Counter(set_aside or {})
    types: Counter[str] = Counter()
    told = Told()
    for topic in DATABASE_OF:
        events = check_log_and_topic(platform, topic)
        types += Counter(event.type.split(".")[-2] for event in events)
        told.hear(events)
    households, members = types["proposed"], [(person, holder) for person, (_, holder) in told.holders.items()]
    for database, view in (("gateway", "household_view"), ("eligibility", "household_fact")):
        assert dict(query(platform, database, f"SELECT household_id::text, state FROM {view}")) == told.states
    assert count(platform, "gateway", "SELECT count(*) FROM household_view") == households
    assert count(platform, "eligibility", "SELECT count(*) FROM household_fact") == households
    assert count(platform, "registry_ingest", "SELECT count(*) FROM household_index") == households
    persons = query(platform, "gateway", "SELECT person_id::text, household_id::text, nik_hash FROM person_view")
    niks = query(
        platform,
        "gateway",
        "SELECT DISTINCT ON (nik_hash) nik_hash, person_id::text, household_id::text FROM person_view "
        "WHERE nik_hash IS NOT NULL ORDER BY nik_hash, membership_seq DESC",
    )
    assert sorted((p, h) for p, h, _ in persons) == sorted(members)
    facts = query(platform, "eligibility", "SELECT person_id::text, household_id::text FROM person_fact")
    assert sorted((p, h) for p, h, _ in persons) == sorted(facts)
    claims = query(
        platform,
        "household",
        "SELECT nik_hash, person_id::text, household_id::text FROM person_claim WHERE person_id <> %s",
        NOBODY,
    )
    assert sorted((bytes(n), p, h) for n, p, h in niks) == sorted((bytes(n), p, h) for n, p, h in claims)
    index = query(platform, "registry_ingest", "SELECT nik_hash, person_id::text, household_id::text FROM person_index")
    assert sorted(map(repr, claims)) == sorted(map(repr, index))
    decided = query(platform, "eligibility", "SELECT household_id::text, programme, outcome FROM decision_current")
    shown = query(platform, "gateway", "SELECT household_id::text, programme, outcome FROM decision_view")
    assert sorted(decided) == sorted(shown)
    check_decided(partial(count, platform), households)
    aid_shown.check_reviews(partial(query, platform))
    aid_shown.check_payments(partial(query, platform))
    wait_until(
        lambda: aid_shown.places_are_shown(partial(query, platform)),
        "every place that is held or waited for is shown, and no other",
        60,
    )
    accepted, refused = types["accepted"], types["refused"]
    assert accepted + refused == reported(types)
    for said, came in (("accepted", accepted), ("refused", refused)):
        of_rows = f"SELECT coalesce(sum({said}), 0) FROM upload"
        others = " + ".join(f"(SELECT count(*) FROM {of} WHERE state = '{said}')" for of in _REPORTS)
        assert count(platform, "registry_ingest", f"SELECT ({of_rows}) + {others}") == came
    assert count(platform, "registry_ingest", "SELECT sum(pending) FROM upload") == 0
    return types
