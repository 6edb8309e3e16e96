"""SQL of payments. Row-level security applies to every statement here."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row


def people(connection: Connection[Any], person_ids: Sequence[UUID]) -> Mapping[UUID, tuple[str | None, str | None]]:
    """Name and NIK of each of these people, as they stand; of those the caller sees."""
    rows = connection.execute(
        "SELECT person_id, name, nik FROM person_view WHERE person_id = ANY(%s)", [person_ids]
    ).fetchall()
    return {person_id: (name, nik) for person_id, name, nik in rows}


def of_household(connection: Connection[Any], household_id: UUID) -> tuple[Sequence[Any], Sequence[Any]]:
    """A household's lines, the latest first, and its recoveries."""
    with connection.cursor(row_factory=dict_row) as cursor:
        lines = cursor.execute(
            "SELECT * FROM payment_view WHERE household_id = %s ORDER BY listed_at DESC, list_id", [household_id]
        ).fetchall()
        recoveries = cursor.execute(
            "SELECT * FROM recovery_view WHERE household_id = %s ORDER BY opened_at DESC, recovery_id", [household_id]
        ).fetchall()
    return lines, recoveries
