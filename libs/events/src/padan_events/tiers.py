"""A case on its way from proposal to determination, tier by tier, and what takes it off that way."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from padan_events.effects import Effects, HouseholdFact
from padan_events.registry import event_type
from padan_events.states import State
from padan_events.telling import told
from padan_events.topics import HOUSEHOLD_EVENTS

UpdateMonth = Annotated[str, told("The update month (YYYY-MM) into which it falls, by the regency's cut-off.")]
Note = Annotated[bytes | None, told("What the official wrote, if anything.", "sealed_identity")]


class ReturnReason(StrEnum):
    """Why a case is returned."""

    DATA_INCOMPLETE = "data_incomplete"
    DATA_DIFFERS = "data_differs"
    MEMBERS_DIFFER = "members_differ"
    PHOTO_MISSING = "photo_missing"
    PHOTO_UNCLEAR = "photo_unclear"
    POSITION_WRONG = "position_wrong"
    MINUTES_MISSING = "minutes_missing"
    OTHER = "other"


class RejectReason(StrEnum):
    """Why a case is rejected."""

    ABLE = "able"
    MOVED = "moved"
    NOT_FOUND = "not_found"
    REFUSED = "refused"
    DUPLICATE = "duplicate"
    BARRED_OCCUPATION = "barred_occupation"
    OTHER = "other"


class WithdrawReason(StrEnum):
    """Why a case is withdrawn; `not_repaired`: it was returned, and nobody touched it before its deadline."""

    FAMILY_REQUEST = "family_request"
    RECORDED_IN_ERROR = "recorded_in_error"
    NOT_REPAIRED = "not_repaired"


class DeactivateReason(StrEnum):
    """Why a household leaves the register. The last three come about by themselves, and nobody may give them;
    `duplicate_merged`: its last member was recorded twice, and the other record stays."""

    ABROAD = "abroad"
    LEFT_UNKNOWN = "left_unknown"
    FAMILY_REQUEST = "family_request"
    RECORDED_IN_ERROR = "recorded_in_error"
    LAST_MEMBER_DIED = "last_member_died"
    MERGED = "merged"
    DUPLICATE_MERGED = "duplicate_merged"


BY_THEMSELVES: Final = frozenset(
    {
        WithdrawReason.NOT_REPAIRED,
        DeactivateReason.LAST_MEMBER_DIED,
        DeactivateReason.MERGED,
        DeactivateReason.DUPLICATE_MERGED,
    }
)
"""Reasons that no person gives."""


@event_type("id.padan.household.deliberated.v1", HOUSEHOLD_EVENTS)
class Deliberated(HouseholdFact, frozen=True, kw_only=True):
    """The village deliberated on a family (musdes/muskel) and put it on the list.

    When: the village head finalized the deliberation.
    """

    occurred_on: Annotated[date, told("Local date of the deliberation.")]
    minutes_number: Annotated[str, told("Number of the signed minutes (berita acara).")]
    minutes_photos: Annotated[tuple[UUID, ...], told("Photos of the signed minutes.", "pseudonym")] = ()

    def effects(self) -> Effects:
        """Deliberated."""
        return Effects(state=State.DELIBERATED)


@event_type("id.padan.household.verified.v1", HOUSEHOLD_EVENTS)
class Verified(HouseholdFact, frozen=True, kw_only=True):
    """A family was visited and found as it was told.

    When: the field verification was complete: criteria answered, photos attached, the place on the map.
    """

    occurred_on: Annotated[date, told("Local date of the visit.")]

    def effects(self) -> Effects:
        """Verified."""
        return Effects(state=State.VERIFIED)


@event_type("id.padan.household.advanced.v1", HOUSEHOLD_EVENTS)
class Advanced(HouseholdFact, frozen=True, kw_only=True):
    """A case was approved by the district, the social office, or for the regent or mayor (pengesahan).

    When: somebody of that tier approved it who had not approved it at another tier.
    """

    to: Annotated[State, told("District_approved, office_approved or region_approved.")]
    update_month: Annotated[
        str | None, told("For region_approved: the update month (YYYY-MM) into which it falls, by the cut-off.")
    ] = None
    late: Annotated[
        bool, told("It was given before the cut-off and received within 24 hours after: it counts, flagged.")
    ] = False

    def effects(self) -> Effects:
        """The tier it has reached."""
        return Effects(state=self.to)


@event_type("id.padan.household.determined.v1", HOUSEHOLD_EVENTS)
class Determined(HouseholdFact, frozen=True, kw_only=True):
    """The ministry determined that a family is in the register (penetapan): it may be given a place.

    When: the ministry determined its update month, or this case.
    """

    update_month: UpdateMonth

    def effects(self) -> Effects:
        """Determined."""
        return Effects(state=State.DETERMINED)


@event_type("id.padan.household.returned.v1", HOUSEHOLD_EVENTS)
class Returned(HouseholdFact, frozen=True, kw_only=True):
    """A case was returned to an earlier tier, with reasons.

    When: the tier whose turn it was found something to be repaired. Where nobody touches it until `due_at`, it is
    withdrawn.
    """

    to: Annotated[State, told("The state it goes back to: what follows that state is done again.")]
    reasons: Annotated[tuple[ReturnReason, ...], told("Why.")]
    due_at: Annotated[datetime, told("When it is withdrawn if nobody has touched it.")]
    note: Note = None

    def effects(self) -> Effects:
        """Returned."""
        return Effects(state=State.RETURNED)


@event_type("id.padan.household.rejected.v1", HOUSEHOLD_EVENTS)
class Rejected(HouseholdFact, frozen=True, kw_only=True):
    """A case was rejected: the register holds nobody of it any more.

    When: the tier whose turn it was rejected it.
    """

    reasons: Annotated[tuple[RejectReason, ...], told("Why.")]
    note: Note = None

    def effects(self) -> Effects:
        """Rejected."""
        return Effects(state=State.REJECTED)


@event_type("id.padan.household.withdrawn.v1", HOUSEHOLD_EVENTS)
class Withdrawn(HouseholdFact, frozen=True, kw_only=True):
    """A case was withdrawn before it was determined: the register holds nobody of it any more.

    When: the family asked for it, it was recorded in error, or it was returned and nobody touched it in time.
    """

    reason: Annotated[WithdrawReason, told("Why.")]
    note: Note = None

    def effects(self) -> Effects:
        """Withdrawn."""
        return Effects(state=State.WITHDRAWN)


@event_type("id.padan.household.deactivated.v1", HOUSEHOLD_EVENTS)
class Deactivated(HouseholdFact, frozen=True, kw_only=True):
    """A household left the register: its places are free, and the register holds nobody of it any more.

    When: its last member died or had been recorded twice, it was merged into another, or the social office ended it.
    """

    reason: Annotated[DeactivateReason, told("Why.")]
    occurred_on: Annotated[date, told("Local date from which it holds.")]
    note: Note = None

    def effects(self) -> Effects:
        """Deactivated."""
        return Effects(state=State.DEACTIVATED)


@event_type("id.padan.household.reactivated.v1", HOUSEHOLD_EVENTS)
class Reactivated(HouseholdFact, frozen=True, kw_only=True):
    """A household that was rejected, withdrawn or deactivated stands in the register again, and holds its people again.

    When: the social office took it up again, or what had ended it was taken back.
    """

    to: Annotated[State, told("The state it stands in from now on.")]
    occurred_on: Annotated[date, told("Local date from which it holds.")]
    note: Note = None

    def effects(self) -> Effects:
        """The state it stands in."""
        return Effects(state=self.to)
