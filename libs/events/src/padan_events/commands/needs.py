"""Commands about what people need."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec

from padan_events.commands.cases import NoteText
from padan_events.need_kinds import NeedKind
from padan_events.needs import NeedOutcome
from padan_events.telling import told

NeedId = Annotated[UUID, told("The need: the id of the event that recorded it, which its command was answered with.")]


class RecordNeed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="record_need", tag_field="command"):
    """A need of a member, or of the whole household, is recorded."""

    household_id: UUID
    kind: Annotated[NeedKind, told("What is needed, one of the 26 kinds of people with social problems (PPKS).")]
    occurred_on: Annotated[date, told("Local date on which it was seen.")]
    person_id: Annotated[UUID | None, told("Id of the member; none: the whole household.")] = None
    note: NoteText = None


class ReferNeed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="refer_need", tag_field="command"):
    """Somebody is asked to do something about a need."""

    household_id: UUID
    need_id: NeedId
    to: Annotated[str, told("Whom, such as Puskesmas Pati II.")]
    occurred_on: Annotated[date, told("Local date on which it was referred.")]


class DeliverIntervention(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="deliver_intervention", tag_field="command"
):
    """Something was done about a need, and what became of it."""

    household_id: UUID
    need_id: NeedId
    outcome: Annotated[NeedOutcome, told("What became of the need; one that is met is over.")]
    occurred_on: Annotated[date, told("Local date on which it was done.")]
    note: NoteText = None
