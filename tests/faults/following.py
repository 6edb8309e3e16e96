"""The oracle of one round: what came since the last one, in the logs, on Kafka and as counts in every view.

What grows with all that was ever sent (`oracle.check_everything`) is looked at now and then, and at the end.
"""

import asyncio
from collections import Counter, OrderedDict
from functools import partial
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from decided import check_decided
from oracle import DATABASE_OF, count, query, reported
from padan_cli.platform import Platform
from padan_events import SHARDS, EnvelopeError, Event, decode, type_of
from padan_events.envelope import from_record
from padan_events.household import WelfareRanked
from padan_events.topics import HOUSEHOLD_EVENTS
from padan_household.domain.claim import NOBODY
from padan_runtime.log import table_of
from padan_runtime.sequence import Sequence, Verdict

from faults.parked import Where
from faults.poison import UNKNOWN_TYPE

Shard = tuple[str, int]
Stored = tuple[str, str, str, bytes]
"""Event id, type, key and value."""
_DECIDED: Final = (
    "SELECT coalesce((SELECT sum({0}) FROM upload), 0) + (SELECT count(*) FROM life_event WHERE state = '{0}') "
    "+ (SELECT count(*) FROM register_match WHERE state = '{0}')"
)
_ROWS_OF: Final = {"round_view": "round_opened", "objection_view": "objection_raised"}
"""By view, the type of which each event is a row of it."""


