"""Moves of families in the views: the last one of each household, by where it goes to."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from padan_events.effects import HouseholdFact
from padan_events.personal import HouseholdIdentity
from padan_events.relocations import (
    RelocationAccepted,
    RelocationCancelled,
    RelocationExpired,
    RelocationRefused,
    RelocationReleased,
    RelocationRequested,
    moves_until,
)
from padan_events.states import CLOSED
from padan_events.tiers import Reactivated
from psycopg import Connection

_ENDED = {RelocationRefused: "refused", RelocationCancelled: "cancelled", RelocationExpired: "expired"}
_BEGUN = (
    "INSERT INTO relocation_view (household_id, province, regency, district, village, address, rt, rw, from_regency, "
    "stage, stage_since, due_at, silent) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
    "ON CONFLICT (household_id) DO UPDATE SET province = EXCLUDED.province, regency = EXCLUDED.regency, "
    "district = EXCLUDED.district, village = EXCLUDED.village, address = EXCLUDED.address, rt = EXCLUDED.rt, "
    "rw = EXCLUDED.rw, from_regency = EXCLUDED.from_regency, stage = EXCLUDED.stage, "
    "stage_since = EXCLUDED.stage_since, due_at = EXCLUDED.due_at, silent = EXCLUDED.silent"
)
_LEFT = (
    "UPDATE relocation_view r SET closed = (h.state = ANY(%(closed)s)) FROM household_view h "
    "WHERE r.household_id = h.household_id AND h.household_id = ANY(%(households)s)"
)
_OPEN = ("requested", "released")
_TAKEN_UP = (
    "UPDATE relocation_view r SET due_at = greatest(r.due_at, w.until) "
    "FROM unnest(%(households)s::uuid[], %(until)s::timestamptz[]) AS w (household_id, until) "
    "WHERE r.household_id = w.household_id AND r.stage = ANY(%(open)s)"
)
_WENT_ON = "UPDATE relocation_view SET stage = %s, stage_since = %s, due_at = %s WHERE household_id = %s"


class Move(msgspec.Struct, frozen=True):
    """How far a move is. `to` are region columns and address of the destination, None where they are as before;
    `due_at` is when the next step is due, or, of one that was accepted at once, until when the destination may
    object."""

    stage: str
    since: datetime
    due_at: datetime | None
    from_regency: str
    to: tuple[str | None, ...] | None
    silent: bool = False


class Moves(msgspec.Struct):
    """The moves of a batch, and until when those at least wait whose households came back into the register."""

    latest: dict[UUID, Move] = {}
    taken_up: dict[UUID, datetime] = {}

    def follow(self, data: HouseholdFact, at: datetime, to: tuple[str | None, ...] | None) -> None:
        """Take one more event into account; `to` where it says where a household goes."""
        if isinstance(data, Reactivated):
            self.taken_up[data.household_id] = moves_until(data)
        move = then(self.latest.get(data.household_id), data, at, to)
        if move is not None:
            self.latest[data.household_id] = move


Region = tuple[str | None, str | None, str | None, str | None]


def sealed_home(data: HouseholdFact) -> bytes | None:
    """The block of a destination that is no home yet."""
    return data.destination if isinstance(data, RelocationRequested) else None


def destination(region: Region, home: HouseholdIdentity | None) -> tuple[str | None, ...]:
    """Columns of a destination; of one whose key was destroyed there is no address."""
    return (*region, *((None,) * 3 if home is None else (home.address, home.rt, home.rw)))


def then(before: Move | None, data: HouseholdFact, at: datetime, to: tuple[str | None, ...] | None) -> Move | None:
    """The move after an event; `to` where the event says where it goes."""
    to = to or (None if before is None else before.to)
    ended = _ENDED.get(type(data))
    if ended is not None:
        return Move(ended, at, None, data.regency, to)
    match data:
        case RelocationRequested():
            return Move("requested", at, data.due_at, data.regency, to)
        case RelocationReleased():
            return Move("released", at, data.due_at, data.regency, to)
        case RelocationAccepted():
            return Move("accepted", at, data.objection_until, data.from_regency, to, data.silent)
        case Reactivated() if before is not None and before.stage in _OPEN and before.due_at is not None:
            return msgspec.structs.replace(before, due_at=max(before.due_at, moves_until(data)))
        case _:
            return before


def write(connection: Connection[Any], moves: Moves, restated: Iterable[UUID]) -> None:
    """Write the moves of a batch, and which of those whose households' state is new (`restated`) move no more."""
    if moves.taken_up:
        again = {"households": list(moves.taken_up), "until": list(moves.taken_up.values())}
        connection.execute(_TAKEN_UP, {**again, "open": list(_OPEN)})
    for household_id, move in moves.latest.items():
        if move.to is None:
            connection.execute(_WENT_ON, [move.stage, move.since, move.due_at, household_id])
        else:
            connection.execute(
                _BEGUN,
                [household_id, *move.to, move.from_regency, move.stage, move.since, move.due_at, move.silent],
            )
    if households := sorted(restated):
        connection.execute(_LEFT, {"closed": sorted(state.value for state in CLOSED), "households": households})
