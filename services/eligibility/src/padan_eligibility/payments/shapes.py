"""What the doors of payment lists are asked and answer, as JSON. Dates are local, amounts rupiah."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from padan_events.payments import Card, HoldReason, RecoveryOutcome, RecoveryReason, Status, Whose
from padan_runtime.problems import Text

RequestKey = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Limit = Annotated[int, msgspec.Meta(ge=1, le=1_000)]
LineNumber = Annotated[int, msgspec.Meta(ge=1, le=2_147_483_647)]
Subject = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9._-]{1,64}$")]
Code = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,40}$")]
"""A reason as a code, never a text: texts tell of people."""
Reference = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9/._-]{1,64}$")]
MOST_RESULTS = 1_000


class Make(msgspec.Struct, kw_only=True):
    """POST /payment-lists: a list of a closed disbursement stage; `bank` is the subject of the account that pays."""

    period_id: UUID
    bank: Subject
    request: RequestKey


class Lines(msgspec.Struct, kw_only=True):
    """POST /payment-lists/{id}/lines: those behind a line."""

    after: Annotated[int, msgspec.Meta(ge=0)] = 0
    limit: Limit = 100
    status: Status | None = None
    held: bool | None = None
    household_id: UUID | None = None


class Result(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What the bank says of a line. `reference` is its own and not told any further."""

    line: LineNumber
    status: Status
    on: date
    amount_idr: Annotated[int, msgspec.Meta(ge=0)] | None = None
    reason: Code | None = None
    reference: Reference | None = None
    card: Card | None = None


class Results(msgspec.Struct, kw_only=True):
    """POST /payment-lists/{id}/results."""

    request: RequestKey
    results: Annotated[Sequence[Result], msgspec.Meta(min_length=1, max_length=MOST_RESULTS)]


class Order(msgspec.Struct, kw_only=True):
    """POST /payment-lists/{id}/order."""

    request: RequestKey


class Hold(msgspec.Struct, kw_only=True):
    """POST /payment-lists/{id}/hold: by the owner, `reason` being a code of theirs."""

    line: LineNumber
    reason: Code
    request: RequestKey
    until: date | None = None


class Release(msgspec.Struct, kw_only=True):
    """POST /payment-lists/{id}/release: ends the owner's own hold. With a `reason`, a code of the owner's, that of a
    family without a caretaker instead: the eldest living member receives it. Others end by themselves."""

    line: LineNumber
    request: RequestKey
    reason: Code | None = None


class Recoveries(msgspec.Struct, kw_only=True):
    """POST /recoveries: those behind one. `state`: open or closed."""

    after: UUID = UUID(int=0)
    limit: Limit = 100
    state: Annotated[str, msgspec.Meta(pattern="^(open|closed)$")] | None = None
    programme: str | None = None


class CloseRecovery(msgspec.Struct, kw_only=True):
    """POST /recoveries/{id}/close."""

    request: RequestKey
    outcome: RecoveryOutcome
    amount_idr: Annotated[int, msgspec.Meta(ge=0)] = 0


KINDS = ("paid_after_death", "paid_twice", "paid_without_place", "paid_while_barred", "card_not_distributed")


class Findings(msgspec.Struct, kw_only=True):
    """POST /findings: those behind the mark that the page before ended with (`next`)."""

    kind: Annotated[str, msgspec.Meta(pattern=f"^({'|'.join(KINDS)})$")] | None = None
    programme: str | None = None
    stage: str | None = None
    after: str = ""
    limit: Limit = 100


class Sum(msgspec.Struct, frozen=True):
    """So many lines, and what they come to."""

    lines: int
    amount_idr: int


class OrderTold(msgspec.Struct, frozen=True, kw_only=True):
    """An order. `complete`: all its lines are ordered; until then the service goes on with it by itself."""

    order: int
    lines: int
    amount_idr: int
    excluded: int
    held: int
    digest: str | None
    at: datetime
    by: str
    complete: bool


class PartTold(msgspec.Struct, frozen=True, kw_only=True):
    """Of a list the lines of a regency."""

    regency: str
    lines: int
    amount_idr: int
    totals: Mapping[str, Sum]
    held: Sum


class ListTold(msgspec.Struct, frozen=True, kw_only=True):
    """A payment list. `totals` by status (those that occur) sum to `lines` and `amount_idr`; `regencies` are those of
    the asker's region, and only where one list is asked for."""

    list_id: UUID
    period_id: UUID
    programme: str
    stage: str
    region: str
    bank: str
    made_by: str
    made_at: datetime
    complete: bool
    lines: int
    amount_idr: int
    digest: str | None
    totals: Mapping[str, Sum]
    held: Sum
    orders: Sequence[OrderTold]
    regencies: Sequence[PartTold] | None = None


class HeldTold(msgspec.Struct, frozen=True, kw_only=True):
    """Why a line is held: the first of its reasons, until when, and all of them; `note` is the owner's code."""

    reason: HoldReason
    until: date | None
    reasons: Sequence[HoldReason]
    note: str | None = None


class LineTold(msgspec.Struct, frozen=True, kw_only=True):
    """A line. `since`: the date of its status."""

    line: int
    household_id: UUID
    regency: str
    recipient: UUID
    amount_idr: int
    status: Status
    since: date
    reason: str | None
    card: Card | None
    held: HeldTold | None


class ResultTold(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`taken`, `taken_already` or `refused`: then with a code, what is wrong, and what to do."""

    line: int
    answer: str
    code: str | None = None
    detail: Text | None = None
    next_step: Text | None = None


class RecoveryTold(msgspec.Struct, frozen=True, kw_only=True):
    """A recovery; open while it has no `outcome`. `paid_on` is the date of the payment, `returned_idr` what came
    back."""

    recovery_id: UUID
    list_id: UUID
    line: int
    programme: str
    stage: str
    regency: str
    household_id: UUID
    reason: RecoveryReason
    whose: Whose | None
    amount_idr: int
    paid_on: date
    because_of: Sequence[UUID]
    outcome: RecoveryOutcome | None
    returned_idr: int | None
    closed_by: str | None


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """An event that proves a finding."""

    event_id: UUID
    topic: str
    type: str
    time: datetime


class FindingTold(msgspec.Struct, frozen=True, kw_only=True):
    """A finding of a line that was paid."""

    kind: str
    list_id: UUID
    line: int
    programme: str
    stage: str
    regency: str
    household_id: UUID
    amount_idr: int
    paid_on: date
    events: Sequence[Proof]
