"""How the monthly round is shown."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from padan_events.recipients import NotEntitledReason, VerificationResult
from pydantic import Field as Described

from padan_gateway.answers import Answer, Model, RegionPart, WatermarkPart
from padan_gateway.domain.access import Field, Right, Role, right
from padan_gateway.households.answers import HouseholdPart


class RoundPart(Model):
    """The round of a village. `answered_at`: it declared that nothing has changed. `closed_at`: its head finalized.
    `late`: neither was done by the cut-off; assistance goes on."""

    village: RegionPart
    opened_at: datetime
    due_at: datetime = Described(description="The cut-off of the month.")
    answered_at: datetime | None
    closed_at: datetime | None
    late: bool


class VillagePart(RoundPart):
    """A village with its recipients, as they stand now, and how they were answered for in that month."""

    recipients: int
    entitled: int
    not_entitled: int
    unconfirmed: int = Described(description="Of not_entitled, those the social office has not decided on.")
    ended: int = Described(description="Of not_entitled, those whose assistance ends.")


class RoundsAnswer(Model):
    """The rounds of a month in a region."""

    region: str = Described(examples=["3318"])
    month: str = Described(examples=["2026-03"])
    updated: bool = Described(description="Every village of the region finalized, or declared no change.")
    late: int
    without_round: int = Described(description="Villages of the region whose round was not opened.")
    villages: list[VillagePart]
    watermark: WatermarkPart


class VerificationPart(Model):
    """What the village said of a family, and what the social office decided on it (`ends`; null: nothing yet)."""

    month: str
    result: VerificationResult
    reason: NotEntitledReason | None
    photo: UUID | None
    verified_at: datetime
    ends: bool | None
    confirmed_at: datetime | None


class RecipientPart(HouseholdPart):
    """A family to be answered for. `verification` null: nobody has yet, and as long as that is so it stays as it is."""

    verification: VerificationPart | None


class RoundAnswer(RoundPart, Answer):
    """The families of a village, page by page. `next_cursor` null: the last page."""

    month: str
    families: list[RecipientPart]
    next_cursor: str | None


class ProgrammePart(Model):
    """A programme; `*` stands for all. `leaving`: the family asked to leave it, and its head has not confirmed that."""

    programme: str = Described(examples=["pkh"])
    proposed_on: date | None
    leaving: bool
    left_on: date | None


class AidAnswer(Model):
    """Assistance to a household, as far as the register goes."""

    household_id: UUID
    programmes: list[ProgrammePart]
    verification: VerificationPart | None
    watermark: WatermarkPart


def verification(row: Mapping[str, Any] | None, role: Role) -> dict[str, Any] | None:
    """A row of `verification_view` as `VerificationPart`; the photo for those who may see photos."""
    if row is None:
        return None
    shown = {name: value for name, value in row.items() if name != "household_id"}
    return shown if right(role, Field.PHOTO) is not Right.HIDDEN else {**shown, "photo": None}
