"""Rebuilding ledgers and their lists from what this service's own log says of them: a rebuild holds no round.

Of a household and programme the last event stands, since all of them are in one shard; of a ledger the last
`round_closed`, which every round ends with. Left out are the quotas that were set and the rows that rounds take up:
whether a round has taken them is no event.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from padan_events import Event, decode
from padan_events.places import AllocationRoundClosed, PlaceAwarded, PlaceFact, Promoted, Waitlisted
from padan_events.topics import ELIGIBILITY_EVENTS
from padan_runtime.rebuild.view import Table, View
from psycopg import Connection

from padan_eligibility.domain.allocation import Ledger
from padan_eligibility.places import repository

NAME: Final = "eligibility.places"


class Batch(msgspec.Struct, frozen=True):
    """What a batch comes to: the last event by programme and household, and the last round by ledger."""

    places: dict[tuple[str, UUID], PlaceFact]
    rounds: dict[UUID, AllocationRoundClosed]


class PlacesRebuilder:
    """See `padan_runtime.rebuild.view.Rebuilder`."""

    async def prepare(self, events: Sequence[Event], /) -> Batch:
        """Fold. Raises decoding errors."""
        batch = Batch({}, {})
        for event in events:
            match decode(event.type, event.value):
                case PlaceFact() as fact:
                    batch.places[fact.programme, fact.household_id] = fact
                case AllocationRoundClosed() as closed:
                    batch.rounds[closed.ledger_id] = closed
        return batch

    def apply(self, connection: Connection[Any], events: Sequence[Event], prepared: Batch, /) -> None:
        """Write the rows."""
        del events
        for (programme, number), facts in _by_round(prepared.places).items():
            after = {fact.regency: Ledger(programme, fact.regency) for fact in facts}
            for fact in facts:
                match fact:
                    case PlaceAwarded() | Promoted():
                        after[fact.regency].places[fact.household_id] = fact.rank
                    case Waitlisted():
                        after[fact.regency].waiting[fact.household_id] = fact.rank
            repository.write_places(connection, programme, number, after, [fact.household_id for fact in facts])
        repository.write_ledgers(
            connection,
            [Ledger(one.programme, one.regency, one.quota, one.ledger_seq) for one in prepared.rounds.values()],
        )
        for one in prepared.rounds.values():
            repository.write_round(connection, one.programme, one.round)


def _by_round(places: dict[tuple[str, UUID], PlaceFact]) -> dict[tuple[str, int], list[PlaceFact]]:
    found: dict[tuple[str, int], list[PlaceFact]] = {}
    for (programme, _), fact in places.items():
        found.setdefault((programme, fact.round), []).append(fact)
    return found


def view() -> View:
    """The projection `eligibility.places`."""
    return View(
        name=NAME,
        reader=NAME,
        topics=(),
        own_logs=(ELIGIBILITY_EVENTS,),
        tables=(
            Table(name="place", key=("programme", "household_id")),
            Table(name="ledger", key=("programme", "regency"), household=None),
            Table(name="allocation_round", key=("programme",), household=None),
        ),
        rebuilder=PlacesRebuilder(),
        hold=repository.lock,
    )
