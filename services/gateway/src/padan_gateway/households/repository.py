"""SQL that reads households and members. Row-level security applies to every statement here."""

from typing import Any
from uuid import UUID

from padan_events.states import State
from psycopg import Connection, sql
from psycopg.rows import dict_row

from padan_gateway.domain.regions import Level, Scope

_HOUSEHOLD = sql.SQL(
    "SELECT h.*, c.name AS caretaker_name, "
    "(SELECT count(*) FROM person_view p WHERE p.household_id = h.household_id AND p.died_on IS NULL) AS member_count "
    "FROM household_view h "
    "LEFT JOIN person_view c ON c.person_id = h.caretaker AND c.household_id = h.household_id "
)


def household(connection: Connection[Any], household_id: UUID) -> dict[str, Any] | None:
    """One household."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_HOUSEHOLD + sql.SQL("WHERE h.household_id = %s"), [household_id]).fetchone()


def members(connection: Connection[Any], household_id: UUID) -> list[dict[str, Any]]:
    """The persons of a household, in the order in which they were reported."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT * FROM person_view WHERE household_id = %s ORDER BY ordinal, person_id", [household_id]
        ).fetchall()


def page(
    connection: Connection[Any], region: Scope, after: UUID | None, limit: int, state: State | None = None
) -> list[dict[str, Any]]:
    """At most `limit` households of a region, in one state where it is named, with an id beyond `after`, by id."""
    conditions: list[sql.Composable] = [sql.SQL("true")]
    if region.level is not Level.NATION:
        conditions.append(sql.SQL("h.{} = %(region)s").format(sql.Identifier(region.level.value)))
    if after is not None:
        conditions.append(sql.SQL("h.household_id > %(after)s"))
    if state is not None:
        conditions.append(sql.SQL("h.state = %(state)s"))
    query = _HOUSEHOLD + sql.SQL("WHERE {} ORDER BY h.household_id LIMIT %(limit)s").format(
        sql.SQL(" AND ").join(conditions)
    )
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, {"region": region.code, "after": after, "limit": limit, "state": state}).fetchall()
