"""A line of a payment list: which steps there are, what holds it, and how its events fold. What is done and what is
replayed are the same function. Source: docs/domain.md, Payment, as far as Padan goes; Death, birth, moving."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec
from padan_events.payments import (
    Card,
    DisbursementHeld,
    DisbursementHoldEnded,
    DisbursementListed,
    DisbursementResulted,
    Exclusion,
    HoldReason,
    LineFact,
    Status,
)

_END: Final[frozenset[Status]] = frozenset()
STEPS: Final[Mapping[Status, frozenset[Status]]] = {
    Status.LISTED: frozenset({Status.ACCOUNT_CHECKED, Status.ACCOUNT_FAILED, Status.EXCLUDED}),
    Status.ACCOUNT_FAILED: frozenset({Status.ACCOUNT_CHECKED, Status.EXCLUDED}),
    Status.ACCOUNT_CHECKED: frozenset({Status.ORDERED, Status.ACCOUNT_FAILED, Status.EXCLUDED}),
    Status.ORDERED: frozenset({Status.PAID, Status.ACCOUNT_FAILED, Status.EXCLUDED}),
    Status.PAID: frozenset({Status.WITHDRAWN, Status.NOT_WITHDRAWN, Status.RETURNED}),
    Status.NOT_WITHDRAWN: frozenset({Status.WITHDRAWN, Status.RETURNED}),
    Status.WITHDRAWN: _END,
    Status.RETURNED: _END,
    Status.EXCLUDED: _END,
}
"""By status, those that may follow."""
BEFORE_ORDER: Final = (Status.LISTED, Status.ACCOUNT_CHECKED, Status.ACCOUNT_FAILED)
UNPAID: Final = (*BEFORE_ORDER, Status.ORDERED)
"""What can still be held."""
PAID: Final = (Status.PAID, Status.WITHDRAWN, Status.NOT_WITHDRAWN)
"""The money is out."""
_BEHIND_PAID: Final = frozenset({Status.WITHDRAWN, Status.NOT_WITHDRAWN, Status.RETURNED})
_SEPARATORS: Final = 5
_EXCLUSIONS: Final = frozenset(one.value for one in Exclusion)
OF_CARETAKER: Final = (HoldReason.CARETAKER_DIED, HoldReason.CARETAKER_LEFT)


class Held(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a line is held, as to one reason: the last local date (None: open), the owner's code, and what led to it."""

    until: date | None = None
    note: str | None = None
    because_of: tuple[UUID, ...] = ()


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line as its events left it. `since` is the date of its status, `ordered_in` the number of its last order,
    `paid_on` the date on which it was paid; `paid_event` and `card_event` told that, and the card's state."""

    list_id: UUID
    line: int
    household_id: UUID
    regency: str
    programme: str
    stage: str
    recipient: UUID
    amount_idr: int
    listed_on: date
    status: Status
    since: date
    reason: str | None = None
    card: Card | None = None
    holds: Mapping[HoldReason, Held] = {}
    ordered_in: int | None = None
    ordered_on: date | None = None
    paid_on: date | None = None
    paid_event: UUID | None = None
    card_event: UUID | None = None
    changes: int = 0

    @property
    def held_until(self) -> date | None:
        """The first date on which a hold ends by itself."""
        return min((one.until for one in self.holds.values() if one.until is not None), default=None)

    @property
    def of(self) -> dict[str, Any]:
        """What every event of it says."""
        return {
            "household_id": self.household_id,
            "regency": self.regency,
            "programme": self.programme,
            "stage": self.stage,
            "list_id": self.list_id,
            "line": self.line,
        }


class Change(msgspec.Struct, frozen=True):
    """A line after an event, the event and its id."""

    line: Line
    fact: LineFact
    event_id: UUID


def list_id(period_id: UUID) -> UUID:
    """A stage has one payment list."""
    return uuid5(period_id, "payment-list")


def done(line: Line, fact: LineFact, event_id: UUID | None = None) -> Change:
    """A line after something happened to it; without an id of its own the event has the same whenever it is made
    again."""
    event_id = event_id or uuid5(line.list_id, f"{line.line}:{line.changes}")
    after = folded(line, fact, event_id)
    assert after is not None
    return Change(after, fact, event_id)


def listed(fact: DisbursementListed) -> Change:
    """A line as it begins."""
    event_id = uuid5(fact.list_id, f"{fact.line}:0")
    line = folded(None, fact, event_id)
    assert line is not None
    return Change(line, fact, event_id)


