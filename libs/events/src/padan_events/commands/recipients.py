"""Commands about families that receive assistance."""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

import msgspec

from padan_events.commands.cases import MOST_CASES, Case, Cases, NoteText
from padan_events.recipients import NotEntitledReason, VerificationResult
from padan_events.telling import told

MOST_PROGRAMMES: Final = 50

MonthText = Annotated[str, told("The update month, YYYY-MM.")]
ProgrammeCode = Annotated[str, told("Code of the programme, such as pkh.")]


class AnsweredCase(Case, frozen=True, kw_only=True, omit_defaults=True):
    """A recipient, and what the village says of them."""

    result: VerificationResult
    reason: Annotated[NotEntitledReason | None, told("Why not, for not_entitled.")] = None
    photo: Annotated[UUID | None, told("Id of the photo that shows it, for not_entitled.")] = None


class ProposeProgramme(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="propose_programme", tag_field="command"
):
    """A family of the register is proposed for a programme."""

    household_id: UUID
    programme: ProgrammeCode


class VerifyRecipient(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="verify_recipient", tag_field="command"
):
    """The village says of one of its recipients whether they are still entitled (layak, tidak layak)."""

    household_id: UUID
    month: MonthText
    result: VerificationResult
    reason: Annotated[NotEntitledReason | None, told("Why not, for not_entitled.")] = None
    photo: Annotated[UUID | None, told("Id of the photo that shows it, for not_entitled.")] = None


class ConfirmRecipient(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="confirm_recipient", tag_field="command"
):
    """The social office decides on a village's answer that a family is not entitled any more."""

    household_id: UUID
    month: MonthText
    ends: Annotated[bool, told("Whether assistance ends; false: the answer is not confirmed, and it goes on.")]
    note: NoteText = None


class VerifyRecipients(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="verify_recipients", tag_field="command"
):
    """The village says of many of its recipients whether they are still entitled, of each by itself."""

    month: MonthText
    cases: Annotated[tuple[AnsweredCase, ...], msgspec.Meta(min_length=1, max_length=MOST_CASES)]


class ConfirmRecipients(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="confirm_recipients", tag_field="command"
):
    """The social office decides alike on many answers of villages that families are not entitled any more."""

    month: MonthText
    cases: Cases
    ends: Annotated[bool, told("Whether assistance ends; false: the answers are not confirmed, and it goes on.")]
    note: NoteText = None


class Resign(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="resign", tag_field="command"):
    """A family asks to receive no assistance any more. Final once whoever works in the village has it confirmed by the
    head of the family."""

    household_id: UUID
    programmes: Annotated[
        tuple[str, ...], msgspec.Meta(max_length=MOST_PROGRAMMES), told("Codes of the programmes; none: all of them.")
    ] = ()
    confirmed_by_head: Annotated[bool, told("The head of the family has confirmed it.")] = False
    confirmed_on: Annotated[date | None, told("Local date on which the head did.")] = None
