"""SQL of the monthly round. Row-level security applies to every statement here."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection, sql
from psycopg.rows import dict_row

from padan_gateway.domain.regions import Scope

_COUNTED = sql.SQL(
    "coalesce(c.recipients, 0) AS recipients, coalesce(c.entitled, 0) AS entitled, "
    "coalesce(c.not_entitled, 0) AS not_entitled, coalesce(c.unconfirmed, 0) AS unconfirmed, "
    "coalesce(c.ended, 0) AS ended"
)
_COUNTS = (
    "SELECT h.village, count(*) AS recipients, count(*) FILTER (WHERE v.result = 'entitled') AS entitled, "
    "count(*) FILTER (WHERE v.result = 'not_entitled') AS not_entitled, "
    "count(*) FILTER (WHERE v.result = 'not_entitled' AND v.ends IS NULL) AS unconfirmed, "
    "count(*) FILTER (WHERE v.ends) AS ended "
    "FROM household_view h LEFT JOIN verification_view v ON v.household_id = h.household_id AND v.month = %(month)s "
    "WHERE h.state = 'determined' AND h.{level} = %(region)s GROUP BY h.village"
)
_STATE = sql.SQL(
    "r.village, r.month, r.opened_at, r.due_at, r.answered_at, r.closed_at, "
    "(r.answered_at IS NULL AND r.closed_at IS NULL AND r.due_at <= %(now)s) AS late"
)


def of_region(connection: Connection[Any], region: Scope, month: str, now: datetime) -> list[dict[str, Any]]:
    """The rounds of a month in a region, by village, with how its recipients were answered for."""
    level = sql.Identifier(region.level.value)
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            sql.SQL(
                "SELECT {state}, {counted} FROM round_view r LEFT JOIN ({counts}) c USING (village) "
                "WHERE r.month = %(month)s AND r.{level} = %(region)s ORDER BY r.village"
            ).format(state=_STATE, counted=_COUNTED, counts=sql.SQL(_COUNTS).format(level=level), level=level),
            {"region": region.code, "month": month, "now": now},
        ).fetchall()


def of_village(connection: Connection[Any], village: str, month: str, now: datetime) -> dict[str, Any] | None:
    """The round of a village, None where it was not opened."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            sql.SQL("SELECT {state} FROM round_view r WHERE r.village = %(village)s AND r.month = %(month)s").format(
                state=_STATE
            ),
            {"village": village, "month": month, "now": now},
        ).fetchone()


def answers(connection: Connection[Any], households: list[UUID], month: str) -> dict[UUID, dict[str, Any]]:
    """What was said of households in a month, by household."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "SELECT household_id, month, result, reason, photo, verified_at, ends, confirmed_at "
            "FROM verification_view WHERE household_id = ANY(%b) AND month = %s",
            [households, month],
        ).fetchall()
    return {row["household_id"]: row for row in rows}


def last_answer(connection: Connection[Any], household_id: UUID) -> dict[str, Any] | None:
    """What was said of a household last."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT month, result, reason, photo, verified_at, ends, confirmed_at FROM verification_view "
            "WHERE household_id = %s ORDER BY month DESC LIMIT 1",
            [household_id],
        ).fetchone()


def programmes(connection: Connection[Any], household_id: UUID) -> list[dict[str, Any]]:
    """The programmes a household was proposed for, or asked to leave."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT programme, proposed_on, leaving, left_on FROM programme_view WHERE household_id = %s "
            "ORDER BY programme",
            [household_id],
        ).fetchall()