class Following:
    """Reads on where it stopped in the round before."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        shards = [(topic, shard) for topic in DATABASE_OF for shard in range(SHARDS)]
        self._sequences = {shard: Sequence(0, OrderedDict()) for shard in shards}
        self._offsets = dict.fromkeys(shards, 0)
        self.types: Counter[str] = Counter()
        self.repeats = self.early = 0
        self.strays: set[Where] = set()
        self.unknown: set[Where] = set()

    def check(self) -> int:
        """Look at everything that is new; how many events that was. Raises `AssertionError` with what is wrong."""
        before = self.types.total()
        stored = {topic: self._stored_since(topic) for topic in DATABASE_OF}
        asyncio.run(self._read_on(stored))
        for topic, events in stored.items():
            for shard in range(SHARDS):
                head = max((pos for s, pos in events if s == shard), default=self._sequences[topic, shard].pos)
                reached = self._sequences[topic, shard].pos
                assert reached == head, f"{topic}/{shard}: on Kafka up to {reached}, in the store up to {head}"
        self._check_counts()
        return self.types.total() - before

    def _stored_since(self, topic: str) -> dict[tuple[int, int], Stored]:
        after = {shard: self._sequences[topic, shard].pos for shard in range(SHARDS)}
        rows = query(
            self._platform,
            DATABASE_OF[topic],
            f"SELECT l.shard, l.pos, l.event_id::text, l.type, l.key, l.value FROM {table_of(topic)} l "
            "JOIN unnest(%s::smallint[], %s::bigint[]) AS w (shard, pos) ON l.shard = w.shard AND l.pos > w.pos "
            "ORDER BY l.shard, l.pos",
            list(after),
            list(after.values()),
        )
        for shard, pos, *_ in rows:
            after[shard] += 1
            assert pos == after[shard], f"{topic}/{shard}: {pos} stands where {after[shard]} comes next"
        return {(shard, pos): (id_, type_, key, bytes(value)) for shard, pos, id_, type_, key, value in rows}

    async def _read_on(self, stored: dict[str, dict[tuple[int, int], Stored]]) -> None:
        consumer = AIOKafkaConsumer(**self._platform.instance.kafka_client().options(), auto_offset_reset="none")
        await consumer.start()
        try:
            partitions = {TopicPartition(*shard): offset for shard, offset in self._offsets.items()}
            consumer.assign(list(partitions))
            for partition, offset in partitions.items():
                consumer.seek(partition, offset)
            ends = await consumer.end_offsets(list(partitions))
            while any(self._offsets[p.topic, p.partition] < end for p, end in ends.items()):
                for partition, records in (await consumer.getmany(timeout_ms=500, max_records=5_000)).items():
                    for record in records:
                        self._take_record(partition, record, stored[partition.topic])
                        self._offsets[partition.topic, partition.partition] = record.offset + 1
        finally:
            await consumer.stop()

    def _take_record(self, partition: TopicPartition, record: Any, stored: dict[tuple[int, int], Stored]) -> None:
        try:
            event = from_record(partition.topic, partition.partition, record.key, record.value, record.headers)
        except EnvelopeError:
            self.strays.add((partition.topic, partition.partition, record.offset))
            return
        self._take(event, stored)

    def _take(self, event: Event, stored: dict[tuple[int, int], Stored]) -> None:
        """Take a record as a reader does, and hold it against the store."""
        sequence = self._sequences[event.topic, event.shard]
        where = f"{event.topic}/{event.shard}: {event.pos}"
        match sequence.judge(event):
            case Verdict.REPEAT:
                self.repeats += 1
            case Verdict.HOLE:
                self.early += 1  # the relay began again: it comes once more behind what is missing
            case Verdict.REUSED:
                raise AssertionError(f"{where} was given out twice")
            case Verdict.APPLY:
                of_store = stored.get(event.position)
                assert of_store is not None, f"{where} is on Kafka and not in the store"
                of_kafka = (str(event.event_id), event.type, event.key, event.value)
                assert of_store == of_kafka, f"{where} differs from what the store holds"
                sequence.take(event)
                self.types[event.type.split(".")[-2]] += 1
                if event.type == UNKNOWN_TYPE:
                    self.unknown.add((event.topic, event.shard, event.pos))

    def _check_counts(self) -> None:
        """By counts, that each view holds what was accepted, once."""
        types, households = self.types, self.types["proposed"]
        of_rows = "SELECT count(*) FROM batch_row WHERE outcome IN ('accepted', 'refused')"
        of_events = (
            "SELECT count(*) FROM (SELECT state FROM life_event UNION ALL SELECT state FROM register_match) r "
            "WHERE state IN ('accepted', 'refused')"
        )
        expected = {
            ("gateway", "SELECT count(*) FROM household_view"): households,
            ("eligibility", "SELECT count(*) FROM household_fact"): households,
            ("registry_ingest", "SELECT count(*) FROM household_index"): households,
            ("registry_ingest", _DECIDED.format("accepted")): types["accepted"],
            ("registry_ingest", _DECIDED.format("refused")): types["refused"],
            ("registry_ingest", "SELECT sum(pending) FROM upload"): 0,
            ("registry_ingest", f"SELECT ({of_rows}) + ({of_events})"): reported(types),
            ("registry_ingest", "SELECT count(*) FROM death_waiting"): 0,
            **{("gateway", f"SELECT count(*) FROM {view}"): types[type_] for view, type_ in _ROWS_OF.items()},
        }
        found = {asked: count(self._platform, *asked) for asked in expected}
        wrong = {
            statement: (found[d, statement], n) for (d, statement), n in expected.items() if found[d, statement] != n
        }
        assert not wrong, f"found and expected: {wrong}"
        check_decided(partial(count, self._platform), households)
        persons = {
            database: count(self._platform, database, f"SELECT count(*) FROM {table}")
            for database, table in (("gateway", "person_view"), ("eligibility", "person_fact"))
        }
        claims = {
            database: count(self._platform, database, f"SELECT count(*) FROM {table} WHERE person_id <> '{NOBODY}'")
            for database, table in (("household", "person_claim"), ("registry_ingest", "person_index"))
        }
        assert len(set(persons.values())) == 1, f"persons differ: {persons}"
        assert len(set(claims.values())) == 1, f"claims differ: {claims}"


def check_rankings(platform: Platform) -> None:
    """Every view holds the last decile that was accepted of each household, and of no other."""
    accepted = {
        key: data.decile
        for key, value in query(
            platform,
            "household",
            f"SELECT DISTINCT ON (key) key, value FROM {table_of(HOUSEHOLD_EVENTS.name)} WHERE type = %s "
            "ORDER BY key, version DESC",
            type_of(WelfareRanked).name,
        )
        if isinstance(data := decode(type_of(WelfareRanked).name, bytes(value)), WelfareRanked)
    }
    for database, view in (("gateway", "household_view"), ("eligibility", "household_fact")):
        shown = dict(
            query(platform, database, f"SELECT household_id::text, decile FROM {view} WHERE decile IS NOT NULL")
        )
        differing = {key for key in accepted.keys() | shown.keys() if accepted.get(key) != shown.get(key)}
        assert not differing, f"{view}: another decile than the one accepted last, of {sorted(differing)[:5]}"
