"""How a command is answered, as the OpenAPI document tells it."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from padan_gateway.answers import Model, PositionPart, WatermarkPart


class EventPart(PositionPart):
    """An event the command led to."""

    event_id: UUID
    household_id: Annotated[
        UUID | None,
        Field(
            description="The household that it is about. A command about one household may lead to events of others: "
            "`split_household` founds the one whose id stands here. Null for events of a village."
        ),
    ] = None


class ReasonPart(Model):
    """Why a case was refused, in both languages, and what to do; the codes are those of docs/refusals.md."""

    code: str = Field(examples=["not_its_turn"])
    field: str | None
    detail: str
    detail_id: str
    next_step: str
    next_step_id: str


class CasePart(Model):
    """What became of one case. A refused one has reasons and no version."""

    household_id: UUID
    outcome: Literal["accepted", "refused"]
    version: int | None = None
    reasons: list[ReasonPart] = Field(default_factory=list)


class VillagePart(Model):
    """What became of one village. A refused one has reasons and no version."""

    village: str = Field(examples=["3318042007"])
    outcome: Literal["accepted", "refused"]
    version: int | None = None
    reasons: list[ReasonPart] = Field(default_factory=list)


class SimilarPart(Model):
    """A person of the sender's region who may be one of those who were entered; `likeness` 100 is the same name."""

    member: int = Field(ge=0, description="Who was entered: the place in `members`, from 0.")
    likeness: int = Field(ge=0, le=100)
    person_id: UUID
    household_id: UUID


class CommandAnswer(Model):
    """A command was accepted, or, where it is about many cases, decided. The same Idempotency-Key is answered the same
    for ever. A command about one household says `household_id`, `version` and `events`; one about many says `cases`, in
    the order in which they were named, and how many were accepted and refused. One about a village
    says `village`, and `outcome`, in place of the household; one about many says `villages`."""

    command: str = Field(examples=["propose_household"])
    min_position: str | None = Field(
        description="Views read with it hold all that the command led to; null where that is nothing.",
        examples=["7:1204"],
    )
    household_id: UUID | None = None
    version: Annotated[int | None, Field(ge=1, description="Of the household, after the last of `events`.")] = None
    events: list[EventPart] = Field(default_factory=list)
    cases: list[CasePart] = Field(default_factory=list)
    village: str | None = None
    outcome: Literal["accepted"] | None = None
    villages: list[VillagePart] = Field(default_factory=list)
    accepted: int = 0
    refused: int = 0
    similar: Annotated[
        list[SimilarPart] | None,
        Field(
            description="To `propose_household` and `add_member`: up to ten people of the register who are alike in "
            "name and birth date, as `POST /v1/persons:like` tells them. As the register stands when this is read, so "
            "not the same for ever; null where there was no time to look. Whether two are one, a person decides."
        ),
    ] = None
    watermark: WatermarkPart


def min_position(positions: list[dict[str, Any]]) -> str | None:
    """`shard:pos` of the last event in each shard, separated by commas."""
    last: dict[int, int] = {}
    for one in positions:
        last[one["shard"]] = max(one["pos"], last.get(one["shard"], 0))
    return ",".join(f"{shard}:{pos}" for shard, pos in sorted(last.items())) or None
