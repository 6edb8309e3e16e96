"""What differs between two sealed lists of one kind, region and programme: who is new, who is gone, whose line changed,
and why, with the event that says so where one does."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from padan_events import decode
from padan_events.periods import PeriodClosed, SealedPart
from padan_events.places import PlaceAwarded, PlaceReleased, Promoted
from psycopg import Connection, sql
from psycopg.rows import dict_row

from padan_eligibility.domain.drafts import RefusedError
from padan_eligibility.periods.repository import Period

_SIDE: Final = ("regency", "state", "decile", "programmes", "annual_idr", "amount_idr")
_BOTH: Final = sql.SQL(
    "(SELECT * FROM period_list WHERE period_id = %(before)b) b "
    "FULL JOIN (SELECT * FROM period_list WHERE period_id = %(after)b) a USING (household_id) "
    "WHERE (starts_with(a.regency, %(prefix)s) OR starts_with(b.regency, %(prefix)s))"
)
_SAME: Final = sql.SQL(
    "(a.regency, a.state, a.decile, a.annual_idr) IS NOT DISTINCT FROM (b.regency, b.state, b.decile, b.annual_idr) "
    "AND (SELECT array_agg(code ORDER BY code) FROM jsonb_object_keys(a.programmes) AS code) IS NOT DISTINCT FROM "
    "(SELECT array_agg(code ORDER BY code) FROM jsonb_object_keys(b.programmes) AS code)"
)


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """A family's line on one of the lists. `programmes` are those of the register that it is entitled to."""

    regency: str
    state: str | None
    decile: int | None
    programmes: Sequence[str] | None
    annual_idr: int | None
    amount_idr: int | None


