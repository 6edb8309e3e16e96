"""SQL of families that move, and of people whom the civil registry shows elsewhere. Row-level security applies to every
statement here."""

from typing import Any

from padan_events.states import CLOSED
from psycopg import Connection, sql
from psycopg.rows import dict_row

from padan_gateway.domain.regions import Level, Scope


def moves(connection: Connection[Any], region: Scope, stage: str | None, limit: int) -> list[dict[str, Any]]:
    """The last move of each household seen in a region, of one stage where it is named, those that are due first. One
    that has left the register moves no more."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            sql.SQL(
                "SELECT * FROM relocation_view WHERE {within} AND (%(stage)s::text IS NULL OR stage = %(stage)s) "
                "AND NOT (closed AND stage IN ('requested', 'released')) "
                "ORDER BY due_at NULLS LAST, household_id LIMIT %(limit)s"
            ).format(within=_within(region)),
            {"stage": stage, "limit": limit, "region": region.code, "regency": region.code[:4]},
        ).fetchall()


def seen(connection: Connection[Any], limit: int) -> list[dict[str, Any]]:
    """Living members whom the civil registry shows in another village than the register, where no move there is open;
    the latest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT s.*, h.regency AS from_regency FROM seen_move_view s JOIN household_view h USING (household_id) "
            "JOIN person_view p ON p.person_id = s.person_id AND p.household_id = s.household_id "
            "WHERE p.died_on IS NULL AND h.state <> ALL(%(closed)s) AND s.village IS DISTINCT FROM h.village "
            "AND NOT EXISTS (SELECT FROM relocation_view r WHERE r.household_id = s.household_id "
            "AND r.stage IN ('requested', 'released') AND r.village = s.village) "
            "ORDER BY s.since DESC, s.household_id, s.person_id LIMIT %(limit)s",
            {"closed": [state.value for state in CLOSED], "limit": limit},
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
