"""The projection of household.events.v1 that the person index is. Sends deciles that waited for a person."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from padan_events import Event, check_known, decode
from padan_events.effects import Effects, HouseholdFact, Left, effective_types
from padan_events.personal import FreedNik, HouseholdIdentity, PersonIdentity
from padan_events.states import CLOSED
from padan_runtime.database import Database
from padan_runtime.keys import KeyClient, SubjectKeys, keys_of
from padan_runtime.relay import hint
from padan_runtime.sealing import open_sealed
from psycopg import Connection

from padan_registry_ingest.persons import repository
from padan_registry_ingest.persons.repository import FreedHash, IndexedHousehold, IndexedPerson
from padan_registry_ingest.persons.waiting import report_waiting

READER: Final = "registry-ingest.persons"
_EFFECTIVE: Final = effective_types()
Keys = dict[UUID, dict[UUID, SubjectKeys]]


class Known(msgspec.Struct, frozen=True):
    """What a batch of events says of people and households, and the event that last said so of each household; `died`,
    by household and person, who died there (True) or lives after all (False)."""

    persons: list[IndexedPerson]
    households: dict[UUID, IndexedHousehold]
    left: list[Left]
    causes: dict[UUID, UUID]
    freed: list[FreedHash]
    died: dict[tuple[UUID, UUID], bool]

    def write(self, connection: Connection[Any]) -> None:
        """Write it into the index."""
        repository.write(connection, self.households.values(), self.persons, self.left, self.freed)
        repository.record_deaths(connection, self.died)


class PersonIndex:
    """Handler of the projector `READER`."""

    def __init__(self, database: Database, keys: KeyClient) -> None:
        self._database, self._keys = database, keys
        self._sent = False

    async def prepare(self, events: Sequence[Event]) -> Known:
        """Open the identity blocks. Raises `Unavailable`."""
        return await opened_batch(self._keys, events)

    def apply(self, connection: Connection[Any], _: Sequence[Event], prepared: Known) -> None:
        """Write the index, and report the deciles that waited for these people."""
        self._sent = False
        if not prepared.households:
            return
        repository.lock_waiting(connection)
        prepared.write(connection)
        hashes = [person.nik_hash for person in prepared.persons]
        self._sent = report_waiting(connection, hashes, prepared.causes) > 0

    async def committed(self, _: Sequence[Event]) -> None:
        """Tell the relay where something was appended."""
        if self._sent:
            await asyncio.to_thread(hint, self._database)


async def opened_batch(client: KeyClient, events: Sequence[Event]) -> Known:
    """Open the identity blocks that these events carry. Raises `Unavailable`, `KeyUnknownError`, `SealError`, and
    `UnknownEventTypeError` for a type that a later version may make something of."""
    for name in {event.type for event in events}:
        check_known(name)
    facts = [(event, data) for event in events if event.type in _EFFECTIVE and (data := _fact(event))]
    wanted = {data.household_id: data.effects().sealed_for for _, data in facts if data.effects().sealed_for}
    for _, data in facts:
        if data.effects().identity is not None:
            wanted[data.household_id] = (*wanted.get(data.household_id, ()), data.household_id)
    keys = await client.covering(wanted)
    # Events come once: keeping their keys would only hold memory.
    client.forget(keys)
    return await asyncio.to_thread(_open, facts, keys)


def _fact(event: Event) -> HouseholdFact | None:
    data = decode(event.type, event.value)
    return data if isinstance(data, HouseholdFact) else None


def _open(facts: Sequence[tuple[Event, HouseholdFact]], keys: Keys) -> Known:
    known = Known([], {}, [], {}, [], {})
    for event, data in facts:
        household_id, effects = data.household_id, data.effects()
        own = keys.get(household_id, {})
        known.causes[household_id] = event.event_id
        before = known.households.get(household_id)
        row = IndexedHousehold(
            household_id,
            shard=event.shard,
            pos=event.pos,
            active=None if effects.state is None else effects.state not in CLOSED,
            named=effects.identity is not None,
            family_card_hash=_card(event, household_id, effects.identity, own),
        )
        known.households[household_id] = row if before is None else before.then(row)
        for member in (*effects.joined, *effects.changed):
            key = keys_of(own, member.person_id).identity
            if key is None:
                continue  # erased: nothing of this person may be found any more
            person = open_sealed(
                key, member.identity, PersonIdentity, subject=member.person_id, event_id=event.event_id
            )
            if person.nik_hash is not None:
                nik_hash = bytes.fromhex(person.nik_hash)
                known.persons.append(IndexedPerson(nik_hash, member.person_id, household_id, member.membership_seq))
        known.left.extend(effects.left)
        known.freed.extend(_freed(event, household_id, effects, own))
        known.died.update({(household_id, one.person_id): one.on is not None for one in effects.died})
    return known


def _freed(event: Event, household_id: UUID, effects: Effects, keys: Mapping[UUID, SubjectKeys]) -> Iterator[FreedHash]:
    for one in effects.freed:
        key = keys_of(keys, one.person_id).identity
        if key is not None:
            nik = open_sealed(key, one.nik, FreedNik, subject=one.person_id, event_id=event.event_id)
            yield FreedHash(bytes.fromhex(nik.nik_hash), household_id, one.membership_seq)


def _card(event: Event, household_id: UUID, sealed: bytes | None, keys: Mapping[UUID, SubjectKeys]) -> bytes | None:
    if sealed is None or (key := keys_of(keys, household_id).identity) is None:
        return None
    identity = open_sealed(key, sealed, HouseholdIdentity, subject=household_id, event_id=event.event_id)
    return None if identity.family_card_hash is None else bytes.fromhex(identity.family_card_hash)
