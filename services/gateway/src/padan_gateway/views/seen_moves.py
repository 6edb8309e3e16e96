"""Where the civil registry showed members last, in the views: gone with whoever leaves the household, and with a
household that leaves the register."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from padan_events import Event
from padan_events.effects import HouseholdFact
from padan_events.personal import ShownPlace
from padan_events.relocations import RelocationSeen
from padan_events.states import CLOSED
from padan_runtime.keys import SubjectKeys, keys_of
from padan_runtime.sealing import open_sealed
from psycopg import Connection

_UPSERT = (
    "INSERT INTO seen_move_view (household_id, person_id, province, regency, district, village, since) "
    "VALUES (%s, %s, left(%s, 2), left(%s, 4), left(%s, 6), %s, %s) "
    "ON CONFLICT (household_id, person_id) DO UPDATE SET province = EXCLUDED.province, regency = EXCLUDED.regency, "
    "district = EXCLUDED.district, village = EXCLUDED.village, since = EXCLUDED.since"
)
_DELETE = (
    "DELETE FROM seen_move_view v USING unnest(%(households)b::uuid[], %(persons)b::uuid[]) "
    "AS g (household_id, person_id) WHERE v.household_id = g.household_id AND v.person_id = g.person_id"
)


class SeenMove(msgspec.Struct, frozen=True):
    """The village in which somebody is shown, a 10-digit code, and since when."""

    village: str
    since: date


Shown = dict[tuple[UUID, UUID | None], SeenMove | None]
"""By household and person; None where nothing is shown any more. Under the person None: of nobody in that household but
those who are here, too."""


def sealed_for(data: HouseholdFact) -> tuple[UUID, ...]:
    """The persons whose blocks such an event carries."""
    return (data.person_id,) if isinstance(data, RelocationSeen) else ()


def fold(shown: Shown, event: Event, data: HouseholdFact, keys: Mapping[UUID, SubjectKeys]) -> None:
    """What is shown after an event. Of a person whose key was destroyed nothing is. Raises `KeyUnknownError` and
    `SealError`."""
    if isinstance(data, RelocationSeen):
        key, move = keys_of(keys, data.person_id).identity, None
        if key is not None:
            place = open_sealed(key, data.place, ShownPlace, subject=data.person_id, event_id=event.event_id)
            move = SeenMove(place.village, data.occurred_on)
        shown[data.household_id, data.person_id] = move
    effects = data.effects()
    for left in effects.left:
        shown[data.household_id, left.person_id] = None
    if effects.state in CLOSED:
        for one in [one for one in shown if one[0] == data.household_id]:
            del shown[one]
        shown[data.household_id, None] = None


def write(connection: Connection[Any], shown: Shown) -> None:
    """Write what a batch shows."""
    closed = [household for household, person in shown if person is None]
    if closed:
        connection.execute("DELETE FROM seen_move_view WHERE household_id = ANY(%b::uuid[])", [closed])
    gone = [(household, person) for (household, person), move in shown.items() if person and move is None]
    if gone:
        connection.execute(
            _DELETE, {"households": [household for household, _ in gone], "persons": [person for _, person in gone]}
        )
    rows = [
        (household, person, *[move.village] * 4, move.since)
        for (household, person), move in shown.items()
        if move is not None
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(_UPSERT, rows)
