"""One person was recorded twice: a person decides which record stays, or that it had been decided in error."""

from datetime import date
from typing import Annotated
from uuid import UUID

from padan_events.corrections import FreedBlock
from padan_events.effects import NOBODY, Effects, Freed, HouseholdFact, Left, MembershipSeq, PersonId, SealedMember
from padan_events.registry import event_type
from padan_events.telling import told
from padan_events.topics import HOUSEHOLD_EVENTS

_Formerly = Annotated[UUID, told("The other record of the same person.", "pseudonym")]
_KeptIn = Annotated[UUID, told("The household of the record that stays.", "pseudonym")]
_DuplicateIn = Annotated[UUID, told("The household of the other record; it may be the same.", "pseudonym")]
_TransferId = Annotated[UUID, told("The same on the events of both households.", "pseudonym")]


@event_type("id.padan.household.duplicate_merged.v1", HOUSEHOLD_EVENTS)
class DuplicateMerged(HouseholdFact, frozen=True, kw_only=True):
    """Two records turned out to be of one person: `person_id` stays, and `formerly` is in no household any more.

    When: the social office decided it. Each of the two households has this event, in one transaction; where both
    records stood in one household, it has one event that says all. A NIK that only the other record had is the
    person's from now on: `freed` stands on the event of the household that had it, `member` on that of the other.
    What is said later of `formerly` is said of `person_id`.
    """

    person_id: PersonId
    formerly: _Formerly
    kept_in: _KeptIn
    duplicate_in: _DuplicateIn
    transfer_id: _TransferId
    membership_seq: Annotated[MembershipSeq, told("That of `formerly`, from which it belongs to no household.")]
    occurred_on: Annotated[date, told("Local date of the decision.")]
    member: Annotated[SealedMember | None, told("The person with the NIK of the other record.")] = None
    freed: FreedBlock = None

    def effects(self) -> Effects:
        """The record that goes, at its household; the NIK that comes, at the other."""
        gone = Left(self.formerly, self.membership_seq, NOBODY)
        return Effects(
            changed=() if self.member is None else (self.member,),
            left=(gone,) if self.household_id == self.duplicate_in else (),
            freed=() if self.freed is None else (Freed(self.formerly, self.membership_seq, self.freed),),
        )


@event_type("id.padan.household.unmerged.v1", HOUSEHOLD_EVENTS)
class Unmerged(HouseholdFact, frozen=True, kw_only=True):
    """That two records are of one person had been decided in error: `formerly` is a person of their own again.

    When: the social office took it back. Each of the two households has this event, as with `duplicate_merged`. The
    NIK that the other record had come with is its own again, where the person still had it.
    """

    person_id: PersonId
    formerly: _Formerly
    kept_in: _KeptIn
    duplicate_in: _DuplicateIn
    transfer_id: _TransferId
    membership_seq: Annotated[MembershipSeq, told("That of `formerly`, from which they are a member again.")]
    occurred_on: Annotated[date, told("Local date of the decision.")]
    back: Annotated[SealedMember | None, told("Who is a member of the household `duplicate_in` again.")] = None
    member: Annotated[SealedMember | None, told("The person of `kept_in`, without the NIK that is not theirs.")] = None
    freed: FreedBlock = None

    def effects(self) -> Effects:
        """Who is back, at their household; the NIK that goes, at the other."""
        member, nik = self.member, self.freed
        return Effects(
            joined=() if self.back is None else (self.back,),
            changed=() if member is None else (member,),
            freed=() if member is None or nik is None else (Freed(member.person_id, member.membership_seq, nik),),
        )
