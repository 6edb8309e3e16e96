"""Commands about a person who was recorded twice."""

from typing import Annotated
from uuid import UUID

import msgspec

from padan_events.telling import told


class MergeMembers(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="merge_members", tag_field="command"
):
    """Two records are of one person. `person_id` of `household_id` stays as it stands; `duplicate` of `duplicate_in`
    leaves the register. A NIK that only the duplicate had is the person's from then on."""

    household_id: UUID
    person_id: Annotated[UUID, told("The record that stays.")]
    duplicate_in: Annotated[UUID, told("The household of the other record; it may be the same.")]
    duplicate: Annotated[UUID, told("The other record of the same person.")]


class UnmergeMembers(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="unmerge_members", tag_field="command"
):
    """They are two people after all: `duplicate` is a member of `duplicate_in` again, with the NIK they came with, if
    `person_id` still has it. A household that had ended by it stands again."""

    household_id: Annotated[UUID, told("The household in which `person_id` stands now.")]
    person_id: Annotated[UUID, told("The record that stayed.")]
    duplicate_in: Annotated[UUID, told("The household of which `duplicate` was a member.")]
    duplicate: Annotated[UUID, told("The record that is a person of their own again.")]
