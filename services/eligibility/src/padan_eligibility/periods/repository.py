"""SQL of periods and of taking their lists."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID

import msgspec
from padan_events.periods import PeriodClosed, PeriodKind
from padan_events.states import CLOSED
from padan_events.topics import ELIGIBILITY_EVENTS
from psycopg import Connection, sql

from padan_eligibility.domain.periods import STAGES_A_YEAR, Asked
from padan_eligibility.domain.sealing import Line

_CLOSED: Final = sorted(state.value for state in CLOSED)
MOST_PARKED: Final = 1_000
"""Events that are looked at one by one. A reader with more of them is ill as a whole."""
_COLUMNS: Final = sql.SQL(", ").join(sql.Identifier(name) for name in Line.__struct_fields__)
_CUT: Final = sql.SQL(
    "heads AS (SELECT array_agg(pos ORDER BY shard) AS decided FROM log_head WHERE topic = %(topic)s), "
    "cut AS (SELECT (shard - 1)::smallint AS shard, pos FROM unnest(%(cut)s::bigint[]) "
    "WITH ORDINALITY AS c (pos, shard))"
)


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """A period; `closed` is what was told of its closing, by the request `request`."""

    period_id: UUID
    asked: Asked
    opened_by: str
    opened_at: datetime
    closed: PeriodClosed | None
    closed_at: datetime | None
    request: str | None


class Taken(msgspec.Struct, frozen=True):
    """What taking a list came to: up to where decisions were looked at, and how many on it have left the register."""

    decided: tuple[int, ...]
    gone: int


def hold_scope(connection: Connection[Any], asked: Asked) -> None:
    """One at a time opens or closes periods of a kind, region and programme, until the end of the transaction."""
    scope = f"period:{asked.kind}:{asked.region}:{asked.programme or ''}"
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [scope])


def period(connection: Connection[Any], period_id: UUID) -> Period | None:
    """A period; None: there is none."""
    return next(iter(_periods(connection, "WHERE period_id = %(id)b", {"id": period_id})), None)


def periods(connection: Connection[Any], prefix: str) -> Sequence[Period]:
    """Those of a region, of what holds it, and of what lies in it: by kind, region, programme, the latest first."""
    return _periods(
        connection,
        "WHERE region = 'ID' OR starts_with(region, %(prefix)s) OR starts_with(%(prefix)s, region) "
        "ORDER BY kind, programme, region, name DESC",
        {"prefix": prefix},
    )


def alike(connection: Connection[Any], asked: Asked) -> Sequence[Period]:
    """All of the same kind, region and programme, in their order."""
    return _periods(
        connection,
        "WHERE (kind, region) = (%(kind)s, %(region)s) AND programme IS NOT DISTINCT FROM %(programme)s ORDER BY name",
        {"kind": asked.kind.value, "region": asked.region, "programme": asked.programme},
    )


def asked_with(connection: Connection[Any], request: str) -> UUID | None:
    """The period that a request closed."""
    row = connection.execute("SELECT period_id FROM period WHERE request = %s", [request]).fetchone()
    return None if row is None else row[0]


def open_period(connection: Connection[Any], asked: Asked, opened_by: str) -> None:
    """Write that a period is open."""
    connection.execute(
        "INSERT INTO period (period_id, kind, name, region, programme, opened_by, opened_at) "
        "VALUES (%b, %s, %s, %s, %s, %s, clock_timestamp())",
        [asked.id, asked.kind.value, asked.name, asked.region, asked.programme, opened_by],
    )


def close_period(connection: Connection[Any], closed: PeriodClosed, request: str) -> None:
    """Write that a period is closed: nothing of it can be changed any more."""
    connection.execute(
        "UPDATE period SET closed = %s::jsonb, closed_at = clock_timestamp(), request = %s WHERE period_id = %b",
        [msgspec.json.encode(closed).decode(), request, closed.period_id],
    )


def parked(connection: Connection[Any], reader: str, topic: str, cut: Sequence[int]) -> Sequence[tuple[str, bytes]]:
    """Key and value of events within the cut that wait parked: `MOST_PARKED`, and one more where there are more."""
    rows = connection.execute(
        "SELECT convert_from(p.key, 'UTF8'), coalesce(p.value, '') FROM parked p "
        "JOIN unnest(%(cut)s::bigint[]) WITH ORDINALITY AS c (pos, shard) ON c.shard - 1 = p.shard "
        "WHERE p.reader = %(reader)s AND p.topic = %(topic)s AND p.pos <= c.pos LIMIT %(most)s",
        {"cut": list(cut), "reader": reader, "topic": topic, "most": MOST_PARKED + 1},
    )
    return [(key, bytes(value)) for key, value in rows]


def regencies_of(connection: Connection[Any], household_ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """Where these households live, those that are known."""
    rows = connection.execute(
        "SELECT household_id, regency FROM household_fact WHERE household_id = ANY(%b)", [household_ids], binary=True
    )
    return dict(rows.fetchall())


def take_register(connection: Connection[Any], asked: Asked, cut: Sequence[int], closing_id: UUID) -> Taken | None:
    """Write the households that the register holds in a region exactly at the cut, in one statement: one snapshot.
    None: the closing has expired, and nothing was written."""
    row = connection.execute(
        sql.SQL(
            "WITH {cut}, stood AS ("
            "SELECT f.household_id, f.regency, f.state, f.decile, d.decisions "
            "FROM household_fact f JOIN cut USING (shard) "
            "CROSS JOIN LATERAL (SELECT coalesce(jsonb_object_agg(programme, "
            "jsonb_build_array(outcome, decision_id)), '{{}}') AS decisions "
            "FROM decision_current c WHERE c.household_id = f.household_id) d "
            "WHERE coalesce(f.told_pos, f.pos) <= cut.pos AND starts_with(f.regency, %(prefix)s) "
            "UNION ALL SELECT household_id, regency, state, decile, decisions FROM ("
            "SELECT DISTINCT ON (v.household_id) v.* FROM period_version v "
            "JOIN household_fact f USING (household_id) JOIN cut USING (shard) "
            "WHERE coalesce(f.told_pos, f.pos) > cut.pos AND v.pos <= cut.pos ORDER BY v.household_id, v.pos DESC) v "
            "WHERE starts_with(regency, %(prefix)s)), "
            "added AS (INSERT INTO period_list (period_id, household_id, regency, state, decile, programmes) "
            "SELECT %(period)b, household_id, regency, state, decile, "
            "(SELECT coalesce(jsonb_object_agg(key, value ->> 1), "
            "'{{}}') FROM jsonb_each(decisions) WHERE value ->> 0 = 'entitled') FROM stood "
            "WHERE NOT state = ANY(%(closed)s) AND EXISTS (SELECT FROM period_closing WHERE closing_id = %(closing)b "
            "AND expires_at > statement_timestamp()) RETURNING 1) "
            "SELECT decided, (SELECT count(*) FROM added), EXISTS (SELECT FROM period_closing WHERE "
            "closing_id = %(closing)b AND expires_at > statement_timestamp()) FROM heads"
        ).format(cut=_CUT),
        _of(asked, cut, closing_id),
    ).fetchone()
    return _taken(row, 0)


def take_stage(connection: Connection[Any], asked: Asked, cut: Sequence[int], closing_id: UUID) -> Taken | None:
    """Write who holds a place in a programme, right after the round at the cut; otherwise as `take_register`."""
    row = connection.execute(
        sql.SQL(
            "WITH {cut}, held AS ("
            "SELECT p.household_id, p.regency, p.decile, p.unmet, p.determined_on, f.shard, "
            "CASE WHEN coalesce(f.told_pos, f.pos) <= cut.pos THEN f.state ELSE v.state END AS state, "
            "CASE WHEN coalesce(f.told_pos, f.pos) <= cut.pos THEN (SELECT jsonb_build_array(outcome, decision_id) "
            "FROM decision_current d WHERE d.household_id = p.household_id AND d.programme = p.programme) "
            "ELSE v.decisions -> p.programme END AS decision "
            "FROM place p JOIN household_fact f USING (household_id) JOIN cut USING (shard) "
            "LEFT JOIN LATERAL (SELECT * FROM period_version v "
            "WHERE v.household_id = p.household_id AND v.pos <= cut.pos "
            "ORDER BY v.pos DESC LIMIT 1) v ON true WHERE p.programme = %(programme)s AND p.held), "
            "listed AS (SELECT h.*, (convert_from(l.value, 'UTF8')::json ->> 'annual_idr')::bigint AS annual_idr "
            "FROM held h LEFT JOIN log_eligibility_events_v1 l ON l.shard = h.shard "
            "AND l.event_id = (h.decision ->> 1)::uuid AND h.decision ->> 0 = 'entitled'), "
            "added AS (INSERT INTO period_list (period_id, household_id, regency, decile, unmet, determined_on, "
            "decision_id, annual_idr, amount_idr) "
            "SELECT %(period)b, household_id, regency, decile, unmet, determined_on, "
            "(decision ->> 1)::uuid, annual_idr, "
            "annual_idr * %(stage)s / %(stages)s - annual_idr * (%(stage)s - 1) / %(stages)s "
            "FROM listed WHERE EXISTS (SELECT FROM period_closing WHERE closing_id = %(closing)b "
            "AND expires_at > statement_timestamp()) RETURNING 1) "
            "SELECT decided, (SELECT count(*) FROM listed WHERE state IS NULL OR state = ANY(%(closed)s)), "
            "EXISTS (SELECT "
            "FROM period_closing WHERE closing_id = %(closing)b AND expires_at > statement_timestamp()) FROM heads"
        ).format(cut=_CUT),
        {**_of(asked, cut, closing_id), "stage": asked.stage, "stages": STAGES_A_YEAR, "programme": asked.programme},
    ).fetchone()
    return None if row is None else _taken(row, row[1])


def lines(connection: Connection[Any], period_id: UUID) -> Iterator[Line]:
    """A list, by household id, as it comes from the server."""
    with connection.cursor(name="sealed_list") as cursor:
        cursor.itersize = 5_000
        cursor.execute(
            sql.SQL("SELECT {} FROM period_list WHERE period_id = %s ORDER BY household_id").format(_COLUMNS),
            [period_id],
        )
        for row in cursor:
            yield _line(row)


def page(connection: Connection[Any], period_id: UUID, prefix: str, after: UUID, limit: int) -> Sequence[Line]:
    """Of a list the families of a region, behind one."""
    rows = connection.execute(
        sql.SQL(
            "SELECT {} FROM period_list WHERE period_id = %(id)b AND household_id > %(after)b "
            "AND starts_with(regency, %(prefix)s) ORDER BY household_id LIMIT %(limit)s"
        ).format(_COLUMNS),
        {"id": period_id, "after": after, "prefix": prefix, "limit": limit},
    )
    return [_line(row) for row in rows]


def ledgers(connection: Connection[Any], programme: str) -> Mapping[str, int]:
    """The number of the last event of each ledger of a programme, by regency."""
    rows = connection.execute("SELECT regency, seq FROM ledger WHERE programme = %s", [programme])
    return dict(rows.fetchall())


def _of(asked: Asked, cut: Sequence[int], closing_id: UUID) -> dict[str, Any]:
    return {
        "topic": ELIGIBILITY_EVENTS.name,
        "cut": list(cut),
        "prefix": asked.prefix,
        "period": asked.id,
        "closing": closing_id,
        "closed": _CLOSED,
    }


def _taken(row: Sequence[Any] | None, gone: int) -> Taken | None:
    return Taken(tuple(row[0]), gone) if row is not None and row[2] else None


def _line(row: Sequence[Any]) -> Line:
    return Line(**dict(zip(Line.__struct_fields__, row, strict=True)))


def _periods(connection: Connection[Any], which: LiteralString, values: Mapping[str, Any]) -> Sequence[Period]:
    rows = connection.execute(
        sql.SQL(
            "SELECT period_id, kind, name, region, programme, opened_by, opened_at, closed::text, closed_at, request "
            "FROM period {which}"
        ).format(which=sql.SQL(which)),
        values,
    )
    return [
        Period(
            period_id=period_id,
            asked=Asked(kind=PeriodKind(kind), name=name, region=region, programme=programme),
            opened_by=opened_by,
            opened_at=opened_at,
            closed=None if closed is None else msgspec.json.decode(closed, type=PeriodClosed),
            closed_at=closed_at,
            request=request,
        )
        for period_id, kind, name, region, programme, opened_by, opened_at, closed, closed_at, request in rows
    ]
