"""Commands about a whole family that moves."""

from typing import Annotated
from uuid import UUID

import msgspec

from padan_events.commands.cases import NoteText
from padan_events.relocations import MoveRefusal
from padan_events.telling import told


class Address(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place to live. `family_card_number` where there is a new one."""

    village: Annotated[str, told("Kemendagri code of the village, 10 digits.")]
    address: str | None = None
    rt: str | None = None
    rw: str | None = None
    family_card_number: str | None = None


class RelocateHousehold(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="relocate_household", tag_field="command"
):
    """A family moved within its regency; reported by the origin, it holds at once."""

    household_id: UUID
    to: Address


class ObjectRelocation(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="object_relocation", tag_field="command"
):
    """The destination objects to a move within the regency: the family is back where it was."""

    household_id: UUID
    reason: MoveRefusal
    note: NoteText = None


class RequestRelocation(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="request_relocation", tag_field="command"
):
    """A family wants to move to another regency."""

    household_id: UUID
    to: Address


class ReleaseRelocation(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="release_relocation", tag_field="command"
):
    """The origin lets the family go."""

    household_id: UUID


class AcceptRelocation(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="accept_relocation", tag_field="command"
):
    """The destination takes the family in; a new family card may be told."""

    household_id: UUID
    family_card_number: str | None = None


class RefuseRelocation(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="refuse_relocation", tag_field="command"
):
    """The destination does not take the family in."""

    household_id: UUID
    reason: MoveRefusal
    note: NoteText = None


class CancelRelocation(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="cancel_relocation", tag_field="command"
):
    """The origin takes the request back."""

    household_id: UUID
