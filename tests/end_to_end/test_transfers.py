"""People change household or were recorded twice, families part, join and move: whatever side a reader sees first, and
however its batches fall, every view comes to the same rows, and at no instant does a person have a holder they never
had."""

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from random import Random
from typing import Any
from uuid import UUID

import pytest
from household_desk import OFFICE, VILLAGE, Desk
from household_given import Parts, a_nik
from padan_cli.platform.pytest_plugin import MakeDatabase
from padan_eligibility.facts import folding
from padan_eligibility.facts import repository as facts
from padan_events import Event, decode
from padan_events.commands import Command, CommandAccepted
from padan_events.commands.duplicates import MergeMembers, UnmergeMembers
from padan_events.commands.families import AddMember, Joining, MergeHouseholds, SplitHousehold, TransferMembers
from padan_events.commands.relocations import Address, RelocateHousehold, RequestRelocation
from padan_events.effects import NOBODY, HouseholdFact
from padan_events.families import AddReason, TransferReason
from padan_events.personal import Relationship, ReportedMember
from padan_events.topics import HOUSEHOLD_EVENTS
from padan_gateway.views import repository as views
from padan_gateway.views.rows import decoded
from padan_gateway.views.rows import fold as folded
from padan_household.keyring.rights import Reach, Rights
from padan_registry_ingest.persons import repository as index
from padan_registry_ingest.persons.index import opened_batch
from padan_runtime.database import Database
from padan_runtime.keys import KeyClient, SubjectKeys
from psycopg import Connection

OPERATOR = ("village_operator", VILLAGE)
Keys = dict[UUID, dict[UUID, SubjectKeys]]
Write = Callable[[Connection[Any], Sequence[Event]], None]


class KeysAtHand(KeyClient):
    """Keys without the way to household."""

    def __init__(self, keys: Keys) -> None:
        self._at_hand = keys

    async def covering(self, wanted: Mapping[UUID, Iterable[UUID]]) -> Keys:
        """All of them."""
        return {household_id: self._at_hand[household_id] for household_id in wanted}

    def forget(self, keys: Iterable[UUID]) -> None:
        """Nothing was fetched."""


