"""Payments in the views: each event is one statement, in the order of its household's shard."""

from collections.abc import Iterable, Mapping
from typing import Final

from padan_events import Event
from padan_events.payments import (
    DisbursementHeld,
    DisbursementHoldEnded,
    DisbursementListed,
    DisbursementResulted,
    LineFact,
    RecoveryClosed,
    RecoveryOpened,
    Status,
)
from psycopg.types.json import Jsonb

from padan_gateway.views.statement import Row, Statement

_UNPAID: Final = (Status.LISTED, Status.ACCOUNT_CHECKED, Status.ACCOUNT_FAILED, Status.ORDERED)


def _line(event: Event, data: LineFact) -> Row:
    return {"event": event.event_id, "list_id": data.list_id, "line": data.line}


def _listed(event: Event, data: DisbursementListed) -> Iterable[Row]:
    yield {
        **_line(event, data),
        "household_id": data.household_id,
        "shard": event.shard,
        "programme": data.programme,
        "stage": data.stage,
        "regency": data.regency,
        "recipient": data.recipient,
        "amount_idr": data.amount_idr,
        "status": Status.LISTED.value,
        "on": data.on,
        "at": event.time,
    }


def _resulted(event: Event, data: DisbursementResulted) -> Iterable[Row]:
    yield {
        **_line(event, data),
        "status": data.status.value,
        "on": data.on,
        "reason": data.reason,
        "card": None if data.card is None else data.card.value,
        "over": data.status not in _UNPAID,
    }


def _held(event: Event, data: DisbursementHeld) -> Iterable[Row]:
    until = None if data.until is None else data.until.isoformat()
    yield {**_line(event, data), "hold": Jsonb({data.reason.value: until})}


def _hold_ended(event: Event, data: DisbursementHoldEnded) -> Iterable[Row]:
    yield {**_line(event, data), "hold": data.reason.value, "recipient": data.recipient}


def _opened(event: Event, data: RecoveryOpened) -> Iterable[Row]:
    yield {
        **_line(event, data),
        "recovery_id": data.recovery_id,
        "household_id": data.household_id,
        "reason": data.reason.value,
        "whose": None if data.whose is None else data.whose.value,
        "amount_idr": data.amount_idr,
        "on": data.on,
        "at": event.time,
    }


def _closed(event: Event, data: RecoveryClosed) -> Iterable[Row]:
    yield {
        **_line(event, data),
        "recovery_id": data.recovery_id,
        "outcome": data.outcome.value,
        "amount_idr": data.amount_idr,
        "at": event.time,
    }


STATEMENTS: Final[Mapping[type, Statement]] = {
    DisbursementListed: Statement(
        "INSERT INTO payment_view (list_id, line, household_id, shard, event_id, programme, stage, regency, recipient, "
        "amount_idr, status, status_on, listed_at) VALUES (%(list_id)s, %(line)s, %(household_id)s, %(shard)s, "
        "%(event)s, %(programme)s, %(stage)s, %(regency)s, %(recipient)s, %(amount_idr)s, %(status)s, %(on)s, %(at)s)",
        _listed,
    ),
    # Told once more of the status that it had: of the card alone. Once it is paid or excluded nothing holds it.
    DisbursementResulted: Statement(
        "UPDATE payment_view SET status_on = CASE WHEN status = %(status)s THEN status_on ELSE %(on)s END, "
        "reason = CASE WHEN status = %(status)s THEN reason ELSE %(reason)s END, "
        "holds = CASE WHEN %(over)s THEN '{}' ELSE holds END, "
        "status = %(status)s, card = coalesce(%(card)s, card), event_id = %(event)s "
        "WHERE list_id = %(list_id)s AND line = %(line)s",
        _resulted,
    ),
    DisbursementHeld: Statement(
        "UPDATE payment_view SET holds = holds || %(hold)s, event_id = %(event)s "
        "WHERE list_id = %(list_id)s AND line = %(line)s",
        _held,
    ),
    DisbursementHoldEnded: Statement(
        "UPDATE payment_view SET holds = holds - %(hold)s::text, recipient = %(recipient)s, event_id = %(event)s "
        "WHERE list_id = %(list_id)s AND line = %(line)s",
        _hold_ended,
    ),
    # Opened again where it had closed by itself.
    RecoveryOpened: Statement(
        "WITH noted AS (UPDATE payment_view SET event_id = %(event)s WHERE list_id = %(list_id)s AND line = %(line)s) "
        "INSERT INTO recovery_view (recovery_id, list_id, line, household_id, reason, whose, amount_idr, paid_on, "
        "opened_at) VALUES (%(recovery_id)s, %(list_id)s, %(line)s, %(household_id)s, %(reason)s, %(whose)s, "
        "%(amount_idr)s, %(on)s, %(at)s) ON CONFLICT (recovery_id) DO UPDATE SET whose = EXCLUDED.whose, "
        "amount_idr = EXCLUDED.amount_idr, paid_on = EXCLUDED.paid_on, opened_at = EXCLUDED.opened_at, "
        "outcome = NULL, settled_idr = NULL, closed_at = NULL",
        _opened,
    ),
    RecoveryClosed: Statement(
        "WITH noted AS (UPDATE payment_view SET event_id = %(event)s WHERE list_id = %(list_id)s AND line = %(line)s) "
        "UPDATE recovery_view SET outcome = %(outcome)s, settled_idr = %(amount_idr)s, closed_at = %(at)s "
        "WHERE recovery_id = %(recovery_id)s",
        _closed,
    ),
}
