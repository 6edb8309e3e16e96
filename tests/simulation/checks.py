"""The oracle: accepted = stored = delivered = in every view, once and in order; one NIK one household; a view rebuilt
from nothing equals the live one. The same promises as `tests/support/oracle.py` holds the real services to."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from padan_events import Event, decode
from padan_events.household import Proposed
from padan_events.intake import Accepted, Refused
from padan_events.personal import PersonIdentity
from padan_events.topics import ELIGIBILITY_EVENTS, HOUSEHOLD_EVENTS, INTAKE, OUTCOMES
from padan_household.domain.proposing import FIRST_MEMBERSHIP
from padan_runtime.sequence import Sequence as ShardSequence
from padan_runtime.sequence import Verdict

from simulation.processes import World
from simulation.readers import Facts, Views, facts_of, outcome_of, policies
from simulation.register import nik_hash_of
from simulation.servers import SHARDS, Database, Place, Transaction

if TYPE_CHECKING:
    from simulation.town import Town

_COMPARED = {"gateway": ("household", "person", "decision"), "eligibility": ("fact", "person")}


def at_any_moment(town: Town) -> None:
    """What holds at every instant, whoever is just dead or asleep."""
    for group, base in town.groups:
        database = town.world.databases[base]
        for topic, shard in group.shards:
            applied = database.table("applied").get((group.name, topic, shard), [])
            place = database.table("place").get((group.name, (topic, shard)), Place()).pos
            assert applied == list(range(1, place + 1)), (
                f"{group.name}, {topic}/{shard}: its place is {place}, it applied {_odd(applied)}"
            )
    _one_nik_one_household(town)
    _views_equal_rebuilt(town)


def at_rest(town: Town) -> None:
    """What holds once everything was read."""
    at_any_moment(town)
    for topic in (INTAKE.name, OUTCOMES.name, HOUSEHOLD_EVENTS.name, ELIGIBILITY_EVENTS.name):
        for shard in range(SHARDS):
            _delivered(town, topic, shard)
    _one_outcome_a_report(town)
    _decisions_stand(town)


def _odd(applied: list[int]) -> str:
    """Where a list of positions is not 1, 2, 3 ..."""
    for index, pos in enumerate(applied):
        if pos != index + 1:
            return f"{pos} where {index + 1} comes next"
    return f"up to {len(applied)}"


def _delivered(town: Town, topic: str, shard: int) -> None:
    stored = town.log(topic, shard)
    sequence = ShardSequence(0, OrderedDict())
    for event in town.world.kafka.topics[topic][shard]:
        if sequence.judge(event) is Verdict.APPLY:
            assert event == stored[event.pos - 1], f"{topic}/{shard} {event.pos}: Kafka and store differ"
            sequence.take(event)
    assert sequence.pos == len(stored), f"{topic}/{shard}: {len(stored)} stored, {sequence.pos} delivered"
    if topic != INTAKE.name:  # there a report may be sent twice
        assert len({event.event_id for event in stored}) == len(stored), f"{topic}/{shard}: an event id twice"


def _events(town: Town, topic: str) -> list[tuple[Event, Any]]:
    return [(event, decode(event.type, event.value)) for shard in range(SHARDS) for event in town.log(topic, shard)]


def _one_nik_one_household(town: Town) -> None:
    holders: defaultdict[bytes, set[UUID]] = defaultdict(set)
    for _, data in _events(town, HOUSEHOLD_EVENTS.name):
        for member in data.members if isinstance(data, Proposed) else ():
            nik = msgspec.json.decode(member.identity, type=PersonIdentity).nik
            if nik is not None and member.membership_seq == FIRST_MEMBERSHIP:
                holders[nik_hash_of(nik)].add(data.household_id)
    twice = {nik: found for nik, found in holders.items() if len(found) > 1}
    assert not twice, f"one NIK in two households: {twice}"
    claims = town.world.databases["household"].table("claim")
    assert claims == {nik: next(iter(found)) for nik, found in holders.items()}, "claims and events differ"


def _one_outcome_a_report(town: Town) -> None:
    reports = {event.event_id: data for event, data in _events(town, INTAKE.name)}
    said: dict[UUID, str] = {}
    for _, data in _events(town, OUTCOMES.name):
        assert isinstance(data, Accepted | Refused)
        assert data.report_id not in said, f"two outcomes of row {data.origin.row}"
        said[data.report_id] = data.code if isinstance(data, Refused) else "accepted"
    assert said.keys() == reports.keys(), "a report without an outcome"
    rows = {reports[report_id].origin.row: what for report_id, what in said.items()}
    assert rows == town.world.databases["ingest"].table("row"), "rows and outcomes differ"


def _decisions_stand(town: Town) -> None:
    """The decision that stands is the last one told, and says what the facts say."""
    eligibility = town.world.databases["eligibility"]
    told = {
        (data.household_id, data.programme): event.event_id for event, data in _events(town, ELIGIBILITY_EVENTS.name)
    }
    standing = eligibility.table("decision")
    assert told == {key: row.event_id for key, row in standing.items()}, "decisions told and standing differ"
    as_of = {event.time.date() for event, _ in _events(town, HOUSEHOLD_EVENTS.name)}
    assert len(as_of) <= 1, "the day changed: decisions cannot be taken again from final facts"
    for household_id, row in eligibility.table("fact").items():
        for policy in policies():
            again = outcome_of(policy, facts_of(household_id, row), next(iter(as_of)))
            assert again == standing[household_id, policy.programme].outcome, "a decision differs from its facts"
    expected = Counter(policy.programme for policy in policies() for _ in eligibility.table("fact"))
    assert Counter(programme for _, programme in standing) == expected, "a household without a decision"


def _views_equal_rebuilt(town: Town) -> None:
    """Each view, built again from the logs up to where its reader stands, in another order of shards."""
    for group, base in town.groups:
        if base not in _COMPARED:
            continue
        live = town.world.databases[base]
        world = World(0)
        again = Database("/padan/rebuilt", [ELIGIBILITY_EVENTS.name])
        handler = Views(world, again) if base == "gateway" else Facts(world, again)
        places = live.table("place")
        for topic, shard in reversed(group.shards):
            events = town.log(topic, shard)[: places.get((group.name, (topic, shard)), Place()).pos]
            transaction = Transaction(again)
            if events:
                for _ in handler.apply(transaction, events):
                    pass
            transaction.commit()
        for table in _COMPARED[base]:
            assert live.table(table) == again.table(table), f"{group.name}: {table} differs from one built again"