class Reader:
    """A service's view in its own database."""

    def __init__(self, database: Database, tables: Mapping[str, str], write: Write) -> None:
        self.database, self._tables, self._write = database, tables, write

    def read(self, events: Sequence[Event]) -> None:
        """One batch, in one transaction."""
        with self.database.transaction() as connection:
            self._write(connection, events)

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything in the view."""
        with self.database.transaction() as connection:
            return {
                table: connection.execute(f"SELECT * FROM {table} ORDER BY {key}".encode()).fetchall()
                for table, key in self._tables.items()
            }

    def empty(self) -> None:
        """As before the first event."""
        with self.database.transaction() as connection:
            for table in self._tables:
                connection.execute(f"DELETE FROM {table}".encode())


@pytest.fixture
def desk(make_database: MakeDatabase) -> Iterator[Desk]:
    with ExitStack() as stack:
        opened = []
        for name in ("household", "keyring"):
            database = Database(make_database(name).url, name=f"test-{name}", size=8)
            database.open()
            stack.callback(database.close)
            opened.append(database)
        yield Desk(Parts(opened[0], opened[1], os.urandom(32)))


@pytest.fixture
def make_reader(make_database: MakeDatabase) -> Iterator[Callable[..., Reader]]:
    with ExitStack() as stack:

        def make(name: str, role: str, tables: Mapping[str, str], write: Write) -> Reader:
            database = Database(make_database(name).url, name=f"test-{name}")
            database.open()
            stack.callback(database.close)
            return Reader(database, tables, write)

        yield make


def accepted(desk: Desk, command: Command, who: tuple[str, str] = OPERATOR) -> None:
    outcome = desk.send(command, who)
    assert isinstance(outcome, CommandAccepted), outcome


def lived(desk: Desk) -> list[Event]:
    """Families to whom everything happens."""
    first, second, third = (desk.propose(row) for row in (1, 2, 3))
    one, two, three, four = desk.household(first).members
    recorded_twice(desk, second, third)

    def joins(to: UUID, origin: UUID, *people: UUID) -> None:
        joining = tuple(Joining(person, Relationship.WIFE) for person in people)
        accepted(
            desk,
            TransferMembers(household_id=to, origin=origin, members=joining, reason=TransferReason.MARRIAGE),
        )

    joins(second, first, two)
    joins(third, second, two)
    child = ReportedMember(name="Anak", nik=a_nik(900), relationship=Relationship.CHILD)
    accepted(desk, AddMember(household_id=second, member=child, reason=AddReason.BIRTH))
    parting = (Joining(one, Relationship.HEAD), Joining(three, Relationship.CHILD))
    accepted(desk, SplitHousehold(household_id=first, members=parting, caretaker=one))
    accepted(desk, RelocateHousehold(household_id=third, to=Address(village="3318042008", address="Jalan Baru")))
    accepted(desk, MergeHouseholds(household_id=third, absorbed=second), OFFICE)
    joins_back = TransferMembers(
        household_id=first,
        origin=third,
        members=(Joining(two, Relationship.CHILD),),
        reason=TransferReason.RETURN,
    )
    accepted(desk, joins_back)
    accepted(desk, RequestRelocation(household_id=first, to=Address(village="3374012003", address="Jalan Jauh")))
    assert desk.household(first).living == (four, two)
    return desk.parts.read(HOUSEHOLD_EVENTS.name)


def recorded_twice(desk: Desk, first: UUID, second: UUID) -> None:
    """People who were recorded twice, one in two families and one in one; one of them moved on before, and one merge
    was an error."""
    single, unknown = desk.propose(4, [None, a_nik(801)]), desk.propose(5, [a_nik(800)])
    kept, stays = desk.household(single).members
    (gone,) = desk.household(unknown).members
    moved = Joining(kept, Relationship.OTHER_FAMILY)
    accepted(
        desk,
        TransferMembers(household_id=first, origin=single, members=(moved,), reason=TransferReason.OTHER),
    )
    merge: dict[str, Any] = {
        "household_id": first, "person_id": kept, "duplicate_in": unknown, "duplicate": gone,
    }  # fmt: skip
    accepted(desk, MergeMembers(**merge), OFFICE)
    accepted(desk, UnmergeMembers(**merge), OFFICE)
    accepted(desk, MergeMembers(**merge), OFFICE)
    moved = Joining(stays, Relationship.OTHER_FAMILY)
    accepted(desk, MergeHouseholds(household_id=second, absorbed=single, members=(moved,)), OFFICE)
    accepted(
        desk,
        AddMember(household_id=second, member=ReportedMember(name="Orang 4 ke-1"), reason=AddReason.OMITTED),
    )
    again = list(desk.household(second).members)[-1]
    accepted(
        desk,
        MergeMembers(household_id=second, person_id=again, duplicate_in=second, duplicate=stays),
        OFFICE,
    )


def orders(events: Sequence[Event]) -> Iterator[list[list[Event]]]:
    """Batches, each shard in its order and the shards in any."""
    shards: dict[int, list[Event]] = {}
    for event in events:
        shards.setdefault(event.shard, []).append(event)
    assert len(shards) > 1
    yield [shards[shard] for shard in sorted(shards)]
    yield [shards[shard] for shard in sorted(shards, reverse=True)]
    yield [[event for shard in sorted(shards, reverse=True) for event in shards[shard]]]
    for seed in range(4):
        random, left = Random(seed), {shard: list(log) for shard, log in shards.items()}
        batches = []
        while left:
            shard = random.choice(sorted(left))
            size = random.randint(1, 3) if seed % 2 else 1
            batches.append([left[shard].pop(0) for _ in range(min(size, len(left[shard])))])
            left = {shard: log for shard, log in left.items() if log}
        yield batches


def test_whatever_side_is_seen_first_every_view_comes_to_the_same_rows(
    desk: Desk, make_reader: Callable[..., Reader]
) -> None:
    events = lived(desk)
    everything = Rights(Reach.ALL, Reach.ALL)
    keys: Keys = {
        held.household_id: {subject.subject_id: subject for subject in held.subjects}
        for held in desk.parts.keyring.of_households({UUID(event.key) for event in events}, everything)
    }

    def decide(connection: Connection[Any], batch: Sequence[Event]) -> None:
        changes = folding.fold(batch)
        members = [member for one in changes.values() for member in folding.open_members(one, keys[one.household_id])]
        facts.write_households(connection, changes.values())
        facts.write_persons(connection, members, changes.values())

    def find(connection: Connection[Any], batch: Sequence[Event]) -> None:
        known = asyncio.run(opened_batch(KeysAtHand(keys), batch))
        index.write(connection, known.households.values(), known.persons, known.left, known.freed)

    def show(connection: Connection[Any], batch: Sequence[Event]) -> None:
        views.write(connection, folded(decoded(batch), keys))

    readers = {
        "person_view": make_reader(
            "gateway",
            "gateway_writer",
            {"person_view": "person_id", "household_view": "household_id", "relocation_view": "household_id"},
            show,
        ),
        "person_fact": make_reader(
            "eligibility",
            "eligibility",
            {"person_fact": "person_id", "household_fact": "household_id"},
            decide,
        ),
        "person_index": make_reader(
            "registry_ingest",
            "registry_ingest",
            {"person_index": "person_id", "household_index": "household_id", "freed_nik": "nik_hash"},
            find,
        ),
    }
    ever = held_by(events)
    holders = {
        person: household_id
        for household_id in keys
        for person in desk.household(household_id).members
        if not desk.household(household_id).closed
    }
    for table, reader in readers.items():
        first = None
        for batches in orders(events):
            reader.empty()
            for batch in batches:
                reader.read(batch)
                for person, seq, household_id in where_people_are(reader, table):
                    assert ever[person, seq] == household_id, f"{table}: a holder that {person} never had"
            rows = reader.rows()
            first = first or rows
            assert rows == first, table
        held = {person: household_id for person, _, household_id in where_people_are(reader, table)}
        assert {person: household_id for person, household_id in held.items() if household_id != NOBODY} == holders


def held_by(events: Iterable[Event]) -> dict[tuple[UUID, int], UUID]:
    """By person and `membership_seq`, the holder: both sides of a transfer say the same."""
    held: dict[tuple[UUID, int], UUID] = {}
    for event in events:
        data = decode(event.type, event.value)
        assert isinstance(data, HouseholdFact)
        effects = data.effects()
        sides = [(one.person_id, one.membership_seq, data.household_id) for one in (*effects.joined, *effects.changed)]
        sides += [(one.person_id, one.membership_seq, one.to) for one in effects.left]
        for person, seq, household_id in sides:
            assert held.setdefault((person, seq), household_id) == household_id
    return held


def where_people_are(reader: Reader, table: str) -> list[tuple[UUID, int, UUID]]:
    with reader.database.transaction() as connection:
        return connection.execute(f"SELECT person_id, membership_seq, household_id FROM {table}".encode()).fetchall()
