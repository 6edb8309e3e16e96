"""SQL of the work queues. Row-level security applies to every statement here."""

from datetime import datetime
from typing import Any, Final

from padan_events.states import CLOSED, State
from psycopg import Connection, sql
from psycopg.rows import dict_row

from padan_gateway.domain.regions import Level, Scope

_WAITING: Final = [state.value for state in State if state not in {State.DETERMINED, *CLOSED}]


def waiting(connection: Connection[Any], region: Scope, now: datetime) -> list[dict[str, Any]]:
    """By the state a case builds on, how many wait in a region, since when the oldest does, and how many were returned
    and are due within three days."""
    within: sql.Composable = sql.SQL("true")
    if region.level is not Level.NATION:
        within = sql.SQL("{} = %(region)s").format(sql.Identifier(region.level.value))
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            sql.SQL(
                "SELECT coalesce(returned_to, state) AS state, count(*) AS waiting, "
                "count(*) FILTER (WHERE state = 'returned') AS returned, "
                "count(*) FILTER (WHERE due_at < %(now)s + interval '3 days') AS due_soon, "
                "min(state_since) AS oldest_since FROM household_view WHERE {within} "
                # Named one by one: nearly all households of a region wait for nothing, and are not read.
                "AND state = ANY(%(waiting)s) GROUP BY 1"
            ).format(within=within),
            {"region": region.code, "now": now, "waiting": _WAITING},
        ).fetchall()
