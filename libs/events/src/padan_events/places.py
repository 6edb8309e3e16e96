"""Places and waiting lists (eligibility.events.v1), and the quotas they stand on (programme.events.v1).

A ledger is one programme in one regency. What happens in it is numbered without gaps by `ledger_seq`, so that whoever
folds its events in that order has its places and its waiting list as they stand.
"""

from datetime import date
from enum import StrEnum
from functools import total_ordering
from typing import Annotated
from uuid import UUID

import msgspec

from padan_events.intake import HouseholdId, Regency
from padan_events.registry import event_type
from padan_events.telling import told
from padan_events.topics import ELIGIBILITY_EVENTS, PROGRAMME_EVENTS

Programme = Annotated[str, told("Code of the programme, such as pkh or sembako.")]
LedgerSeq = Annotated[int, msgspec.Meta(ge=1), told("Number of the event in its ledger (programme and regency).")]
Round = Annotated[int, msgspec.Meta(ge=1), told("The allocation round of the programme in which it came about.")]
CauseId = Annotated[UUID, told("The event that led to it.")]


class ReleaseReason(StrEnum):
    """Why a place is free. `found_not_entitled`: the monthly verification said so, confirmed; `review_founded`: the
    review of a match with a foreign register said so; `moved_along`: it went to another regency with its family, and
    the quota with it."""

    NOT_ENTITLED = "not_entitled"
    FOUND_NOT_ENTITLED = "found_not_entitled"
    REVIEW_FOUNDED = "review_founded"
    RESIGNED = "resigned"
    LEFT_THE_REGISTER = "left_the_register"
    MOVED = "moved"
    MOVED_ALONG = "moved_along"


class WaitingEndReason(StrEnum):
    """Why a family waits no longer, though it was given no place."""

    NOT_ENTITLED = "not_entitled"
    FOUND_NOT_ENTITLED = "found_not_entitled"
    REVIEW_FOUNDED = "review_founded"
    RESIGNED = "resigned"
    UNDETERMINED = "undetermined"
    LEFT_THE_REGISTER = "left_the_register"
    MOVED = "moved"


class OrderKey(msgspec.Struct, frozen=True):
    """One key of a programme's own order: what it goes by, and the family's value, by which smaller comes first."""

    by: Annotated[str, told("Such as household_size, or component:elderly.")]
    value: Annotated[int, told("Counts of which more comes first stand with a minus, dates as days since year 1.")]


@total_ordering
class Rank(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the order of a waiting list goes by, the first deciding: smaller comes first. First the programme's own
    order, where its policy has one, then the usual one (docs/domain.md, Programmes). A household id decides last, and
    so that no two ranks are the same."""

    decile: Annotated[int, msgspec.Meta(ge=1, le=11), told("Welfare decile; 11 where none is known.")]
    unmet: Annotated[int, msgspec.Meta(ge=-9, le=0), told("Minus the criteria of 2022 that hold.")]
    determined_on: Annotated[date, told("Local date of the determination.")]
    household_id: HouseholdId
    order: Annotated[
        tuple[OrderKey, ...], told("By the programme's own order, the first deciding; absent where it has none.")
    ] = ()
    order_of: Annotated[str | None, told("Version of the policy whose order it is; absent where it has none.")] = None

    @property
    def own(self) -> tuple[int, ...]:
        """Its values by the programme's own order."""
        return tuple(key.value for key in self.order)

    def __lt__(self, other: "Rank") -> bool:
        return self._sorts_by < other._sorts_by

    @property
    def _sorts_by(self) -> tuple[tuple[int, ...], int, int, date, UUID]:
        return self.own, self.decile, self.unmet, self.determined_on, self.household_id


class PlaceFact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every event of a place says."""

    household_id: HouseholdId
    regency: Regency
    programme: Programme
    ledger_seq: LedgerSeq
    round: Round


@event_type("id.padan.eligibility.place_awarded.v1", ELIGIBILITY_EVENTS)
class PlaceAwarded(PlaceFact, frozen=True, kw_only=True, omit_defaults=True):
    """An entitled family was given a place in a programme.

    When: a round found a free place for it before it had to wait; or it moved here, and its place came along.
    """

    rank: Annotated[Rank, told("Its rank in that round.")]
    came_from: Annotated[str | None, told("The regency it moved from with its place; absent where it did not.")] = None


@event_type("id.padan.eligibility.promoted.v1", ELIGIBILITY_EVENTS)
class Promoted(PlaceFact, frozen=True, kw_only=True):
    """A family that waited was given a place.

    When: a place was released, or the quota was raised, and nobody who waits comes before it.
    """

    rank: Annotated[Rank, told("Its rank in that round.")]
    because_of: Annotated[UUID, told("The `place_released` or `quota_set` that made its place free.")]


@event_type("id.padan.eligibility.waitlisted.v1", ELIGIBILITY_EVENTS)
class Waitlisted(PlaceFact, frozen=True, kw_only=True):
    """An entitled family waits for a place, at a rank.

    When: a round had no place left for it; and again where its rank changes while it waits.
    """

    rank: Annotated[Rank, told("Its rank: who else waits before it, the ledger's other events say.")]


@event_type("id.padan.eligibility.waiting_ended.v1", ELIGIBILITY_EVENTS)
class WaitingEnded(PlaceFact, frozen=True, kw_only=True):
    """A family waits no longer, without a place.

    When: it is no longer entitled, left the register, or moved to another regency.
    """

    reason: Annotated[WaitingEndReason, told("Why.")]


@event_type("id.padan.eligibility.place_released.v1", ELIGIBILITY_EVENTS)
class PlaceReleased(PlaceFact, frozen=True, kw_only=True, omit_defaults=True):
    """A family's place ended.

    When: it is not entitled any more, left the register, or moved. A decision that became undetermined ends no place.
    """

    reason: Annotated[ReleaseReason, told("Why.")]
    went_to: Annotated[str | None, told("The regency its place went along to; absent where it did not.")] = None


@event_type("id.padan.eligibility.round_closed.v1", ELIGIBILITY_EVENTS)
class AllocationRoundClosed(msgspec.Struct, frozen=True, kw_only=True):
    """A round of a programme changed a ledger, and how it stands now.

    When: all that households' events up to `cut` changed in it was taken up. Its key is the ledger's id: the UUIDv5 of
    `programme:regency`.
    """

    ledger_id: Annotated[UUID, told("The ledger; also the record's key.")]
    programme: Programme
    regency: Regency
    round: Round
    ledger_seq: LedgerSeq
    cut: Annotated[tuple[int, ...], told("Position of each of the 24 shards of household.events.v1 taken up.")]
    as_of: Annotated[date, told("Local date of the round.")]
    quota: Annotated[int, told("Places there may be.")]
    places: Annotated[int, told("Places there are; above the quota where that was lowered.")]
    waiting: Annotated[int, told("Families that wait.")]


@event_type("id.padan.programme.quota_set.v1", PROGRAMME_EVENTS)
class QuotaSet(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many places a programme has, in a regency or in the whole nation.

    When: its owner set it. Lowering it ends no place: it stops promotion until fewer hold one.
    """

    programme: Annotated[str, told("Code of the programme; also the record's key.")]
    places: Annotated[int, msgspec.Meta(ge=0, le=100_000_000), told("Places there may be.")]
    set_by: Annotated[str, told("Who set it: `user:<subject>`.")]
    regency: Annotated[str | None, told("The regency; absent: at most so many in all regencies together.")] = None
