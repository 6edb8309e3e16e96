"""What is answered about periods."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field as Described

from padan_gateway.answers import Model, RegionPart

Kind = Literal["update_month", "half_year_set", "disbursement_stage"]


class SealedRegencyPart(Model):
    """Of a sealed list, what it holds of a regency. `ledger_seq`: of a stage, the number of its ledger's last event."""

    regency: RegionPart
    families: int
    digest: str = Described(description="SHA-256 of its lines (docs/periods.md).")
    amount_idr: int | None
    ledger_seq: int | None


class SealedPart(Model):
    """What closing a period came to; it never changes. `regencies` are those in the caller's region."""

    cut: list[int] = Described(description="Position of each shard of household.events.v1 taken into account.")
    cut_at: datetime
    decided: list[int] = Described(description="The same of eligibility.events.v1, for decisions.")
    families: int
    amount_idr: int | None = Described(description="Of a stage: what all get in it, in rupiah.")
    digest: str = Described(description="SHA-256 of all lines of the list, in hexadecimal.")
    regencies: list[SealedRegencyPart]
    closed_by: str
    closed_at: datetime
    previous: UUID | None = Described(description="The closed one before it, of the same kind, region and programme.")


class PeriodPart(Model):
    """A period. `closed` null: it is open, and has no list."""

    period_id: UUID
    kind: Kind
    name: str = Described(examples=["2026-T2"])
    region: str = Described(examples=["ID"])
    programme: str | None = Described(examples=["pkh"])
    opened_by: str
    opened_at: datetime
    closed: SealedPart | None


class PeriodsAnswer(Model):
    """Those of the caller's region, of what holds it and of what lies in it: by kind, the latest first."""

    periods: list[PeriodPart]


class ListedPart(Model):
    """A family on a sealed list, as it was at the cut. Of the register: `state`, `decile`, `programmes` (code and
    decision of each that it is entitled to). Of a stage: the rank of its place (`decile`, 11 where none is known;
    `unmet`, minus the criteria that hold, for who may read explanations; `determined_on`), the decision and amounts in
    rupiah. `name` is its head's as it stands now; null where it was erased or the caller does not see the family any
    more."""

    household_id: UUID
    regency: str
    state: str | None
    decile: int | None
    programmes: dict[str, UUID] | None
    unmet: int | None
    determined_on: date | None
    decision_id: UUID | None
    annual_idr: int | None
    amount_idr: int | None
    name: str | None


class ListAnswer(Model):
    """A part of a sealed list by household id: the families in the caller's region."""

    period: PeriodPart
    families: list[ListedPart]
    next_cursor: UUID | None
    masked: list[str]
    hidden: list[str]


class SidePart(Model):
    """A family's line on one of the two lists."""

    regency: str
    state: str | None
    decile: int | None
    programmes: list[str] | None
    annual_idr: int | None
    amount_idr: int | None


class DiffersPart(Model):
    """A family that is new on the later list, gone from it, or stands on it otherwise, and why: the reason's code
    (null: nothing that is kept says it), the event that tells it, and what led to that event."""

    household_id: UUID
    change: Literal["in", "out", "changed"]
    fields: list[str] = Described(description="What changed.", examples=[["decile"]])
    before: SidePart | None
    after: SidePart | None
    why: str | None = Described(examples=["last_member_died"])
    event_id: UUID | None
    caused_by: UUID | None
    decisions: list[UUID] = Described(description="Decisions that are new on its later line.")


class TotalsPart(Model):
    """Of a regency. Who moved from one to another counts as changed, where it is now."""

    regency: RegionPart
    families_before: int
    families_after: int
    amount_idr_before: int
    amount_idr_after: int
    into: int
    out: int
    changed: int


class DifferenceAnswer(Model):
    """What differs between two sealed lists: totals of all in the caller's region (null behind the first page), and a
    part of the families."""

    before: PeriodPart
    after: PeriodPart
    regencies: list[TotalsPart] | None
    families: list[DiffersPart]
    next_cursor: UUID | None
