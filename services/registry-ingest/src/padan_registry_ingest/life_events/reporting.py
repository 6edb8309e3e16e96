"""The one rule for a death, whatever door it came by: who is known is reported to household, who is not waits."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from padan_events import encode, shard_of, type_of
from padan_events.intake import DeathReported, Origin
from padan_runtime.log import Entry
from psycopg import Connection

from padan_registry_ingest.life_events import repository
from padan_registry_ingest.life_events.repository import Death, Person
from padan_registry_ingest.persons.repository import lock_waiting

_TYPE: Final = type_of(DeathReported)


class Reported(msgspec.Struct, frozen=True):
    """What had waited for the same people and goes first, the events of these deaths, by report the household of each,
    and who waits."""

    earlier: list[Entry]
    entries: list[Entry]
    households: dict[UUID, UUID]
    waiting: list[Death]


def report_deaths(connection: Connection[Any], deaths: Sequence[Death], *, take: bool = True) -> Reported:
    """What becomes of these deaths, in their order; appends nothing yet, and lets nobody wait yet.

    Behind the lock of those who wait. What waited for the same people goes first: a death is not to overtake the one
    that was told before it. Without `take` it waits on, and is not among what goes.
    """
    lock_waiting(connection)
    people = repository.people(connection, [death.nik_hash for death in deaths])
    earlier = waited_for(connection, list(people), {}) if take else []
    known = [death for death in deaths if death.nik_hash in people]
    return Reported(
        earlier,
        [reported(death, people[death.nik_hash], None) for death in known],
        {death.report_id: people[death.nik_hash].household_id for death in known},
        [death for death in deaths if death.nik_hash not in people],
    )


def waited_for(connection: Connection[Any], hashes: Sequence[bytes], causes: Mapping[UUID, UUID]) -> list[Entry]:
    """The deaths that waited for these people, taken out, in the order they came in. Behind the lock.

    `causes`: by household, the event that named it, where there is one.
    """
    taken = repository.take_waiting(connection, hashes)
    return [reported(death, person, causes.get(person.household_id)) for death, person in taken]


def reported(death: Death, person: Person, cause: UUID | None) -> Entry:
    """One intake event. `cause` is the event that made the person known, None where none had to."""
    key = str(person.household_id)
    data = DeathReported(
        household_id=person.household_id,
        person_id=person.person_id,
        occurred_on=death.occurred_on,
        source=death.source,
        origin=Origin(death.batch_id, death.row),
        region=death.region,
        reversed=death.reversed,
    )
    return Entry(
        topic=_TYPE.topic.name,
        shard=shard_of(key),
        key=key,
        event_id=death.report_id,
        type=_TYPE.name,
        value=encode(data),
        actor=death.actor,
        correlation_id=death.batch_id,
        causation_id=cause,
    )
