"""Households as they stood before the events that are read while a period is being closed.

The facts may be beyond a cut in some shards when it is reached in all. So a closing is noted, and committed, before
household is asked for the cut; from then on the reader of the facts keeps each household as it stands before every
event of it. A batch that was in hand before the note lies wholly within the cut, for that is taken after. The list
takes of each household the last version within the cut.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from padan_events import Event
from psycopg import Connection

CLOSES_WITHIN_S: Final = 900
"""A closing that takes longer begins anew."""
_MARGIN_S: Final = 60
"""For so much longer versions are kept: that a closing still counts is judged before its snapshot is taken."""


def layers(events: Iterable[Event]) -> Sequence[Sequence[Event]]:
    """The first events of all households, then the second ones, and so on."""
    found: list[list[Event]] = []
    seen: Counter[str] = Counter()
    for event in events:
        place = seen[event.key]
        seen[event.key] += 1
        if place == len(found):
            found.append([])
        found[place].append(event)
    return found


def kept(connection: Connection[Any]) -> bool:
    """Whether households are to be kept as they stand."""
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM period_closing WHERE expires_at + make_interval(secs => %s) > clock_timestamp())",
        [_MARGIN_S],
    ).fetchone()
    return row is not None and bool(row[0])


def keep(connection: Connection[Any], household_ids: Sequence[UUID]) -> None:
    """Keep these households as they stand, those that there are."""
    # A statement of its own: who decides them anew just now has come to an end when they are read.
    connection.execute(
        "SELECT 1 FROM household_fact WHERE household_id = ANY(%b) ORDER BY household_id FOR UPDATE", [household_ids]
    )
    connection.execute(
        "INSERT INTO period_version (household_id, pos, regency, state, decile, decisions) "
        "SELECT f.household_id, coalesce(f.told_pos, f.pos), f.regency, f.state, f.decile, d.decisions "
        "FROM household_fact f CROSS JOIN LATERAL (SELECT coalesce(jsonb_object_agg(programme, "
        "jsonb_build_array(outcome, decision_id)), '{}') AS decisions FROM decision_current c "
        "WHERE c.household_id = f.household_id) d WHERE f.household_id = ANY(%b) ON CONFLICT DO NOTHING",
        [household_ids],
    )


def begin(connection: Connection[Any], closing_id: UUID) -> None:
    """Note that a period is being closed; to be committed before the cut is asked for."""
    connection.execute(
        "DELETE FROM period_closing WHERE expires_at + make_interval(secs => %s) <= clock_timestamp()", [_MARGIN_S]
    )
    _forget(connection)
    connection.execute(
        "INSERT INTO period_closing (closing_id, expires_at) "
        "VALUES (%b, clock_timestamp() + make_interval(secs => %s))",
        [closing_id, CLOSES_WITHIN_S],
    )


def end(connection: Connection[Any], closing_id: UUID) -> None:
    """The closing is over: what was kept for it is not needed any more."""
    connection.execute("DELETE FROM period_closing WHERE closing_id = %b", [closing_id])
    _forget(connection)


def _forget(connection: Connection[Any]) -> None:
    # A closing that is noted meanwhile asks for its cut later: what is kept by now lies within that.
    connection.execute("DELETE FROM period_version WHERE NOT EXISTS (SELECT FROM period_closing)")
