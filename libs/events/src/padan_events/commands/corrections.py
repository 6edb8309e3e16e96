"""Commands that correct what was recorded, and join people to their identity."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from padan_events.commands.families import AddMember
from padan_events.personal import Disability, Match, Relationship, School, Sex, Source
from padan_events.telling import told

EvidenceId = Annotated[UUID | None, told("Id of a photo that shows it.")]
RegistryAnswer = Annotated[
    Match | None, told("The civil registry's answer: filled in by Padan; what a sender writes here is left out.")
]


class CorrectMember(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="correct_member", tag_field="command"
):
    """What was recorded wrongly of a member is corrected. What is absent stays as it is; null empties it.

    A NIK that is corrected must agree with the civil registry and belong to nobody else in the register; the one
    recorded before is free for its rightful owner. Of who has died it is replaced by the right one only, not emptied.
    """

    household_id: UUID
    person_id: UUID
    source: Annotated[Source, told("Where what holds from now on comes from.")]
    name: str | UnsetType = UNSET
    nik: str | UnsetType | None = UNSET
    birth_date: date | UnsetType | None = UNSET
    sex: Sex | UnsetType | None = UNSET
    relationship: Relationship | UnsetType | None = UNSET
    school: School | UnsetType | None = UNSET
    pregnant: bool | UnsetType = UNSET
    disabilities: tuple[Disability, ...] | UnsetType = UNSET
    severe_disability: bool | UnsetType = UNSET
    evidence: EvidenceId = None
    match: RegistryAnswer = None


class CorrectHousehold(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="correct_household", tag_field="command"
):
    """What was recorded wrongly of a household itself is corrected; it stays in its village. What is absent stays as it
    is; null empties it."""

    household_id: UUID
    source: Annotated[Source, told("Where what holds from now on comes from.")]
    family_card_number: str | UnsetType | None = UNSET
    address: str | UnsetType | None = UNSET
    rt: str | UnsetType | None = UNSET
    rw: str | UnsetType | None = UNSET
    evidence: EvidenceId = None


class LinkIdentity(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="link_identity", tag_field="command"
):
    """A member who was recorded without a NIK is joined to their identity, and stays the same person. The civil
    registry must agree with name and birth date."""

    household_id: UUID
    person_id: UUID
    nik: str
    evidence: EvidenceId = None
    match: RegistryAnswer = None


class RecheckIdentity(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="recheck_identity", tag_field="command"
):
    """The civil registry is asked again about a member; what differs is shown as a conflict."""

    household_id: UUID
    person_id: UUID
    match: RegistryAnswer = None


class DisputedField(StrEnum):
    """What the civil registry may disagree on."""

    NIK = "nik"
    NAME = "name"
    BIRTH_DATE = "birth_date"
    SEX = "sex"


class ResolveConflict(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="resolve_conflict", tag_field="command"
):
    """The social office decides that what the register has of a member stays, although the civil registry differs.
    Where the registry is right, the member is corrected instead."""

    household_id: UUID
    person_id: UUID
    field: DisputedField
    kept: Annotated[Source, told("Operator or citizen: the source whose word stays.")]


AboutIdentity = CorrectMember | LinkIdentity | RecheckIdentity
"""Commands for which the civil registry may have to be asked about a member."""

NeedsIdentity = AboutIdentity | AddMember
"""Commands for which it may have to be asked about somebody."""


class IdentityQuestion(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Body of household's `POST /commands:identity`: whom would the civil registry have to be asked about, for this
    command of somebody with this role who acts for this region?"""

    role: str
    region: str
    command: NeedsIdentity


class IdentityToMatch(msgspec.Struct, frozen=True, kw_only=True, tag="identity", tag_field="answer"):
    """A member as the command would leave them, to be held against the civil registry. `must_agree`: what differs
    refuses the command (who is dead by the registry joins no family, even where nothing must agree); `caretaker`: they
    receive assistance for the household; `died`: the register has them dead too; `version` is that of the household."""

    nik: str
    name: str
    birth_date: date | None
    sex: Sex | None
    must_agree: bool
    caretaker: bool
    died: bool = False
    version: int


class NobodyToMatch(msgspec.Struct, frozen=True, tag="nobody", tag_field="answer"):
    """Nobody is to be asked about: the command needs it not, or will be refused."""


IdentityAnswer = IdentityToMatch | NobodyToMatch
