"""Places and waiting lists in the views: of each household and programme the last event stands, of each ledger its last
round."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from padan_events import Event
from padan_events.places import (
    AllocationRoundClosed,
    PlaceAwarded,
    PlaceFact,
    PlaceReleased,
    Promoted,
    WaitingEnded,
    Waitlisted,
)
from psycopg import Connection

_UPSERT_PLACES = (
    "INSERT INTO place_view (household_id, programme, regency, status, reason, decile, unmet, determined_on, round, "
    "since, own_order, ordered_by) SELECT household_id, programme, regency, status, reason, decile, unmet, "
    "determined_on, round, since, own_order, ordered_by "
    "FROM json_to_recordset(%s::json) AS w (household_id uuid, programme text, regency text, status text, reason text, "
    "decile smallint, unmet smallint, determined_on date, round integer, since timestamptz, "
    "own_order bigint[], ordered_by text[]) "
    "ON CONFLICT (household_id, programme) DO UPDATE SET regency = EXCLUDED.regency, status = EXCLUDED.status, "
    "reason = EXCLUDED.reason, decile = EXCLUDED.decile, unmet = EXCLUDED.unmet, "
    "determined_on = EXCLUDED.determined_on, round = EXCLUDED.round, since = EXCLUDED.since, "
    "own_order = EXCLUDED.own_order, ordered_by = EXCLUDED.ordered_by"
)
_UPSERT_LEDGERS = (
    "INSERT INTO ledger_view (programme, regency, ledger_id, quota, places, waiting, round, as_of) "
    "SELECT programme, regency, ledger_id, quota, places, waiting, round, as_of "
    "FROM json_to_recordset(%s::json) AS w (programme text, regency text, ledger_id uuid, quota integer, "
    "places integer, waiting integer, round integer, as_of date) "
    "ON CONFLICT (programme, regency) DO UPDATE SET quota = EXCLUDED.quota, places = EXCLUDED.places, "
    "waiting = EXCLUDED.waiting, round = EXCLUDED.round, as_of = EXCLUDED.as_of"
)


class Places(msgspec.Struct):
    """What a batch says last of each household and programme, and of each ledger (programme and regency)."""

    places: dict[tuple[UUID, str], tuple[Event, PlaceFact]] = msgspec.field(default_factory=dict)
    ledgers: dict[tuple[str, str], AllocationRoundClosed] = msgspec.field(default_factory=dict)

    def fold(self, event: Event, data: PlaceFact | AllocationRoundClosed) -> None:
        """Take an event in, in the order of its shard."""
        if isinstance(data, PlaceFact):
            self.places[data.household_id, data.programme] = (event, data)
        else:
            self.ledgers[data.programme, data.regency] = data


def write(connection: Connection[Any], told: Places) -> None:
    """Write what a batch says."""
    if told.places:
        _write(connection, _UPSERT_PLACES, [_place(event, fact) for event, fact in told.places.values()])
    if told.ledgers:
        _write(connection, _UPSERT_LEDGERS, list(told.ledgers.values()))


def _write(connection: Connection[Any], statement: str, rows: Sequence[Any]) -> None:
    connection.execute(statement.encode(), [msgspec.json.encode(rows).decode()])


def _place(event: Event, fact: PlaceFact) -> dict[str, Any]:
    status, reason, rank = "ended", None, None
    match fact:
        case PlaceAwarded() | Promoted():
            status, rank = "held", fact.rank
        case Waitlisted():
            status, rank = "waiting", fact.rank
        case PlaceReleased() | WaitingEnded():
            reason = fact.reason.value
    return {
        "household_id": fact.household_id,
        "programme": fact.programme,
        "regency": fact.regency,
        "status": status,
        "reason": reason,
        "decile": None if rank is None else rank.decile,
        "unmet": None if rank is None else rank.unmet,
        "determined_on": None if rank is None else rank.determined_on,
        "round": fact.round,
        "since": event.time,
        "own_order": [] if rank is None else rank.own,
        "ordered_by": [] if rank is None else [key.by for key in rank.order],
    }
