"""SQL of families that move. Row-level security applies to every statement here."""

from typing import Any

from psycopg import Connection, sql
from psycopg.rows import dict_row

from padan_gateway.domain.regions import Level, Scope


def moves(connection: Connection[Any], region: Scope, stage: str | None, limit: int) -> list[dict[str, Any]]:
    """The last move of each household seen in a region, of one stage where it is named, those that are due first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            sql.SQL(
                "SELECT * FROM relocation_view WHERE {within} AND (%(stage)s::text IS NULL OR stage = %(stage)s) "
                "ORDER BY due_at NULLS LAST, household_id LIMIT %(limit)s"
            ).format(within=_within(region)),
            {"stage": stage, "limit": limit, "region": region.code, "regency": region.code[:4]},
        ).fetchall()


def _within(region: Scope) -> sql.SQL:
    """By both ends, as far as there are indexes; row-level security narrows it to what lies within."""
    match region.level:
        case Level.NATION:
            return sql.SQL("true")
        case Level.PROVINCE:
            return sql.SQL("(province = %(region)s OR left(from_regency, 2) = %(region)s)")
        case _:
            return sql.SQL("(regency = %(regency)s OR from_regency = %(regency)s)")
