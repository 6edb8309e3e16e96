"""SQL of places. Row-level security applies to every statement here."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg import Connection, sql
from psycopg.rows import dict_row

from padan_gateway.domain.regions import Level, Scope


def ledgers(connection: Connection[Any], programme: str | None, regency: str | None) -> Sequence[dict[str, Any]]:
    """Programmes in regencies as their last round left them."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT programme, regency, quota, places, waiting, greatest(places - quota, 0) AS excess, round, as_of "
            "FROM ledger_view WHERE (%(programme)s::text IS NULL OR programme = %(programme)s) "
            "AND (%(regency)s::text IS NULL OR regency = %(regency)s) ORDER BY programme, regency",
            {"programme": programme, "regency": regency},
        ).fetchall()


def rank_of(connection: Connection[Any], programme: str, household_id: UUID) -> tuple[Any, ...] | None:
    """The rank by which a family waits, or by which it was given its place: own order, decile, unmet, date, household;
    None where it does neither."""
    row = connection.execute(
        "SELECT own_order, decile, unmet, determined_on, household_id FROM place_view "
        "WHERE programme = %s AND household_id = %s AND decile IS NOT NULL",
        [programme, household_id],
    ).fetchone()
    return None if row is None else tuple(row)


def waiting(
    connection: Connection[Any], programme: str, regency: str, after: Sequence[Any], limit: int
) -> Sequence[dict[str, Any]]:
    """Who waits, in order, behind the rank `after` (as `rank_of` has it; or nothing): those the caller sees, each with
    its rank among all."""
    own, decile, unmet, determined_on, household_id = after or ([], 0, 0, "1900-01-01", UUID(int=0))
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT p.household_id, p.decile, p.unmet, p.determined_on, p.since, 1 + waiting_before("
            "p.programme, p.regency, p.own_order, p.decile, p.unmet, p.determined_on, p.household_id) AS rank "
            "FROM place_view p "
            "WHERE p.programme = %(programme)s AND p.regency = %(regency)s AND p.status = 'waiting' "
            "AND (p.own_order, p.decile, p.unmet, p.determined_on, p.household_id) > (%(own)s::bigint[], "
            "%(decile)s::smallint, %(unmet)s::smallint, %(determined_on)s::date, %(household)s::uuid) "
            "ORDER BY p.own_order, p.decile, p.unmet, p.determined_on, p.household_id LIMIT %(limit)s",
            {
                "programme": programme,
                "regency": regency,
                "own": own,
                "decile": decile,
                "unmet": unmet,
                "determined_on": determined_on,
                "household": household_id,
                "limit": limit,
            },
        ).fetchall()


def unserved(connection: Connection[Any], region: Scope) -> Sequence[dict[str, Any]]:
    """Of a region, by programme and regency: families that are determined and entitled and hold no place, and what it
    would cost a year to serve them. Not those whose aid ended by a village's answer, a review or their own wish."""
    within: sql.Composable = sql.SQL("true")
    if region.level is not Level.NATION:
        within = sql.SQL("h.{} = %(region)s").format(sql.Identifier(region.level.value))
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            sql.SQL(
                "SELECT d.programme, h.regency, count(*) AS families, coalesce(sum(d.annual_idr), 0)::bigint "
                "AS annual_idr FROM household_view h JOIN decision_view d USING (household_id) "
                "LEFT JOIN place_view p ON p.household_id = d.household_id AND p.programme = d.programme "
                "AND p.status = 'held' WHERE {within} AND h.state = 'determined' AND d.outcome = 'entitled' "
                "AND p.household_id IS NULL "
                # Whose aid was ended by somebody who answers for it, whatever the policy says, is served as decided.
                "AND NOT EXISTS (SELECT FROM place_view e WHERE e.household_id = d.household_id "
                "AND e.programme = d.programme AND e.status = 'ended' AND e.reason = ANY(%(ended)s)) "
                "AND NOT EXISTS (SELECT FROM review_view r JOIN person_view m USING (person_id, household_id) "
                "WHERE r.household_id = d.household_id AND r.outcome = 'founded' AND m.died_on IS NULL) "
                "GROUP BY 1, 2 ORDER BY 1, 2"
            ).format(within=within),
            {"region": region.code, "ended": ["found_not_entitled", "review_founded", "resigned"]},
        ).fetchall()
