"""Matches with foreign registers, and the reviews that they open.

Such registers are known to be wrong at times (cleaners registered as directors). A match ends nothing by itself: it
opens a review with a due date, and what an official finds in it counts. Source: docs/domain.md, What ends aid.
"""

from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

import msgspec

from padan_events.effects import HouseholdFact, PersonId
from padan_events.intake import HouseholdId, Regency
from padan_events.registry import event_type
from padan_events.telling import told
from padan_events.topics import ELIGIBILITY_EVENTS, HOUSEHOLD_EVENTS

REVIEWED_WITHIN: Final = timedelta(days=30)
"""How long a tier has before a review goes to the next one (default)."""


class ForeignRegister(StrEnum):
    """A register kept for another purpose, whose matches open reviews."""

    CIVIL_SERVICE = "civil_service"
    ARMY_POLICE = "army_police"
    WELFARE_WORKERS = "welfare_workers"
    WAGES_ABOVE_MINIMUM = "wages_above_minimum"
    COMPANY_REGISTER = "company_register"
    PENSION = "pension"


class RegisterMatch(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a register says of a person; sealed under the person's identity key. `reference` is the entry's name in that
    register, `detail` its own short code of what it found, such as director."""

    register: ForeignRegister
    reference: str
    detail: str = ""


class ReviewTier(StrEnum):
    """Whose turn a review is, in order. It begins at the social office: a village or a district knows the family too
    well to judge what a register says of it, and eligibility, which decides it, knows no region below the regency."""

    SOCIAL_OFFICE = "social_office"
    PROVINCE = "province"
    MINISTRY = "ministry"


class ReviewOutcome(StrEnum):
    """What came of a review. `unfounded`: the match is wrong, or bars nobody; `founded`: aid ends; `gone`: the person
    is no member any more, or the household has left the register, so that nobody had to decide."""

    UNFOUNDED = "unfounded"
    FOUNDED = "founded"
    GONE = "gone"


ReviewId = Annotated[
    UUID, told("The review: the UUIDv5 of the match's event id in the namespace of the household.", "pseudonym")
]
SealedMatch = Annotated[
    bytes,
    told(
        "A `RegisterMatch`: which register, its entry; under the person's key, bound to `match_id`.", "sealed_identity"
    ),
]


@event_type("id.padan.household.register_matched.v1", HOUSEHOLD_EVENTS)
class RegisterMatched(HouseholdFact, frozen=True, kw_only=True):
    """A foreign register names a member. It ends nothing and changes no fact: a review opens.

    When: a ministry, an agency or the administrator passed on a match, or a row of a registration file named somebody
    of the register whom the register of barred occupations names. A person's entry in a register is told once.
    """

    person_id: PersonId
    match_id: Annotated[UUID, told("The match: `ce_id` of its report on registry.intake.v1.")]
    match: SealedMatch
    matched_on: Annotated[date, told("Local date on which the register was asked.")]


class ReviewFact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every event of a review says."""

    household_id: HouseholdId
    regency: Regency
    review_id: ReviewId


@event_type("id.padan.eligibility.review_opened.v1", ELIGIBILITY_EVENTS)
class ReviewOpened(ReviewFact, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody has to look into a match. Nothing of the family's aid changes by it.

    When: a foreign register named a member; or a member with an open review came into this household.
    """

    person_id: PersonId
    match_id: Annotated[UUID, told("The match that opened it.")]
    match: SealedMatch
    matched_on: Annotated[date, told("Local date on which the register was asked.")]
    opened_on: Annotated[date, told("Local date on which it was opened first.")]
    due_on: Annotated[date, told("Last local date on which it is on time.")]
    tier: Annotated[ReviewTier, told("Whose turn it is.")]
    reported_by: Annotated[str, told("Who passed the match on: that person does not close the review.")]
    came_from: Annotated[
        UUID | None,
        told("The review of the household that the person was in; absent where there was none.", "pseudonym"),
    ] = None
    matched_in: Annotated[
        UUID | None,
        told("The household whose member was matched, under whose keys `match` is; absent: this one.", "pseudonym"),
    ] = None


@event_type("id.padan.eligibility.review_escalated.v1", ELIGIBILITY_EVENTS)
class ReviewEscalated(ReviewFact, frozen=True, kw_only=True, omit_defaults=True):
    """It is the next tier's turn.

    When: the due date passed and nobody had closed the review. At the last tier it stays, overdue.
    """

    tier: Annotated[ReviewTier, told("Whose turn it is now.")]
    due_on: Annotated[date, told("Last local date on which it is on time there.")]


@event_type("id.padan.eligibility.review_closed.v1", ELIGIBILITY_EVENTS)
class ReviewClosed(ReviewFact, frozen=True, kw_only=True, omit_defaults=True):
    """What came of a review. The last one of a review counts.

    When: an official of its tier, or of a higher one, closed it, or closed it otherwise than a lower tier had; or
    (`gone`) the person is no member any more, or the household has left the register.
    """

    outcome: Annotated[ReviewOutcome, told("What came of it. Only `founded` ends aid.")]
    closed_on: Annotated[date, told("Local date.")]
    tier: Annotated[ReviewTier | None, told("The tier that closed it; absent where nobody had to.")] = None
    closed_by: Annotated[str | None, told("Who closed it: `user:<subject>`; absent where nobody had to.")] = None
    photos: Annotated[tuple[UUID, ...], told("Photos of the household that show it.", "pseudonym")] = ()
    note: Annotated[
        bytes | None, told("What was found, a `ReviewNote`, under the household's key.", "sealed_sensitive")
    ] = None


class ReviewNote(msgspec.Struct, frozen=True):
    """What an official found in a review; sealed under the household's sensitive key."""

    text: str
