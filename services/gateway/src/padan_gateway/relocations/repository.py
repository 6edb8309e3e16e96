"""SQL of families that move. Row-level security applies to every statement here."""

from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row


def moves(connection: Connection[Any], stage: str | None, limit: int) -> list[dict[str, Any]]:
    """The last move of each household seen, of one stage where it is named, those that are due first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT * FROM relocation_view WHERE %(stage)s::text IS NULL OR stage = %(stage)s "
            "ORDER BY due_at NULLS LAST, household_id LIMIT %(limit)s",
            {"stage": stage, "limit": limit},
        ).fetchall()
