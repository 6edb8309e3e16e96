"""Commands about objections (usul-sanggah)."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec

from padan_events.commands.cases import NoteText
from padan_events.objections import ObjectionReason
from padan_events.personal import MapPoint
from padan_events.telling import told

OnBehalfOf = Annotated[
    str | None, told("Who objects, where somebody else sends it for them. Kept sealed; the family never learns it.")
]


class ObjectionAnswer(StrEnum):
    """How an objection is answered."""

    UPHELD = "upheld"
    DISMISSED = "dismissed"


class RaiseObjection(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="raise_objection", tag_field="command"
):
    """Somebody who lives in the same village objects to a family that receives assistance."""

    household_id: UUID
    reason: ObjectionReason
    text: Annotated[str, told("What they say; kept sealed.")]
    photo: Annotated[UUID | None, told("Id of a photo that shows it.")] = None
    map_point: Annotated[MapPoint | None, told("Where; kept sealed.")] = None
    on_behalf_of: OnBehalfOf = None


class ResolveObjection(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="resolve_objection", tag_field="command"
):
    """The social office answers an objection, or an appeal."""

    household_id: UUID
    objection_id: UUID
    outcome: ObjectionAnswer
    note: NoteText = None


class AppealObjection(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="appeal_objection", tag_field="command"
):
    """The family or the objector appeals against the answer to an objection, or against having had none. Once."""

    household_id: UUID
    objection_id: UUID
    text: Annotated[str, told("What they say; kept sealed.")]
    on_behalf_of: OnBehalfOf = None
