"""SQL of the names of families. Row-level security applies."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg import Connection


def names(connection: Connection[Any], household_ids: Sequence[UUID]) -> Mapping[UUID, str | None]:
    """The head of each of these families, or who takes care of it; of those the caller sees."""
    rows = connection.execute(
        "SELECT h.household_id, p.name FROM household_view h LEFT JOIN person_view p "
        "ON p.person_id = coalesce(h.head, h.caretaker) AND p.household_id = h.household_id "
        "WHERE h.household_id = ANY(%s)",
        [household_ids],
    )
    return dict(rows.fetchall())
