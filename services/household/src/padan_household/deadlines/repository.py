"""All SQL over deadline."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from padan_household.domain.deadlines import Deadline


def replace(connection: Connection[Any], deadlines: Mapping[UUID, Iterable[Deadline]]) -> None:
    """What comes due in these households from now on is this and nothing else."""
    if not deadlines:
        return
    rows = [(household, one.kind, one.at) for household, due in sorted(deadlines.items()) for one in sorted(due)]
    connection.execute("DELETE FROM deadline WHERE household_id = ANY(%b::uuid[])", [sorted(deadlines)])
    connection.execute(
        "INSERT INTO deadline (household_id, kind, due_at) "
        "SELECT * FROM unnest(%(households)b::uuid[], %(kinds)b::text[], %(times)b::timestamptz[])",
        {
            "households": [household for household, _, _ in rows],
            "kinds": [kind for _, kind, _ in rows],
            "times": [at for _, _, at in rows],
        },
    )


def due(connection: Connection[Any], now: datetime, most: int) -> list[UUID]:
    """Households in which something has come due, the longest ago first."""
    rows = connection.execute(
        "SELECT household_id FROM deadline WHERE due_at <= %s ORDER BY due_at, household_id LIMIT %s", [now, most]
    )
    return list(dict.fromkeys(household for (household,) in rows))
