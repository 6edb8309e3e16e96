"""SQL of reviews. Row-level security applies to every statement here."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from psycopg import Connection, sql
from psycopg.rows import dict_row

from padan_gateway.domain.regions import Scope

# Late by the local date of where the household lives.
_SELECT: Final = (
    'SELECT r.*, r.outcome IS NULL AND r.due_on < p."on" AS overdue, h.regency, h.village FROM review_view r '
    "JOIN household_view h USING (household_id) "
    'JOIN unnest(%(provinces)s::text[], %(dates)s::date[]) AS p (province, "on") USING (province) '
)
_STATES: Final = {
    "open": "r.outcome IS NULL",
    "overdue": 'r.outcome IS NULL AND r.due_on < p."on"',
    "closed": "r.outcome IS NOT NULL",
}


def listed(
    connection: Connection[Any],
    region: Scope,
    state: str,
    *,
    today: Mapping[str, date],
    after: tuple[date, UUID],
    limit: int,
) -> Sequence[dict[str, Any]]:
    """The reviews of a region in a state (open, overdue, closed), those due first first, behind `after`. `today` is by
    province."""
    within = sql.SQL("").join(
        sql.SQL("AND h.{} = {} ").format(sql.Identifier(name), sql.Placeholder(name)) for name in region.columns
    )
    query = (
        sql.SQL(_SELECT)
        + sql.SQL("WHERE ")
        + sql.SQL(_STATES[state])
        + sql.SQL(" AND (r.due_on, r.review_id) > (%(due_on)s, %(review)s) ")
        + within
        + sql.SQL("ORDER BY r.due_on, r.review_id LIMIT %(limit)s")
    )
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            query,
            {
                **_dates(today),
                **region.columns,
                "due_on": after[0],
                "review": after[1],
                "limit": limit,
            },
        ).fetchall()


def of_household(
    connection: Connection[Any], household_id: UUID, today: Mapping[str, date]
) -> Sequence[dict[str, Any]]:
    """All reviews of a household, the latest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            _SELECT + "WHERE r.household_id = %(household)s ORDER BY r.opened_on DESC, r.review_id",
            {**_dates(today), "household": household_id},
        ).fetchall()


def one(connection: Connection[Any], review_id: UUID) -> dict[str, Any] | None:
    """A review, and where its household lives; None: there is none, or not for the caller."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT r.household_id, h.regency, h.village FROM review_view r JOIN household_view h USING (household_id) "
            "WHERE r.review_id = %s",
            [review_id],
        ).fetchone()


def _dates(today: Mapping[str, date]) -> dict[str, Any]:
    return {"provinces": list(today), "dates": list(today.values())}
