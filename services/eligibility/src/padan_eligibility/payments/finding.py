"""SQL of an auditor's findings: reckoned from what is stored each time they are asked for, never from a mark that
somebody set. Each names the events that prove it.

The findings of a page are those behind a mark, by kind, list and line; a mark is `kind|list|line`. Paid lines are
looked at some thousands at a time, and an answer does not wait for all of them: it may hold fewer findings than were
asked for, even none, and a mark to go on from.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID

import msgspec
from padan_events import SHARDS
from padan_events.local_date import ZONES
from padan_events.payments import RecoveryReason
from padan_events.topics import ELIGIBILITY_EVENTS, HOUSEHOLD_EVENTS
from psycopg import Connection, sql

from padan_eligibility.domain import recovering
from padan_eligibility.domain.payments import PAID, Line
from padan_eligibility.payments import families, lines
from padan_eligibility.payments.shapes import KINDS, Findings, FindingTold, Proof

_PAGE: Final = 2_000
"""Paid lines that are looked at in one statement."""
_WITHIN_S: Final = 10.0
"""Beyond that no further lines are looked at in one answer: the gateway waits for a minute."""
_PROVINCES: Final = [(province, hours) for hours, provinces in ZONES for province in provinces]
_DAY: Final = (
    "(l.paid_on::timestamp AT TIME ZONE 'UTC') - make_interval(hours => z.hours) AS begins, "
    "((l.paid_on + 1)::timestamp AT TIME ZONE 'UTC') - make_interval(hours => z.hours) AS ends "
)
_PAID: Final = (
    "FROM payment_line l JOIN unnest(%(provinces)s::text[], %(hours)s::integer[]) AS z (province, hours) "
    "ON z.province = left(l.regency, 2) JOIN unnest(%(lists)s::uuid[], %(lines)s::integer[]) AS m (list_id, line) "
    "ON (m.list_id, m.line) = (l.list_id, l.line) WHERE true "
)
_LOOKED_AT: Final = (
    "SELECT l.list_id, l.line, l.recipient FROM payment_line l WHERE l.status = ANY(%(paid)s) "
    "AND (l.list_id, l.line) > (%(list)s, %(line)s) AND starts_with(l.regency, %(prefix)s) "
    "AND (%(programme)s::text IS NULL OR l.programme = %(programme)s) "
    "AND (%(stage)s::text IS NULL OR l.stage = %(stage)s) ORDER BY l.list_id, l.line LIMIT %(page)s"
)
_ALIAS: Final = (
    " OR l.recipient IN (SELECT person_id FROM person_alias UNION ALL SELECT same_as FROM person_alias "
    "WHERE same_as IS NOT NULL)) "
)
Mark = tuple[UUID, int]
Page = Sequence[tuple[UUID, int, UUID]]
"""Paid lines that are looked at: list, number and recipient."""
Proofs = list[tuple[Mark, tuple[UUID, ...]]]
"""Lines that were found, by list and number, with the events that prove it."""
Look = Callable[[Connection[Any], Page], Proofs]
_START: Final[Mark] = (UUID(int=0), 0)


def findings(connection: Connection[Any], prefix: str, asked: Findings) -> tuple[Sequence[FindingTold], str | None]:
    """Findings in a region behind a mark, and the mark of the next page. Raises `msgspec.ValidationError` for a mark
    that is none."""
    first, mark = _mark(asked.after)
    deadline = time.monotonic() + _WITHIN_S
    told: list[FindingTold] = []
    for kind in KINDS:
        if (asked.kind is not None and kind != asked.kind) or KINDS.index(kind) < KINDS.index(first):
            continue
        behind = mark if kind == first else _START
        while page := connection.execute(_LOOKED_AT, _values(prefix, asked, behind)).fetchall():
            found = _LOOKS[kind](connection, page)[: asked.limit - len(told)]
            told += _told(connection, kind, found)
            behind = (page[-1][0], page[-1][1])
            if len(told) == asked.limit:
                return told, _marked(kind, found[-1][0])
            if len(page) < _PAGE:
                break
            if time.monotonic() > deadline:
                return told, _marked(kind, behind)
    return told, None


def _marked(kind: str, mark: Mark) -> str:
    return f"{kind}|{mark[0]}|{mark[1]}"


def _mark(text: str) -> tuple[str, Mark]:
    if not text:
        return KINDS[0], _START
    try:
        kind, list_id, line = text.split("|")
        KINDS.index(kind)
        return kind, (UUID(list_id), int(line))
    except ValueError as error:
        raise msgspec.ValidationError("not a mark of findings") from error


def _values(prefix: str, asked: Findings, behind: Mark) -> dict[str, Any]:
    return {
        "list": behind[0],
        "line": behind[1],
        "paid": [one.value for one in PAID],
        "prefix": prefix,
        "programme": asked.programme,
        "stage": asked.stage,
        "page": _PAGE,
    }


def _among(page: Page) -> dict[str, Any]:
    return {
        "provinces": [province for province, _ in _PROVINCES],
        "hours": [hours for _, hours in _PROVINCES],
        "lists": [list_id for list_id, _, _ in page],
        "lines": [line for _, line, _ in page],
        "recipients": [recipient for _, _, recipient in page],
    }


def _claimed(reason: RecoveryReason, candidates: LiteralString) -> Look:
    """What is to be claimed back, as it is reckoned when payments and deaths become known."""

    def look(connection: Connection[Any], page: Page) -> Proofs:
        rows = connection.execute(
            sql.SQL("SELECT l.list_id, l.line {paid} AND ({candidates} {alias} ORDER BY l.list_id, l.line").format(
                paid=sql.SQL(_PAID), candidates=sql.SQL(candidates), alias=sql.SQL(_ALIAS)
            ),
            _among(page),
        ).fetchall()
        if not rows:
            return []
        found = lines.related(connection, [line.household_id for line in lines.of(connection, rows)], [])
        people = lines.same_persons(connection, sorted({line.recipient for line in found}))
        claims = recovering.wanted(found, families.fates(connection, found), people)
        return [
            ((list_id, line), claim.because_of)
            for list_id, line in rows
            if (claim := claims.get((list_id, line, reason))) is not None
        ]

    return look


def _selected(candidates: LiteralString, select: LiteralString, where: LiteralString) -> Look:
    """What one statement finds of the lines that it may be, with the events that prove it."""

    def look(connection: Connection[Any], page: Page) -> Proofs:
        rows = connection.execute(
            sql.SQL("WITH l AS MATERIALIZED (SELECT l.*, ")
            + sql.SQL(_DAY)
            + sql.SQL(_PAID)
            + sql.SQL(candidates)
            + sql.SQL(") SELECT l.list_id, l.line, ")
            + sql.SQL(where)
            + sql.SQL(" AS found, l.paid_event, ")
            + sql.SQL(select)
            + sql.SQL(" ORDER BY l.list_id, l.line"),
            _among(page),
        ).fetchall()
        return [
            ((list_id, line), tuple(one for one in events if one is not None))
            for list_id, line, found, *events in rows
            if found
        ]

    return look


_LOOKS: Final[Mapping[str, Look]] = {
    "paid_after_death": _claimed(
        RecoveryReason.PAID_AFTER_DEATH,
        "EXISTS (SELECT FROM person_fact p WHERE p.person_id = l.recipient AND p.died_on < l.paid_on) "
        "OR EXISTS (SELECT FROM person_fact p WHERE p.household_id = l.household_id AND p.died_on < l.paid_on)",
    ),
    "paid_twice": _claimed(
        RecoveryReason.PAID_TWICE,
        # Not as EXISTS: until a new list was analyzed that was looked up by list, 20,000 lines in 54 s instead of 0.1.
        "(l.list_id, l.recipient) IN (SELECT list_id, recipient FROM payment_line "
        "WHERE recipient = ANY(%(recipients)s) GROUP BY list_id, recipient HAVING count(*) > 1)",
    ),
    # Held at any time of the day on which it was paid: the last event before its end gave the place, or took it in it.
    # Who holds one still and never lost it held it then too: a list is made of who held one at a cut before.
    "paid_without_place": _selected(
        "AND (NOT EXISTS (SELECT FROM place p WHERE p.programme = l.programme AND p.household_id = l.household_id "
        "AND p.held) OR EXISTS (SELECT FROM log_eligibility_events_v1 x WHERE x.key = l.household_id::text "
        "AND x.type IN ('id.padan.eligibility.place_awarded.v1', 'id.padan.eligibility.promoted.v1', "
        "'id.padan.eligibility.place_released.v1') AND x.type = 'id.padan.eligibility.place_released.v1')) ",
        "e.event_id FROM l LEFT JOIN LATERAL (SELECT x.event_id, x.type, x.time FROM log_eligibility_events_v1 x "
        "WHERE x.key = l.household_id::text AND x.type IN ('id.padan.eligibility.place_awarded.v1', "
        "'id.padan.eligibility.promoted.v1', 'id.padan.eligibility.place_released.v1') AND x.time < l.ends "
        "AND convert_from(x.value, 'UTF8')::json ->> 'programme' = l.programme ORDER BY x.pos DESC LIMIT 1) e ON true",
        "(e.event_id IS NULL OR (e.type = 'id.padan.eligibility.place_released.v1' AND e.time < l.begins))",
    ),
    # What was said last of a review before the day on which it was paid, of somebody who lived there on it.
    "paid_while_barred": _selected(
        "AND EXISTS (SELECT FROM review r WHERE r.household_id = l.household_id) ",
        "b.event_id FROM l LEFT JOIN LATERAL (SELECT x.event_id FROM review r JOIN person_fact p USING (person_id) "
        "CROSS JOIN LATERAL (SELECT x.event_id, convert_from(x.value, 'UTF8')::json ->> 'outcome' AS outcome "
        "FROM log_eligibility_events_v1 x WHERE x.key = l.household_id::text AND x.type IN "
        "('id.padan.eligibility.review_opened.v1', 'id.padan.eligibility.review_closed.v1') AND x.time < l.begins "
        "AND convert_from(x.value, 'UTF8')::json ->> 'review_id' = r.review_id::text ORDER BY x.pos DESC LIMIT 1) x "
        "WHERE r.household_id = l.household_id AND x.outcome = 'founded' "
        "AND (p.died_on IS NULL OR p.died_on >= l.paid_on) AND (p.household_id = l.household_id OR EXISTS (SELECT "
        "FROM person_departure d WHERE (d.person_id, d.household_id) = (r.person_id, l.household_id) "
        "AND d.left_at >= l.begins)) ORDER BY x.event_id LIMIT 1) b ON true",
        "b.event_id IS NOT NULL",
    ),
    "card_not_distributed": _selected("AND l.card = 'not_distributed' ", "l.card_event FROM l", "true"),
}


def _told(connection: Connection[Any], kind: str, found: Proofs) -> list[FindingTold]:
    stand = {(line.list_id, line.line): line for line in lines.of(connection, [mark for mark, _ in found])}
    proofs = _proofs(connection, {event for _, events in found for event in events})
    return [_finding(kind, stand[mark], [proofs[one] for one in dict.fromkeys(events)]) for mark, events in found]


def _finding(kind: str, line: Line, events: Sequence[Proof]) -> FindingTold:
    assert line.paid_on is not None
    return FindingTold(
        kind=kind,
        list_id=line.list_id,
        line=line.line,
        programme=line.programme,
        stage=line.stage,
        regency=line.regency,
        household_id=line.household_id,
        amount_idr=line.amount_idr,
        paid_on=line.paid_on,
        events=events,
    )


def _proofs(connection: Connection[Any], ids: set[UUID]) -> dict[UUID, Proof]:
    values = {"ids": sorted(ids), "shards": list(range(SHARDS)), "own": ELIGIBILITY_EVENTS.name}
    rows: Sequence[tuple[UUID, str, str, datetime]] = connection.execute(
        "SELECT l.event_id, %(own)s, l.type, l.time FROM unnest(%(shards)s::smallint[]) s (shard) "
        "CROSS JOIN unnest(%(ids)s::uuid[]) i (id) JOIN log_eligibility_events_v1 l "
        "ON (l.shard, l.event_id) = (s.shard, i.id) "
        "UNION ALL SELECT event_id, %(household)s, type, told_at FROM person_death WHERE event_id = ANY(%(ids)s) "
        "UNION ALL SELECT event_id, %(household)s, type, told_at FROM person_alias WHERE event_id = ANY(%(ids)s)",
        {**values, "household": HOUSEHOLD_EVENTS.name},
    ).fetchall()
    return {event_id: Proof(event_id=event_id, topic=topic, type=kind, time=at) for event_id, topic, kind, at in rows}
