"""Rounds, verifications, programmes, objections and reviews in the views: each event is one statement, in their order.

Events of one household, and of one village, come in their order and once; nothing of it is added up over several.
"""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any, Final
from uuid import UUID

import msgspec
from padan_events import Event
from padan_events.household import Proposed
from padan_events.objections import ObjectionAppealed, ObjectionOutcome, ObjectionRaised, ObjectionResolved, waits_until
from padan_events.recipients import (
    FindingCarried,
    ProgrammeProposed,
    RecipientConfirmed,
    RecipientVerified,
    Resigned,
    VerificationResult,
)
from padan_events.rounds import RoundAnswered, RoundClosed, RoundOpened
from padan_events.tiers import Reactivated
from psycopg import Connection

from padan_gateway.domain.regions import parts
from padan_gateway.views import reviews
from padan_gateway.views.statement import Row, Statement

ALL: Final = "*"
"""Stands for every programme."""


def _plain(event: Event, data: Any) -> Iterable[Row]:
    yield {"event": event.event_id, "at": event.time, **msgspec.structs.asdict(data)}


def _opened(event: Event, data: RoundOpened) -> Iterable[Row]:
    yield {
        **parts(data.village),
        "stream": UUID(event.key),
        "month": data.month,
        "at": event.time,
        "due_at": data.due_at,
    }


def _resigned(_: Event, data: Resigned) -> Iterable[Row]:
    for programme in data.programmes or (ALL,):
        yield {
            "household_id": data.household_id,
            "programme": programme,
            "leaving": data.confirmed_on is None,
            "left_on": data.confirmed_on,
        }


def _resolved(event: Event, data: ObjectionResolved) -> Iterable[Row]:
    yield {
        "event": event.event_id,
        "at": event.time,
        "objection_id": data.objection_id,
        "outcome": data.outcome.value,
        "appeal_until": data.appeal_until,
        "lapses": int(data.outcome is ObjectionOutcome.LAPSED),
        "note": data.note,
    }


def _raised(event: Event, data: ObjectionRaised) -> Iterable[Row]:
    (row,) = _plain(event, data)
    yield {**row, "reason": data.reason.value}


def _verified(event: Event, data: RecipientVerified) -> Iterable[Row]:
    (row,) = _plain(event, data)
    yield {**row, "result": data.result.value, "reason": None if data.reason is None else data.reason.value}


def _taken_up(_: Event, data: Reactivated) -> Iterable[Row]:
    yield {"household_id": data.household_id, "until": waits_until(data)}


def _parted(event: Event, data: Proposed) -> Iterable[Row]:
    found = None if data.split_from is None else data.split_from.finding
    if found is not None:
        yield {
            "household_id": data.household_id,
            "month": found.month,
            "result": VerificationResult.NOT_ENTITLED.value,
            "reason": None if found.reason is None else found.reason.value,
            "at": event.time,
            "ends": found.ends,
            "confirmed_at": None if found.ends is None else event.time,
        }


def _carried(event: Event, data: FindingCarried) -> Iterable[Row]:
    reason = data.finding.reason
    yield {
        "household_id": data.household_id,
        "month": data.finding.month,
        "result": VerificationResult.NOT_ENTITLED.value,
        "reason": None if reason is None else reason.value,
        "at": event.time,
    }


