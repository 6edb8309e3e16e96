"""Commands about who belongs to which household."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec

from padan_events.families import AddReason, TransferReason
from padan_events.personal import Relationship, ReportedMember
from padan_events.telling import told

HeldOn = Annotated[date | None, told("Local date from which it holds; today where it is left out.")]


class Joining(msgspec.Struct, frozen=True, omit_defaults=True):
    """A person who joins a family, and how they are related to its head."""

    person_id: UUID
    relationship: Relationship


Joiners = Annotated[tuple[Joining, ...], msgspec.Meta(min_length=1, max_length=100)]


class AddMember(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="add_member", tag_field="command"):
    """A person who is in no household of the register joins a family."""

    household_id: UUID
    member: ReportedMember
    reason: AddReason
    occurred_on: HeldOn = None


class SplitHousehold(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="split_household", tag_field="command"
):
    """Part of a family becomes a household of its own (pecah KK), in the same village. One of `members` is its head;
    what is left out of the address is that of the old one."""

    household_id: UUID
    members: Joiners
    caretaker: Annotated[UUID, told("Who receives assistance for the new household: one of `members`.")]
    family_card_number: str | None = None
    address: str | None = None
    rt: str | None = None
    rw: str | None = None
    occurred_on: HeldOn = None


class TransferMembers(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="transfer_members", tag_field="command"
):
    """Members of another household, `origin`, join the family `household_id`: a marriage, an adoption, a return."""

    household_id: UUID
    origin: UUID
    members: Joiners
    reason: TransferReason
    occurred_on: HeldOn = None


class MergeHouseholds(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="merge_households", tag_field="command"
):
    """All living members of `absorbed` join the family `household_id`, and `absorbed` leaves the register. Whose
    relationship is not told is other family."""

    household_id: UUID
    absorbed: UUID
    members: tuple[Joining, ...] = ()
    occurred_on: HeldOn = None


class SetHead(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="set_head", tag_field="command"):
    """A member is the head of the family."""

    household_id: UUID
    person_id: UUID


class SetCaretaker(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="set_caretaker", tag_field="command"
):
    """A member receives assistance for the family."""

    household_id: UUID
    person_id: UUID
