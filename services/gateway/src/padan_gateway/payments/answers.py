"""What is answered about payments."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field as Described

from padan_gateway.answers import Model, RegionPart

Status = Literal[
    "listed", "account_checked", "account_failed", "ordered", "paid", "withdrawn", "not_withdrawn", "returned",
    "excluded",
]  # fmt: skip
Card = Literal["distributed", "not_distributed"]
HoldReason = Literal["caretaker_died", "caretaker_left", "death_reported", "by_owner"]
FindingKind = Literal[
    "paid_after_death", "paid_twice", "paid_without_place", "paid_while_barred", "card_not_distributed"
]


class SumPart(Model):
    """So many lines, and what they come to in rupiah."""

    lines: int
    amount_idr: int


class RegencySumPart(SumPart):
    """What a list holds of a regency."""

    regency: RegionPart
    totals: dict[Status, SumPart]
    held: SumPart


class OrderedPart(SumPart):
    """What was ordered from the bank at once, and how many lines were excluded before it or wait. `digest` is of its
    lines (docs/payments.md). `complete` false: it goes on by itself."""

    order: int = Described(ge=1)
    excluded: int
    held: int
    digest: str | None
    at: datetime
    by: str
    complete: bool


class ListPart(Model):
    """The payment list of a closed stage. The sums over all `totals` are always `lines` and `amount_idr`; `held` are
    lines of these that wait. `complete` false: it is still being made. `regencies`, those of the caller's region, only
    where one list is asked for."""

    list_id: UUID
    period_id: UUID
    programme: str = Described(examples=["sembako"])
    stage: str = Described(examples=["2026-T1"])
    region: str = Described(examples=["ID"])
    bank: str = Described(description="The account of the bank that pays it and gives its results.")
    made_by: str
    made_at: datetime
    complete: bool
    lines: int
    amount_idr: int
    digest: str | None = Described(description="SHA-256 of all lines as they were listed (docs/payments.md).")
    totals: dict[Status, SumPart]
    held: SumPart
    regencies: list[RegencySumPart] | None
    orders: list[OrderedPart]


class ListsAnswer(Model):
    """Those of the caller's own programmes, region, or bank, the latest first."""

    lists: list[ListPart]


class RecipientPart(Model):
    """Who receives for the family: as listed, or who followed since. `name` and `nik` as they stand in the register
    now; null where that person's data were erased, or the caller does not see the family."""

    person_id: UUID
    name: str | None
    nik: str | None


class HeldPart(Model):
    """Why a line waits: the first of its `reasons`, and until when at the latest (null: until what it waits for has
    happened). `note` is the owner's own code."""

    reason: HoldReason
    until: date | None
    reasons: list[HoldReason]
    note: str | None


class LinePart(Model):
    """A family's line. `since` is the date of its status; `reason` says why it is excluded, or what the bank
    told."""

    line: int = Described(ge=1)
    household_id: UUID
    regency: str = Described(examples=["3318"])
    recipient: RecipientPart
    amount_idr: int
    status: Status
    since: date
    reason: str | None
    card: Card | None
    held: HeldPart | None


class LinesAnswer(Model):
    """A part of a list's lines, as far as they are the caller's to see."""

    list_: ListPart = Described(alias="list")
    lines: list[LinePart]
    next_cursor: int | None
    masked: list[str]
    hidden: list[str]


class ResultPart(Model):
    """What became of one result: `taken`; `taken_already`, it changes nothing; or `refused`, and why."""

    line: int
    answer: Literal["taken", "taken_already", "refused"]
    code: str | None = Described(default=None, examples=["payment_step_not_allowed"])
    id: str | None = None
    en: str | None = None
    next_id: str | None = None
    next_en: str | None = None


class ResultsAnswer(Model):
    """Of each result, in the order they were sent, what became of it."""

    taken: int
    taken_already: int
    refused: int
    results: list[ResultPart]


class OrderAnswer(OrderedPart):
    """What this order came to, and the list as it stands."""

    list_: ListPart = Described(alias="list")


class RecoveryPart(Model):
    """Money that has to come back, or to be settled otherwise; open while it has no `outcome`. `because_of` are events
    that prove it, `returned_idr` what came back; who closed it is null where it closed by itself."""

    recovery_id: UUID
    list_id: UUID
    line: int
    programme: str
    stage: str
    regency: RegionPart
    household_id: UUID
    reason: Literal["paid_after_death", "paid_twice"]
    whose: Literal["household", "caretaker"] | None
    amount_idr: int
    paid_on: date
    because_of: list[UUID]
    outcome: Literal["returned", "received_by_family", "written_off", "unfounded"] | None
    returned_idr: int | None
    closed_by: str | None


class RecoveriesAnswer(Model):
    """A page of recoveries."""

    recoveries: list[RecoveryPart]
    next_cursor: UUID | None


class ProofPart(Model):
    """An event that proves a finding: whoever reads the topic finds it there."""

    event_id: UUID
    topic: str = Described(examples=["eligibility.events.v1"])
    type: str = Described(examples=["id.padan.eligibility.disbursement_resulted.v1"])
    time: datetime


class FindingPart(Model):
    """A payment that should not have been, or not so. It is reckoned from the events each time it is asked for."""

    kind: FindingKind
    list_id: UUID
    line: int
    programme: str
    stage: str
    regency: RegionPart
    household_id: UUID
    amount_idr: int
    paid_on: date
    events: list[ProofPart]


class FindingsAnswer(Model):
    """A page of findings."""

    findings: list[FindingPart]
    next_cursor: str | None