STATEMENTS: Final[Mapping[type, Statement]] = {
    **reviews.STATEMENTS,
    RoundOpened: Statement(
        "INSERT INTO round_view (village, month, stream, province, regency, district, opened_at, due_at) "
        "VALUES (%(village)s, %(month)s, %(stream)s, %(province)s, %(regency)s, %(district)s, %(at)s, %(due_at)s)",
        _opened,
    ),
    RoundAnswered: Statement(
        "UPDATE round_view SET answered_at = %(at)s WHERE village = %(village)s AND month = %(month)s", _plain
    ),
    RoundClosed: Statement(
        "UPDATE round_view SET closed_at = %(at)s WHERE village = %(village)s AND month = %(month)s", _plain
    ),
    # The photo stays with the household that was found not to be entitled.
    Proposed: Statement(
        "INSERT INTO verification_view (household_id, month, result, reason, verified_at, ends, confirmed_at) "
        "VALUES (%(household_id)s, %(month)s, %(result)s, %(reason)s, %(at)s, %(ends)s, %(confirmed_at)s)",
        _parted,
    ),
    RecipientVerified: Statement(
        "INSERT INTO verification_view (household_id, month, result, reason, photo, verified_at) "
        "VALUES (%(household_id)s, %(month)s, %(result)s, %(reason)s, %(photo)s, %(at)s) "
        "ON CONFLICT (household_id, month) DO UPDATE SET result = EXCLUDED.result, reason = EXCLUDED.reason, "
        "photo = EXCLUDED.photo, verified_at = EXCLUDED.verified_at",
        _verified,
    ),
    FindingCarried: Statement(
        "INSERT INTO verification_view (household_id, month, result, reason, verified_at) "
        "VALUES (%(household_id)s, %(month)s, %(result)s, %(reason)s, %(at)s) "
        "ON CONFLICT (household_id, month) DO UPDATE SET result = EXCLUDED.result, reason = EXCLUDED.reason, "
        "photo = NULL, verified_at = EXCLUDED.verified_at, ends = NULL, confirmed_at = NULL",
        _carried,
    ),
    RecipientConfirmed: Statement(
        "UPDATE verification_view SET ends = %(ends)s, confirmed_at = %(at)s "
        "WHERE household_id = %(household_id)s AND month = %(month)s",
        _plain,
    ),
    ProgrammeProposed: Statement(
        "INSERT INTO programme_view (household_id, programme, proposed_on) "
        "VALUES (%(household_id)s, %(programme)s, %(occurred_on)s) ON CONFLICT (household_id, programme) "
        "DO UPDATE SET proposed_on = EXCLUDED.proposed_on, leaving = false, left_on = NULL",
        _plain,
    ),
    Resigned: Statement(
        "INSERT INTO programme_view (household_id, programme, leaving, left_on) "
        "VALUES (%(household_id)s, %(programme)s, %(leaving)s, %(left_on)s) ON CONFLICT (household_id, programme) "
        "DO UPDATE SET leaving = EXCLUDED.leaving, left_on = EXCLUDED.left_on",
        _resigned,
    ),
    ObjectionRaised: Statement(
        "INSERT INTO objection_view (objection_id, household_id, reason, photo, raised_at, due_at, objector, "
        "statement, province, regency, district, village) SELECT w.*, h.province, h.regency, h.district, h.village "
        "FROM (VALUES (%(event)s::uuid, %(household_id)s::uuid, %(reason)s, %(photo)s::uuid, %(at)s::timestamptz, "
        "%(due_at)s::timestamptz, %(objector)s::bytea, %(statement)s::bytea)) AS w (objection_id, household_id) "
        "LEFT JOIN household_view h USING (household_id)",
        _raised,
    ),
    ObjectionResolved: Statement(
        "UPDATE objection_view SET outcome = %(outcome)s, resolved_at = %(at)s, due_at = NULL, "
        "appeal_until = %(appeal_until)s, lapses = lapses + %(lapses)s, note = %(note)s, note_event = %(event)s "
        "WHERE objection_id = %(objection_id)s",
        _resolved,
    ),
    Reactivated: Statement(
        "UPDATE objection_view SET due_at = greatest(due_at, %(until)s) "
        "WHERE household_id = %(household_id)s AND due_at IS NOT NULL",
        _taken_up,
    ),
    ObjectionAppealed: Statement(
        "UPDATE objection_view SET appealed_at = %(at)s, due_at = %(due_at)s, appeal_until = NULL, "
        "appellant = %(appellant)s, appeal_statement = %(statement)s, appeal_event = %(event)s "
        "WHERE objection_id = %(objection_id)s",
        _plain,
    ),
}


_MOVED: Final = (
    "UPDATE objection_view o SET province = h.province, regency = h.regency, district = h.district, "
    "village = h.village FROM household_view h WHERE h.household_id = o.household_id "
    "AND o.household_id = ANY(%b::uuid[]) AND (o.province, o.regency, o.district, o.village) "
    "IS DISTINCT FROM (h.province, h.regency, h.district, h.village)"
)


def write(
    connection: Connection[Any], told: Iterable[tuple[Event, msgspec.Struct]], renamed: Iterable[UUID] = ()
) -> None:
    """Write what the events of these types say, and take along the objections to families that may live elsewhere now
    (`renamed`). Both find in the view where a family lives: it is written by then."""
    with connection.cursor() as cursor:
        for kind, run in groupby(told, key=lambda pair: type(pair[1])):
            statement = STATEMENTS[kind]
            cursor.executemany(statement.sql, [row for event, data in run for row in statement.rows(event, data)])
    if households := sorted(renamed):
        connection.execute(_MOVED, [households])
