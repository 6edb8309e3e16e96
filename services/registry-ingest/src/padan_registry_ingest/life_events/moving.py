"""Moves that the civil registry shows: of whom the register holds they are reported to household, others wait."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from padan_events import encode, shard_of, type_of
from padan_events.intake import MoveReported, Origin
from padan_runtime.log import Entry
from psycopg import Connection

from padan_registry_ingest.life_events import repository
from padan_registry_ingest.life_events.repository import Move, Person
from padan_registry_ingest.persons.repository import lock_waiting
from padan_registry_ingest.validating.check import known_region

_TYPE: Final = type_of(MoveReported)
_VILLAGE: Final = 10
_WAITS: Final = timedelta(days=28)
"""How long a move waits for its person: two days less than the key lives under which the village is sealed."""


def village_of(region: str) -> str | None:
    """The village that a code of the registry names, with or without dots; None where it names none that we know."""
    code = region.replace(".", "")
    return code if len(code) == _VILLAGE and known_region(code) else None


def report_moves(connection: Connection[Any], moves: Sequence[Move]) -> tuple[list[Entry], dict[UUID, UUID]]:
    """The events to append of these moves, in their order, behind what had waited for the same people; and by report
    the household of each that goes out. Moves of people who are not known wait from now on. Takes the lock of those
    who wait.
    """
    if not moves:
        return [], {}
    lock_waiting(connection)
    people = repository.people(connection, [move.nik_hash for move in moves])
    earlier = moves_waited_for(connection, list(people), {})
    known = [move for move in moves if move.nik_hash in people]
    if len(known) < len(moves):
        waiting = [move for move in moves if move.nik_hash not in people]
        repository.wait_for_movers(connection, waiting, _first_key())
    return (
        [*earlier, *(_reported(move, people[move.nik_hash], None) for move in known)],
        {move.report_id: people[move.nik_hash].household_id for move in known},
    )


def moves_waited_for(connection: Connection[Any], hashes: Sequence[bytes], causes: Mapping[UUID, UUID]) -> list[Entry]:
    """The moves that waited for these people, taken out, in the order they came in. Behind the lock.

    `causes`: by household, the event that named it, where there is one.
    """
    taken = repository.take_movers(connection, hashes, _first_key())
    return [_reported(move, person, causes.get(person.household_id)) for move, person in taken]


def _first_key() -> str:
    return (datetime.now(UTC) - _WAITS).date().isoformat()


def _reported(move: Move, person: Person, cause: UUID | None) -> Entry:
    key = str(person.household_id)
    data = MoveReported(
        household_id=person.household_id,
        person_id=person.person_id,
        to_regency=move.to_regency,
        occurred_on=move.occurred_on,
        source=move.source,
        origin=Origin(move.batch_id, move.row),
        key_id=move.key_id,
        sealed=move.sealed,
        region=move.region,
    )
    return Entry(
        topic=_TYPE.topic.name,
        shard=shard_of(key),
        key=key,
        event_id=move.report_id,
        type=_TYPE.name,
        value=encode(data),
        actor=move.actor,
        correlation_id=move.batch_id,
        causation_id=cause,
    )
