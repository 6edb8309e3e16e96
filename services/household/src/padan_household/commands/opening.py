"""Loads the households a command names, and opens what deciding on them needs."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from padan_events.personal import HouseholdIdentity, MapPoint, PersonIdentity, PersonSensitive, ShownPlace
from padan_runtime.keys import SubjectKeys, keys_of
from padan_runtime.sealing import open_sealed
from psycopg import Connection

from padan_household.domain.asked import Known, Person
from padan_household.domain.household import Household, Member, Sealed
from padan_household.domain.relocating import destination
from padan_household.keyring.keyring import Keyring
from padan_household.keyring.rights import Reach, Rights
from padan_household.store.application import Loaded, Register

_ALL = Rights(Reach.ALL, Reach.ALL)
_HOMES = Rights(Reach.HOUSEHOLD, Reach.HOUSEHOLD)
Content = TypeVar("Content", bound=msgspec.Struct)
_NO_KEYS: Mapping[UUID, SubjectKeys] = {}


class Opened(msgspec.Struct, frozen=True):
    """Households by id, those that exist: as they stand, opened, with their keys, and the events they have of the
    command already."""

    loaded: dict[UUID, Loaded]
    known: dict[UUID, Known]
    keys: dict[UUID, dict[UUID, SubjectKeys]]

    def nik_hashes(self) -> set[bytes]:
        """The NIKs of everybody who was opened."""
        return nik_hashes_of(self.known.values())


def nik_hashes_of(households: Iterable[Known]) -> set[bytes]:
    """The NIKs of everybody in them who was opened."""
    return {
        bytes.fromhex(person.identity.nik_hash)
        for known in households
        for person in (*known.persons.values(), *known.duplicates.values())
        if person.identity is not None and person.identity.nik_hash is not None
    }


def open_households(
    connection: Connection[Any],
    register: Register,
    keyring: Keyring,
    household_ids: Iterable[UUID],
    cause: UUID,
    *,
    members: bool,
    duplicates: bool = False,
    geotag: bool = False,
) -> Opened:
    """Load them in one SELECT each of store and keyring. Raises `KeyUnknownError` and `SealError`."""
    loaded = register.load_with_cause(dict.fromkeys(household_ids), cause, connection)
    keys = {
        held.household_id: {
            # Those that were not asked for are not destroyed ones: who needs them asks again.
            subject.subject_id: subject
            for subject in held.subjects
            if members or subject.subject_id == held.household_id
        }
        for held in keyring.of_households(loaded, _ALL if members else _HOMES)
    }
    known = {
        household_id: opened(
            one.household, keys.get(household_id, _NO_KEYS), members=members, duplicates=duplicates, geotag=geotag
        )
        for household_id, one in loaded.items()
    }
    return Opened(loaded, known, keys)


def opened(
    household: Household,
    keys: Mapping[UUID, SubjectKeys],
    *,
    members: bool,
    duplicates: bool = False,
    geotag: bool = False,
    seen: bool = False,
) -> Known:
    """A household with what these keys open of it; `seen`: also where the civil registry shows its members. Raises
    `KeyUnknownError` and `SealError`."""
    own, move = keys_of(keys, household.id).identity, household.relocation
    place = household.field.geotag if geotag else None
    home = _open(own, household.identity, HouseholdIdentity, household.id)
    elsewhere = None if move is None else _open(own, move.place, HouseholdIdentity, household.id)
    return Known(
        household=household,
        home=home,
        elsewhere=None if elsewhere is None else destination(household, elsewhere, home),
        persons={one: _person(member, one, keys) for one, member in household.members.items()} if members else {},
        duplicates=(
            {one: _person(aside.member, one, keys) for one, aside in household.duplicates.items()} if duplicates else {}
        ),
        geotag=None if place is None else _open(own, place, MapPoint, household.id),
        seen=_shown(household, keys) if seen else {},
    )


def _shown(household: Household, keys: Mapping[UUID, SubjectKeys]) -> dict[UUID, ShownPlace]:
    shown = {
        person: _open(keys_of(keys, person).identity, one.place, ShownPlace, person)
        for person, one in household.seen.items()
    }
    return {person: place for person, place in shown.items() if place is not None}


def _person(member: Member, person_id: UUID, keys: Mapping[UUID, SubjectKeys]) -> Person:
    held = keys_of(keys, person_id)
    return Person(
        _open(held.identity, member.identity, PersonIdentity, person_id),
        _open(held.sensitive, member.sensitive, PersonSensitive, person_id),
    )


def _open(key: bytes | None, sealed: Sealed, kind: type[Content], subject: UUID) -> Content | None:
    if key is None:
        return None
    return open_sealed(key, sealed.block, kind, subject=subject, event_id=sealed.event_id)
