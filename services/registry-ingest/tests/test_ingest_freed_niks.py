"""A NIK that was recorded for the wrong person is found for its owner only, in whatever order the shards are read."""

from collections.abc import Iterator
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from padan_cli.platform.pytest_plugin import MakeDatabase
from padan_events.effects import Left
from padan_registry_ingest.persons import repository
from padan_registry_ingest.persons.repository import FreedHash, IndexedHousehold, IndexedPerson
from padan_runtime.database import Database

WRONG, RIGHT = bytes(32), bytes([1]) * 32
PERSON, OWNER = UUID(int=1), UUID(int=2)
FIRST, SECOND, THIRD = UUID(int=11), UUID(int=12), UUID(int=13)


@pytest.fixture
def database(make_database: MakeDatabase) -> Iterator[Database]:
    opened = Database(make_database("registry_ingest").url, name="ingest-test")
    opened.open()
    yield opened
    opened.close()


def household(household_id: UUID, pos: int) -> IndexedHousehold:
    return IndexedHousehold(household_id, shard=0, pos=pos, active=True, named=False, family_card_hash=None)


def read(database: Database, *, pos: int = 1, of: UUID, **said: Any) -> None:
    with database.transaction() as connection:
        repository.write(
            connection, [household(of, pos)], said.get("persons", []), said.get("left", []), said.get("freed", [])
        )


def test_the_owner_of_a_freed_nik_is_found_and_nobody_else_in_every_order(database: Database) -> None:
    def first() -> None:  # a person comes in with another's NIK, and moves
        read(database, of=FIRST, persons=[IndexedPerson(WRONG, PERSON, FIRST, 1)])
        read(database, of=FIRST, pos=2, left=[Left(PERSON, 2, SECOND)])

    def second() -> None:  # where they move to, it is corrected
        read(database, of=SECOND, persons=[IndexedPerson(WRONG, PERSON, SECOND, 2)])
        corrected = [IndexedPerson(RIGHT, PERSON, SECOND, 3)]
        read(database, of=SECOND, pos=2, persons=corrected, freed=[FreedHash(WRONG, SECOND, 3)])

    def third() -> None:  # and its owner comes in
        read(database, of=THIRD, persons=[IndexedPerson(WRONG, OWNER, THIRD, 4)])

    for shards in permutations((first, second, third)):
        with database.transaction() as connection:
            connection.execute("DELETE FROM person_index")
            connection.execute("DELETE FROM freed_nik")
        for shard in shards:
            shard()
        with database.transaction() as connection:
            holders = repository.standing(connection, [WRONG, RIGHT]).holders
            rows = connection.execute("SELECT nik_hash, person_id, membership_seq FROM person_index").fetchall()
        assert {nik: holder.household_id for nik, holder in holders.items()} == {WRONG: THIRD, RIGHT: SECOND}
        assert sorted(rows) == [(WRONG, OWNER, 4), (RIGHT, PERSON, 3)]


def test_a_freed_nik_is_nobodys(database: Database) -> None:
    read(database, of=FIRST, persons=[IndexedPerson(WRONG, PERSON, FIRST, 1)])
    read(database, of=FIRST, pos=2, freed=[FreedHash(WRONG, FIRST, 2)])
    read(database, of=SECOND, persons=[IndexedPerson(WRONG, PERSON, SECOND, 1)])  # what is read late says nothing new
    with database.transaction() as connection:
        assert repository.standing(connection, [WRONG]).holders == {}
