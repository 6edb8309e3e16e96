"""The projection of household.events.v1 that the person index is. Sends deciles that waited for a person."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from padan_events import Event, check_known, decode, type_of
from padan_events.household import Proposed
from padan_events.personal import HouseholdIdentity, PersonIdentity
from padan_runtime.database import Database
from padan_runtime.keys import KeyClient, SubjectKeys, keys_of
from padan_runtime.relay import hint
from padan_runtime.sealing import open_sealed
from psycopg import Connection

from padan_registry_ingest.persons import repository
from padan_registry_ingest.persons.repository import IndexedHousehold, IndexedPerson
from padan_registry_ingest.persons.waiting import report_waiting

READER: Final = "registry-ingest.persons"
_PROPOSED: Final = type_of(Proposed).name
Keys = dict[UUID, dict[UUID, SubjectKeys]]


class Known(msgspec.Struct, frozen=True):
    """What a batch of events says of people and households, and the event that named each household."""

    persons: list[IndexedPerson]
    households: list[IndexedHousehold]
    causes: dict[UUID, UUID]


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
        repository.upsert(connection, prepared.persons, prepared.households)
        hashes = [person.nik_hash for person in prepared.persons]
        self._sent = report_waiting(connection, hashes, prepared.causes) > 0

    async def committed(self, _: Sequence[Event]) -> None:
        """Tell the relay where something was appended."""
        if self._sent:
            await asyncio.to_thread(hint, self._database)


async def opened_batch(client: KeyClient, events: Sequence[Event]) -> Known:
    """Open the identity blocks of the households proposed in these events. Raises `Unavailable`, `KeyUnknownError`,
    `SealError`, and `UnknownEventTypeError` for a type that a later version may make something of."""
    for name in {event.type for event in events}:
        check_known(name)
    proposed = [(event, decode(event.type, event.value)) for event in events if event.type == _PROPOSED]
    households = [(event, data) for event, data in proposed if isinstance(data, Proposed)]
    keys = await client.of([data.household_id for _, data in households])
    # Events come once: keeping their keys would only hold memory.
    client.forget(keys)
    return await asyncio.to_thread(_open, households, keys)


def _open(households: Sequence[tuple[Event, Proposed]], keys: Keys) -> Known:
    known = Known([], [], {})
    for event, data in households:
        event_id, household_id, own = event.event_id, data.household_id, keys[data.household_id]
        known.causes[household_id] = event_id
        card: bytes | None = None
        if (subject := keys_of(own, household_id)).identity is not None:
            identity = open_sealed(
                subject.identity, data.identity, HouseholdIdentity, subject=household_id, event_id=event_id
            )
            card = None if identity.family_card_hash is None else bytes.fromhex(identity.family_card_hash)
        known.households.append(IndexedHousehold(household_id, card, event.shard, event.pos))
        for member in data.members:
            person_id = member.person_id
            if (subject := keys_of(own, person_id)).identity is None:
                continue  # erased: nothing of this person may be found any more
            person = open_sealed(
                subject.identity, member.identity, PersonIdentity, subject=person_id, event_id=event_id
            )
            if person.nik_hash is not None:
                known.persons.append(
                    IndexedPerson(bytes.fromhex(person.nik_hash), person_id, household_id, member.membership_seq)
                )
    return known
