"""Who belongs to a household: members who come and go, heads and caretakers, families that part and join."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec

from padan_events.effects import Effects, HouseholdFact, Left, MembershipSeq, PersonId, SealedMember
from padan_events.registry import event_type
from padan_events.telling import told
from padan_events.topics import HOUSEHOLD_EVENTS

TransferId = Annotated[UUID, told("Names the transfer: the events on both sides of it carry the same.", "pseudonym")]
OccurredOn = Annotated[date, told("Local date from which it holds.")]


class AddReason(StrEnum):
    """Why a person who was not in the register joins a family; `omitted`: was forgotten when it was proposed."""

    BIRTH = "birth"
    ADOPTION = "adoption"
    OMITTED = "omitted"


class TransferReason(StrEnum):
    """Why a person moves from one household to another."""

    MARRIAGE = "marriage"
    DIVORCE = "divorce"
    ADOPTION = "adoption"
    RETURN = "return"
    MERGE = "merge"
    OTHER = "other"


class ChangeReason(StrEnum):
    """Why a family has another head or caretaker. After a death or a departure the rule names the successor: who may be
    replaced by a decision."""

    DIED = "died"
    LEFT = "left"
    DECIDED = "decided"


class Departed(msgspec.Struct, frozen=True):
    """A person who left with others."""

    person_id: PersonId
    membership_seq: MembershipSeq


@event_type("id.padan.household.member_added.v1", HOUSEHOLD_EVENTS)
class MemberAdded(HouseholdFact, frozen=True, kw_only=True):
    """A person joined a family who belonged to no household of the register.

    When: a birth, an adoption or a forgotten member was recorded; the NIK, where there is one, belongs to this
    household from now on.
    """

    member: Annotated[SealedMember, told("Who joined.")]
    reason: Annotated[AddReason, told("Why.")]
    occurred_on: OccurredOn

    def effects(self) -> Effects:
        """Who joined."""
        return Effects(joined=(self.member,))


@event_type("id.padan.household.member_moved_out.v1", HOUSEHOLD_EVENTS)
class MemberMovedOut(HouseholdFact, frozen=True, kw_only=True):
    """A member left for another household, which holds them from now on.

    When: a transfer was accepted; in the same transaction the other household has `member_moved_in`.
    """

    person_id: PersonId
    membership_seq: MembershipSeq
    to: Annotated[UUID, told("The household that holds the person now.", "pseudonym")]
    transfer_id: TransferId
    reason: Annotated[TransferReason, told("Why.")]
    occurred_on: OccurredOn

    def effects(self) -> Effects:
        """Who left, and where to."""
        return Effects(left=(Left(self.person_id, self.membership_seq, self.to),))


@event_type("id.padan.household.member_moved_in.v1", HOUSEHOLD_EVENTS)
class MemberMovedIn(HouseholdFact, frozen=True, kw_only=True):
    """A person came from another household; the blocks are sealed anew, under keys of this household.

    When: a transfer was accepted; in the same transaction the other household has `member_moved_out`, or, where all
    of it came, `merged`.
    """

    member: Annotated[SealedMember, told("Who came.")]
    origin: Annotated[UUID, told("The household that held the person before.", "pseudonym")]
    transfer_id: TransferId
    reason: Annotated[TransferReason, told("Why.")]
    occurred_on: OccurredOn

    def effects(self) -> Effects:
        """Who came."""
        return Effects(joined=(self.member,))


@event_type("id.padan.household.head_changed.v1", HOUSEHOLD_EVENTS)
class HeadChanged(HouseholdFact, frozen=True, kw_only=True):
    """A family has another head.

    When: somebody decided it, or the head died or left: then the rule names the next (spouse, eldest child of 17 or
    more, eldest other of 17 or more), or nobody, and a person settles it.
    """

    reason: Annotated[ChangeReason, told("Why.")]
    occurred_on: OccurredOn
    head: Annotated[UUID | None, told("The head; absent where there is none: to be settled.", "pseudonym")] = None

    def effects(self) -> Effects:
        """The head."""
        return Effects(head=self.head)


@event_type("id.padan.household.caretaker_changed.v1", HOUSEHOLD_EVENTS)
class CaretakerChanged(HouseholdFact, frozen=True, kw_only=True):
    """Another member receives assistance for the family (pengurus).

    When: somebody decided it, or the caretaker died or left and the rule names a successor (spouse, else a member of
    17 or more). Where it names nobody there is no such event: the caretaker is then no living member, to be settled.
    """

    caretaker: Annotated[UUID, told("The member who receives assistance from now on.", "pseudonym")]
    reason: Annotated[ChangeReason, told("Why.")]
    occurred_on: OccurredOn

    def effects(self) -> Effects:
        """The caretaker."""
        return Effects(caretaker=self.caretaker)


@event_type("id.padan.household.split.v1", HOUSEHOLD_EVENTS)
class Split(HouseholdFact, frozen=True, kw_only=True):
    """Part of a family became a household of its own (pecah KK).

    When: the split was accepted; in the same transaction the new household has `proposed` with `split_from`.
    """

    into: Annotated[UUID, told("The new household.", "pseudonym")]
    transfer_id: TransferId
    departed: Annotated[tuple[Departed, ...], told("Who went there.")]
    occurred_on: OccurredOn

    def effects(self) -> Effects:
        """Who left."""
        return Effects(left=_left(self.departed, self.into))


@event_type("id.padan.household.merged.v1", HOUSEHOLD_EVENTS)
class Merged(HouseholdFact, frozen=True, kw_only=True):
    """All living members of a household joined another one.

    When: the merge was accepted; the other household has `member_moved_in` for each of them, and `deactivated` with
    the reason `merged` follows here. The dead stay with this record.
    """

    into: Annotated[UUID, told("The household that holds them now.", "pseudonym")]
    transfer_id: TransferId
    departed: Annotated[tuple[Departed, ...], told("Who went there.")]
    occurred_on: OccurredOn

    def effects(self) -> Effects:
        """Who left."""
        return Effects(left=_left(self.departed, self.into))


def _left(departed: tuple[Departed, ...], to: UUID) -> tuple[Left, ...]:
    return tuple(Left(one.person_id, one.membership_seq, to) for one in departed)