class Differs(msgspec.Struct, frozen=True, kw_only=True):
    """A family that differs: `in`, `out` or `changed`, then `fields` says in what. `why` names the reason (null:
    nothing that is kept says it), `event_id` the event that tells it, `caused_by` what led to that event, `decisions`
    those that are new on its later line."""

    household_id: UUID
    change: str
    fields: Sequence[str]
    before: Side | None
    after: Side | None
    why: str | None = None
    event_id: UUID | None = None
    caused_by: UUID | None = None
    decisions: Sequence[UUID] = ()


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Of a regency. Who moved from one to another counts as changed, where it is now."""

    regency: str
    families_before: int
    families_after: int
    amount_idr_before: int
    amount_idr_after: int
    into: int
    out: int
    changed: int


class Difference(msgspec.Struct, frozen=True):
    """Totals by regency of all that differ (with the first part alone: they cost a look at both lists), and a part of
    them by household id."""

    regencies: Sequence[Totals] | None
    families: Sequence[Differs]


def difference(
    connection: Connection[Any], before: Period, after: Period, prefix: str, *, behind: UUID, limit: int
) -> Difference:
    """What differs within a region. Raises `RefusedError`."""
    for one in (before, after):
        if one.closed is None:
            raise RefusedError("period_not_closed")
    first, second = before.asked, after.asked
    if (first.kind, first.region, first.programme) != (second.kind, second.region, second.programme):
        raise RefusedError("periods_not_alike")
    assert before.closed is not None
    assert after.closed is not None
    values = {"before": before.period_id, "after": after.period_id, "prefix": prefix}
    rows = _rows(connection, {**values, "behind": behind, "limit": limit})
    reasons = _reasons(connection, before.closed, after.closed, [row["household_id"] for row in rows])
    totals = None if behind.int else _totals(connection, values)
    return Difference(totals, [_differs(row, reasons) for row in rows])


def _rows(connection: Connection[Any], values: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    sides = sql.SQL(", ").join(
        sql.SQL("{} AS {}").format(sql.Identifier(side, name), sql.Identifier(f"{side}_{name}"))
        for side in ("a", "b")
        for name in (*_SIDE, "decision_id")
    )
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            sql.SQL(
                "SELECT household_id, {sides} FROM {both} AND household_id > %(behind)b "
                "AND (a.period_id IS NULL OR b.period_id IS NULL OR NOT ({same})) ORDER BY household_id LIMIT %(limit)s"
            ).format(sides=sides, both=_BOTH, same=_SAME),
            values,
        ).fetchall()


def _totals(connection: Connection[Any], values: Mapping[str, Any]) -> Sequence[Totals]:
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            sql.SQL(
                "SELECT regency, sum(before)::bigint AS families_before, sum(after)::bigint AS families_after, "
                "coalesce(sum(paid_before), 0)::bigint AS amount_idr_before, coalesce(sum(paid_after), 0)::bigint "
                'AS amount_idr_after, sum("into")::bigint AS "into", sum("out")::bigint AS "out", '
                "sum(changed)::bigint AS changed FROM ("
                "SELECT a.regency, 0 AS before, 1 AS after, NULL::bigint AS paid_before, a.amount_idr AS paid_after, "
                '(b.period_id IS NULL)::int AS "into", 0 AS "out", '
                "(b.period_id IS NOT NULL AND NOT ({same}))::int AS changed FROM {both} AND a.period_id IS NOT NULL "
                "UNION ALL SELECT b.regency, 1, 0, b.amount_idr, NULL, 0, (a.period_id IS NULL)::int, 0 "
                "FROM {both} AND b.period_id IS NOT NULL) t WHERE starts_with(regency, %(prefix)s) "
                "GROUP BY regency ORDER BY regency"
            ).format(both=_BOTH, same=_SAME),
            values,
        ).fetchall()
    return [Totals(**row) for row in rows]


class _Reason(msgspec.Struct, frozen=True):
    why: str
    event_id: UUID
    caused_by: UUID | None = None


def _reasons(
    connection: Connection[Any], before: PeriodClosed, after: PeriodClosed, household_ids: Sequence[UUID]
) -> Mapping[UUID, _Reason]:
    """By household, what happened last to it between the two that brings it on a list or takes it off."""
    if after.programme is not None:
        return _of_places(connection, before, after, household_ids)
    rows = connection.execute(
        "SELECT DISTINCT ON (household_id) household_id, coalesce(reason, kind), event_id FROM household_turn t "
        "JOIN unnest(%(from)s::bigint[], %(to)s::bigint[]) WITH ORDINALITY AS c (after, upto, shard) "
        "ON c.shard - 1 = t.shard WHERE household_id = ANY(%(ids)b) AND t.pos > c.after AND t.pos <= c.upto "
        "ORDER BY household_id, t.pos DESC",
        {"from": list(before.cut), "to": list(after.cut), "ids": list(household_ids)},
    )
    return {household_id: _Reason(why, event_id) for household_id, why, event_id in rows}


def _of_places(
    connection: Connection[Any], before: PeriodClosed, after: PeriodClosed, household_ids: Sequence[UUID]
) -> Mapping[UUID, _Reason]:
    rows = connection.execute(
        "SELECT type, value, event_id, causation_id FROM log_eligibility_events_v1 WHERE key = ANY(%s) AND type IN "
        "('id.padan.eligibility.place_awarded.v1', 'id.padan.eligibility.promoted.v1', "
        "'id.padan.eligibility.place_released.v1') ORDER BY key, pos",
        [[str(household_id) for household_id in household_ids]],
    )
    since, upto = _numbers(before.regencies), _numbers(after.regencies)
    found: dict[UUID, _Reason] = {}
    for type_, value, event_id, caused_by in rows:
        data = decode(type_, value)
        assert isinstance(data, PlaceAwarded | Promoted | PlaceReleased)
        between = since.get(data.regency, 0) < data.ledger_seq <= upto.get(data.regency, 0)
        if data.programme == after.programme and between:
            found[data.household_id] = _Reason(_why(data), event_id, caused_by)
    return found


def _why(data: PlaceAwarded | Promoted | PlaceReleased) -> str:
    match data:
        case PlaceReleased():
            return data.reason.value
        case PlaceAwarded(came_from=None):
            return "place_awarded"
        case PlaceAwarded():
            return "moved_along"
        case _:
            return "promoted"


def _numbers(parts: Sequence[SealedPart]) -> Mapping[str, int]:
    return {part.regency: part.ledger_seq or 0 for part in parts}


def _differs(row: Mapping[str, Any], reasons: Mapping[UUID, _Reason]) -> Differs:
    before, after = _side(row, "b"), _side(row, "a")
    change = "in" if before is None else "out" if after is None else "changed"
    fields = [
        name
        for name in ("regency", "state", "decile", "programmes", "annual_idr")
        if before is not None and after is not None and getattr(before, name) != getattr(after, name)
    ]
    reason = reasons.get(row["household_id"])
    if change == "changed" and "regency" not in fields:
        reason = None  # what brought it on a list before says nothing of why its line is another now
    had, has = row["b_programmes"] or {}, row["a_programmes"] or {}
    decisions = sorted({*has.values()} - {*had.values()})
    if row["a_decision_id"] is not None and row["a_decision_id"] != row["b_decision_id"]:
        decisions.append(str(row["a_decision_id"]))
    return Differs(
        household_id=row["household_id"],
        change=change,
        fields=fields,
        before=before,
        after=after,
        why=None if reason is None else reason.why,
        event_id=None if reason is None else reason.event_id,
        caused_by=None if reason is None else reason.caused_by,
        decisions=[UUID(one) for one in decisions],
    )


def _side(row: Mapping[str, Any], side: str) -> Side | None:
    if row[f"{side}_regency"] is None:
        return None
    programmes = row[f"{side}_programmes"]
    return Side(
        regency=row[f"{side}_regency"],
        state=row[f"{side}_state"],
        decile=row[f"{side}_decile"],
        programmes=None if programmes is None else sorted(programmes),
        annual_idr=row[f"{side}_annual_idr"],
        amount_idr=row[f"{side}_amount_idr"],
    )
