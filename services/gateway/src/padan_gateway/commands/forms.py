"""What a command holds and how it is answered, as the OpenAPI document tells it."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from padan_events.personal import Disability, Relationship, School, Sex
from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, StrictInt

from padan_gateway.answers import Model, PositionPart, WatermarkPart


def _whole_text(text: str) -> str:
    text.encode()  # half a character, which JSON can write, is none; UnicodeEncodeError is a ValueError
    return text


def _written(day: object) -> object:
    if day is None or (isinstance(day, str) and len(day) == len("2026-01-31")):
        return day
    raise ValueError("a date is written YYYY-MM-DD")


Line = Annotated[str, AfterValidator(_whole_text), Field(max_length=2_000)]
"""Text of a form. How long each may be is a rule of the register, which says so; this bounds the request."""
Day = Annotated[date | None, BeforeValidator(_written)]


class MemberForm(Model):
    """A member of a family. Whoever has no NIK yet is proposed without one, and joined to an identity later."""

    name: Line = Field(examples=["SITI AMINAH"])
    nik: Line | None = Field(default=None, description="16 digits, as text.", examples=["3318014107900001"])
    birth_date: Day = Field(default=None, examples=["1990-07-01"])
    sex: Sex | None = None
    relationship: Relationship | None = Field(default=None, description="Relationship to the head of the family.")
    school: School | None = Field(default=None, description="The school the member attends.")
    pregnant: StrictBool = False
    disabilities: tuple[Disability, ...] = Field(default=(), max_length=len(Disability))
    severe_disability: StrictBool = False


class HouseholdForm(Model):
    """A family. Those without a home have no address, and those without a card no number."""

    village: Line = Field(description="Kemendagri code of the village, 10 digits.", examples=["3318012001"])
    members: tuple[MemberForm, ...] = Field(max_length=500)
    caretaker: StrictInt = Field(
        default=0, description="Who receives assistance for the family (pengurus): the place in `members`, from 0."
    )
    family_card_number: Line | None = Field(default=None, description="16 digits, as text.")
    address: Line | None = None
    rt: Line | None = None
    rw: Line | None = None


class ProposeHousehold(Model):
    """A family is proposed for the register."""

    command: Literal["propose_household"]
    household: HouseholdForm


CommandForm = ProposeHousehold
"""Every command there is."""


class EventPart(PositionPart):
    """An event the command led to."""

    event_id: UUID


class CommandAnswer(Model):
    """A command was accepted. The same Idempotency-Key is answered the same for ever."""

    command: str = Field(examples=["propose_household"])
    household_id: UUID
    version: Annotated[int, Field(ge=1, description="Of the household, after the last of `events`.")]
    events: list[EventPart] = Field(
        description="`shard:pos` of the last is the `min_position` with which the view is read that holds them all."
    )
    watermark: WatermarkPart
