"""SQL of objections. Row-level security applies to every statement here."""

from typing import Any
from uuid import UUID

from psycopg import Connection, sql
from psycopg.rows import dict_row

from padan_gateway.domain.regions import Scope

MOST = 500
_PLAIN = sql.SQL(
    "o.objection_id, o.household_id, o.reason, o.photo, o.raised_at, o.due_at, o.outcome, o.resolved_at, o.lapses, "
    "o.appealed_at, o.appeal_until"
)


def of_household(connection: Connection[Any], household_id: UUID) -> list[dict[str, Any]]:
    """The objections to a household with their sealed blocks, the oldest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT * FROM objection_view WHERE household_id = %s ORDER BY raised_at, objection_id", [household_id]
        ).fetchall()


def waiting(connection: Connection[Any], region: Scope) -> list[dict[str, Any]]:
    """The objections of a region that wait for an answer, those that lapse first at the top."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            sql.SQL(
                "SELECT {plain} FROM objection_view o "
                "WHERE o.due_at IS NOT NULL AND {within} ORDER BY o.due_at, o.objection_id LIMIT %(most)s"
            ).format(plain=_PLAIN, within=_within(region)),
            {"most": MOST, **region.columns},
        ).fetchall()


def counts(connection: Connection[Any], region: Scope) -> dict[str, Any]:
    """How many there are in a region, by how they stand; `lapses` counts each time nobody answered."""
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            sql.SQL(
                "SELECT count(*) FILTER (WHERE o.due_at IS NOT NULL) AS open, "
                "count(*) FILTER (WHERE o.due_at IS NULL AND o.outcome = 'upheld') AS upheld, "
                "count(*) FILTER (WHERE o.due_at IS NULL AND o.outcome = 'dismissed') AS dismissed, "
                "coalesce(sum(o.lapses), 0)::integer AS lapses, count(o.appealed_at) AS appeals "
                "FROM objection_view o WHERE {within}"
            ).format(within=_within(region)),
            region.columns,
        ).fetchone()
    assert row is not None
    return row


def _within(region: Scope) -> sql.Composable:
    named = [sql.SQL("o.{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in region.columns]
    return sql.SQL(" AND ").join([sql.SQL("true"), *named])