def folded(line: Line | None, fact: LineFact, event_id: UUID) -> Line | None:
    """A line after one more of its events: replay is this and nothing else. None where its beginning is not known."""
    if isinstance(fact, DisbursementListed):
        return Line(
            list_id=fact.list_id,
            line=fact.line,
            household_id=fact.household_id,
            regency=fact.regency,
            programme=fact.programme,
            stage=fact.stage,
            recipient=fact.recipient,
            amount_idr=fact.amount_idr,
            listed_on=fact.on,
            status=Status.LISTED,
            since=fact.on,
            changes=1,
        )
    if line is None:
        return None
    after = msgspec.structs.replace(line, changes=line.changes + 1)
    match fact:
        case DisbursementResulted():
            return _resulted(after, fact, event_id)
        case DisbursementHeld():
            held = Held(fact.until, fact.note, fact.because_of)
            return msgspec.structs.replace(after, holds={**line.holds, fact.reason: held})
        case DisbursementHoldEnded():
            rest = {reason: held for reason, held in line.holds.items() if reason is not fact.reason}
            return msgspec.structs.replace(after, holds=rest, recipient=fact.recipient)
    raise TypeError(f"a line has no event {type(fact).__name__}")


def _resulted(line: Line, fact: DisbursementResulted, event_id: UUID) -> Line:
    if fact.card is not None:
        line = msgspec.structs.replace(line, card=fact.card, card_event=event_id)
    if fact.status is line.status:
        return line
    status = fact.status
    line = msgspec.structs.replace(line, status=status, since=fact.on, reason=fact.reason)
    if status is Status.ORDERED:
        line = msgspec.structs.replace(line, ordered_in=fact.order, ordered_on=fact.on)
    if status is Status.PAID:
        line = msgspec.structs.replace(line, paid_on=fact.on, paid_event=event_id)
    if status not in UNPAID:
        line = msgspec.structs.replace(line, holds={})  # there is nothing left to be held
    return line


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What the bank says of a line."""

    status: Status
    on: date
    amount_idr: int | None = None
    reason: str | None = None
    reference: str | None = None
    card: Card | None = None


class ResultRefusedError(Exception):
    """A result that is not taken; `code` is one of `RESULT_REASONS`."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def taken(line: Line, result: Result, before: Sequence[Result], today: date) -> Change | None:
    """A line after what the bank said of it; None where that changes nothing: it was the last that the bank said, or
    stood there before and neither is a step now nor tells of the card otherwise. What is said again after something
    else is news: it takes that back. `before` is all that it ever said of the line, in that order, `today` the line's
    local date. Raises `ResultRefusedError`."""
    if before and result == before[-1]:
        return None
    if result.status not in STEPS[line.status] or result.status is Status.ORDERED:
        if result in before and result.card in {None, line.card}:
            return None
        _check_card_alone(line, result, before)
    _check(line, result, today)
    return done(
        line,
        DisbursementResulted(
            **line.of,
            status=result.status,
            on=result.on,
            amount_idr=result.amount_idr,
            reason=result.reason,
            card=result.card,
        ),
    )


def _check_card_alone(line: Line, result: Result, before: Sequence[Result]) -> None:
    """A result that is no step tells of the card alone, or is refused."""
    alike = {msgspec.structs.replace(one, card=None) for one in before}
    bare = msgspec.structs.replace(result, card=None)
    if result.status is line.status and bare in alike and result.card not in {None, line.card}:
        return
    told = any(one.status is result.status for one in before) and result not in before
    raise ResultRefusedError("payment_result_differs" if told else "payment_step_not_allowed")


def _check(line: Line, result: Result, today: date) -> None:
    if result.amount_idr not in {None, line.amount_idr}:
        raise ResultRefusedError("payment_amount_differs")
    if result.status is Status.EXCLUDED and result.reason not in _EXCLUSIONS:
        raise ResultRefusedError("payment_reason_invalid")
    if looks_like_nik(result.reference or "") or looks_like_nik(result.reason or ""):
        raise ResultRefusedError("payment_reference_invalid")
    if result.on > today:
        raise ResultRefusedError("payment_date_in_future")
    first = line.listed_on
    if result.status is Status.PAID or line.status is Status.ORDERED:
        first = line.ordered_on or first
    if result.status in _BEHIND_PAID:
        first = line.paid_on or first
    if result.on < first:
        raise ResultRefusedError("payment_date_before")


def looks_like_nik(text: str) -> bool:
    """Whether a text that is told or kept in the clear holds sixteen digits, with or without separators."""
    runs = [len(run) for run in re.findall("[0-9]+", text)]
    return 16 in runs or (sum(runs) == 16 and len(text) <= 16 + _SEPARATORS)


class Digest:
    """The digest of lines, fed in the order of their numbers: `line|household_id|regency|amount_idr`, each ended by a
    newline. The recipient is not in it: that changes with the family."""

    def __init__(self) -> None:
        self._hash = sha256()
        self.lines, self.amount_idr = 0, 0

    def add(self, line: int, household_id: UUID, regency: str, amount_idr: int) -> None:
        """One more line."""
        self._hash.update(f"{line}|{household_id}|{regency}|{amount_idr}\n".encode())
        self.lines += 1
        self.amount_idr += amount_idr

    @property
    def hex(self) -> str:
        """The digest so far."""
        return self._hash.hexdigest()
