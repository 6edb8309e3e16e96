"""SQL of the work queues. Row-level security applies to every statement here."""

from datetime import datetime, timedelta
from typing import Any, Final

from padan_events.states import CLOSED, State
from psycopg import Connection, sql
from psycopg.rows import dict_row

from padan_gateway.domain.regions import Scope

_WAITING: Final = [state.value for state in State if state not in {State.DETERMINED, *CLOSED}]

_SOON: Final = timedelta(days=3)


def waiting(connection: Connection[Any], region: Scope, now: datetime) -> list[dict[str, Any]]:
    """By the state a case builds on, how many wait in a region, since when the oldest does, and how many were returned
    and are due within three days."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            sql.SQL(
                "SELECT coalesce(returned_to, state) AS state, sum(waiting)::bigint AS waiting, "
                "coalesce(sum(waiting) FILTER (WHERE state = 'returned'), 0)::bigint AS returned, "
                "sum(due_soon)::bigint AS due_soon, min(oldest_since) AS oldest_since FROM ("
                # By the columns of the index, in its order: an expression took as long to group as all the rest.
                "SELECT state, returned_to, count(*) AS waiting, min(state_since) AS oldest_since, "
                "count(*) FILTER (WHERE due_at < %(soon)s) AS due_soon FROM household_view "
                # Named one by one, as the index that has only these names them.
                "WHERE state IN ({waiting}) {within} GROUP BY state, returned_to) w GROUP BY 1"
            ).format(
                waiting=sql.SQL(", ").join(map(sql.Literal, _WAITING)),
                within=sql.SQL(" ").join(
                    sql.SQL("AND {} = {}").format(sql.Identifier(name), sql.Placeholder(name))
                    for name in region.columns
                ),
            ),
            {"soon": now + _SOON, **region.columns},
        ).fetchall()
