"""Periods (programme.events.v1): update months, half-year sets and disbursement stages. Three kinds, never one word for
all: closing one takes a list at a cut and seals it. How its digest comes about: docs/periods.md.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

import msgspec

from padan_events.registry import event_type
from padan_events.telling import told
from padan_events.topics import PROGRAMME_EVENTS

REGISTER_KEY: Final = "the-register"
"""The key of periods of the register. No programme has such a code: a code holds no hyphen."""

Name = Annotated[str, told("Update month 2026-11, half-year set 2026-H2, or disbursement stage 2026-T1 to 2026-T4.")]
Region = Annotated[str, told("Of whom: ID (the nation), a province (2 digits), or a regency or city (4).")]
Digest = Annotated[str, told("SHA-256 of the canonical lines of the list, in hexadecimal (docs/periods.md).")]
PeriodId = Annotated[UUID, told("The period: a UUIDv5 of kind, name, region and programme.")]
StageOf = Annotated[str | None, told("Of a disbursement stage, its programme; also the record's key then.")]


class PeriodKind(StrEnum):
    """What is closed. `update_month` and `half_year_set` hold the households of the register, `disbursement_stage`
    those that hold a place in a programme."""

    UPDATE_MONTH = "update_month"
    HALF_YEAR_SET = "half_year_set"
    DISBURSEMENT_STAGE = "disbursement_stage"


class SealedPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a sealed list holds of one regency or city."""

    regency: Annotated[str, told("The regency or city: its 4-digit Kemendagri code.")]
    families: Annotated[int, told("Families of it on the list.")]
    digest: Annotated[str, told("SHA-256 of its lines alone, in hexadecimal.")]
    amount_idr: Annotated[int | None, told("Of a stage: what they get in it, in rupiah.")] = None
    ledger_seq: Annotated[int | None, told("Of a stage: the number of its ledger's last event.")] = None


@event_type("id.padan.programme.period_opened.v1", PROGRAMME_EVENTS)
class PeriodOpened(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An update month, a half-year set or a disbursement stage was opened: it has a name, and no list yet.

    When: who may close it opened it.
    """

    period_id: PeriodId
    kind: Annotated[PeriodKind, told("Which of the three.")]
    name: Name
    region: Region
    opened_by: Annotated[str, told("Who opened it: `user:<subject>`.")]
    programme: StageOf = None


@event_type("id.padan.programme.period_closed.v1", PROGRAMME_EVENTS)
class PeriodClosed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A period was closed: its list was taken at a cut, and is sealed. It is never changed again.

    When: who may close it did, once. A list of the register holds its households exactly at `cut`; one of a stage who
    holds a place after the round at `cut`.
    """

    period_id: PeriodId
    kind: Annotated[PeriodKind, told("Which of the three.")]
    name: Name
    region: Region
    cut: Annotated[
        tuple[int, ...], told("Position of each of the 24 shards of household.events.v1 taken into account.")
    ]
    cut_at: Annotated[datetime, told("The time of the cut.")]
    decided: Annotated[
        tuple[int, ...],
        told("Position of each of the 24 shards of eligibility.events.v1 up to which decisions were looked at."),
    ]
    families: Annotated[int, told("Families on the list.")]
    digest: Digest
    regencies: Annotated[tuple[SealedPart, ...], told("The same by regency or city.")]
    closed_by: Annotated[str, told("Who closed it: `user:<subject>`.")]
    programme: StageOf = None
    amount_idr: Annotated[int | None, told("Of a stage: what all get in it, in rupiah.")] = None
    previous: Annotated[UUID | None, told("The last closed one of the same kind, region and programme.")] = None
