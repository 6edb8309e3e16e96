"""A member dies: as the civil registry says, or as somebody reports and the social office confirms."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from padan_events.effects import Died, Effects, HouseholdFact, MembershipSeq, PersonId
from padan_events.registry import event_type
from padan_events.telling import told
from padan_events.tiers import Note
from padan_events.topics import HOUSEHOLD_EVENTS


class ToldBy(StrEnum):
    """Who says that somebody died: the civil registry by one of its three doors, or an operator whom the social office
    confirmed."""

    CRVS_NOTIFY = "crvs_notify"
    CRVS_FEED = "crvs_feed"
    FILE = "file"
    OPERATOR = "operator"


DeathDate = Annotated[date, told("Local date of the death; when it became known is the event's own time.")]


class _OfPerson(HouseholdFact, frozen=True, kw_only=True):
    person_id: PersonId
    membership_seq: MembershipSeq


@event_type("id.padan.household.member_died.v1", HOUSEHOLD_EVENTS)
class MemberDied(_OfPerson, frozen=True, kw_only=True):
    """A member died: this ends their part in whatever the household is entitled to. The household goes on while a
    member lives.

    When: the civil registry told it, or an operator's report was confirmed.
    """

    occurred_on: DeathDate
    source: Annotated[ToldBy, told("Who says so.")]

    def effects(self) -> Effects:
        """The member is dead."""
        return Effects(died=(Died(self.person_id, self.membership_seq, self.occurred_on),))


@event_type("id.padan.household.death_corrected.v1", HOUSEHOLD_EVENTS)
class DeathCorrected(_OfPerson, frozen=True, kw_only=True):
    """A member's date of death is another than was recorded.

    When: a later report named another date.
    """

    occurred_on: DeathDate
    source: Annotated[ToldBy, told("Who says so.")]

    def effects(self) -> Effects:
        """The member is dead since then."""
        return Effects(died=(Died(self.person_id, self.membership_seq, self.occurred_on),))


@event_type("id.padan.household.death_reversed.v1", HOUSEHOLD_EVENTS)
class DeathReversed(_OfPerson, frozen=True, kw_only=True):
    """A member lives: the death was reported in error. Who became head or caretaker meanwhile stays so until somebody
    changes it.

    When: the civil registry took the death back.
    """

    occurred_on: Annotated[date, told("The date of death that was recorded and does not hold.")]
    source: Annotated[ToldBy, told("Who says so.")]

    def effects(self) -> Effects:
        """The member lives."""
        return Effects(died=(Died(self.person_id, self.membership_seq, None),))


@event_type("id.padan.household.death_claimed.v1", HOUSEHOLD_EVENTS)
class DeathClaimed(_OfPerson, frozen=True, kw_only=True):
    """Somebody reports that a member died, with evidence. Nothing has changed yet, but payments to the household are
    held until it is confirmed or refused, or `due_at` has passed.

    When: an operator reported it.
    """

    occurred_on: DeathDate
    due_at: Annotated[datetime, told("When payments are held no longer, if nobody has confirmed it by then.")]
    photos: Annotated[tuple[UUID, ...], told("Photos of the evidence, such as the certificate.", "pseudonym")] = ()
    note: Note = None


@event_type("id.padan.household.death_claim_refused.v1", HOUSEHOLD_EVENTS)
class DeathClaimRefused(_OfPerson, frozen=True, kw_only=True):
    """A member whose death was reported is held to be alive.

    When: the social office refused the report.
    """

    note: Note = None


@event_type("id.padan.household.death_claim_lapsed.v1", HOUSEHOLD_EVENTS)
class DeathClaimLapsed(_OfPerson, frozen=True, kw_only=True):
    """A report of a death stood unconfirmed until it was due: payments are held no longer.

    When: 30 days passed.
    """
