"""Reviews of matches with foreign registers: who may close one, when it goes to the next tier, and when nobody has to
any more. A match ends nothing by itself. Source: docs/domain.md, What ends aid; Deadlines and measures."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec
from padan_events.local_date import local_date
from padan_events.reviews import (
    RegisterMatched,
    ReviewClosed,
    ReviewEscalated,
    ReviewFact,
    ReviewOpened,
    ReviewOutcome,
    ReviewTier,
)

from padan_eligibility.domain.drafts import NATION, Person, RefusedError

_ORDER: Final = tuple(ReviewTier)
_BEFORE: Final[Mapping[ReviewOutcome | None, int]] = {None: 0, ReviewOutcome.FOUNDED: 1, ReviewOutcome.GONE: 2}
"""Which of several reviews goes along with a person: the one that is open, else what was found."""
_ROLES: Final[Mapping[str, ReviewTier]] = {tier.value: tier for tier in ReviewTier}


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """A review as it stands. `outcome` None: open. `matched_in` is the household whose member was matched, `changes`
    how many events it has, `last_event` the id of the last one."""

    review_id: UUID
    household_id: UUID
    person_id: UUID
    match_id: UUID
    match: bytes
    matched_on: date
    matched_in: UUID
    reported_by: str
    opened_on: date
    due_on: date
    tier: ReviewTier
    outcome: ReviewOutcome | None = None
    closed_tier: ReviewTier | None = None
    closed_by: str | None = None
    changes: int = 0
    last_event: UUID | None = None


class Whereabouts(msgspec.Struct, frozen=True, kw_only=True):
    """Where a person is. `holder` is the household that holds them, dead or alive; `home` the same while they live and
    it is in the register. `regencies` are by household, of those that are known."""

    holder: UUID | None
    home: UUID | None
    regencies: Mapping[UUID, str]


Change = tuple[Review, ReviewFact]
"""A review after an event, and the event."""


def review_id(household_id: UUID, match_id: UUID) -> UUID:
    """A match is reviewed once in a household."""
    return uuid5(household_id, str(match_id))


def event_id(change: Change) -> UUID:
    """The id of the event."""
    event = change[0].last_event
    assert event is not None, "a review after an event names it"
    return event


def _after(review: Review, event: UUID | None = None, **changes: Any) -> Review:
    """A review after one more event. The id of one that nobody asked for is the same whenever it is made again."""
    number = review.changes + 1
    own = event or uuid5(changes.get("review_id", review.review_id), str(number))
    return msgspec.structs.replace(review, **changes, changes=number, last_event=own)


def opened(data: RegisterMatched, reported_by: str, today: date, within: timedelta) -> Change:
    """The review that a match opens."""
    review = Review(
        review_id=review_id(data.household_id, data.match_id),
        household_id=data.household_id,
        person_id=data.person_id,
        match_id=data.match_id,
        match=data.match,
        matched_on=data.matched_on,
        matched_in=data.household_id,
        reported_by=reported_by,
        opened_on=today,
        due_on=today + within,
        tier=_ORDER[0],
    )
    after = _after(review)
    return after, _opening(after, data.regency, None)


def followed(held: Sequence[Review], where: Whereabouts, at: datetime, within: timedelta) -> list[Change]:
    """What becomes of the reviews of one match (`held`, all there are) when its person came, left or died, or a
    household left the register or came back.

    One on which nobody has decided is open exactly while the person lives in its household and that is in the register:
    otherwise it is `gone`, and open again, with all its time, where they are back. It follows the person with the time
    it has left. What was founded in one household begins anew in the next: it bars there only once somebody has said
    so. What was found to be unfounded once is looked into nowhere else.
    """
    changes: list[Change] = []
    unfounded = any(review.outcome is ReviewOutcome.UNFOUNDED for review in held)
    for review in held:
        here, regency = where.home == review.household_id, where.regencies[review.household_id]
        if here and unfounded:
            continue
        if review.outcome in {None, ReviewOutcome.GONE} and here is (review.outcome is ReviewOutcome.GONE):
            today = local_date(at, regency)
            changes.append(_reopened(review, regency, today, within) if here else _gone(review, regency, today))
    there = {review.household_id for review in held}
    if where.home is not None and where.home in where.regencies.keys() - there and not unfounded:
        base = min(held, key=lambda one: (_BEFORE[one.outcome], -one.due_on.toordinal(), one.review_id))
        regency = where.regencies[where.home]
        changes.append(_carried(base, where.home, regency, local_date(at, regency), within))
    return changes


def _carried(review: Review, home: UUID, regency: str, today: date, within: timedelta) -> Change:
    anew = review.outcome is not None
    carried = _after(
        msgspec.structs.replace(review, changes=0),
        review_id=review_id(home, review.match_id),
        household_id=home,
        tier=_ORDER[0] if anew else review.tier,
        opened_on=today if anew else review.opened_on,
        due_on=today + within if anew else review.due_on,
        outcome=None,
        closed_tier=None,
        closed_by=None,
    )
    return carried, _opening(carried, regency, review.review_id)


def _reopened(review: Review, regency: str, today: date, within: timedelta) -> Change:
    again = _after(review, outcome=None, due_on=today + within)
    return again, _opening(again, regency, None)


def _gone(review: Review, regency: str, today: date) -> Change:
    gone = _after(review, outcome=ReviewOutcome.GONE)
    return gone, ReviewClosed(**_of(gone, regency), outcome=ReviewOutcome.GONE, closed_on=today)


def escalated(review: Review, regency: str, today: date, within: timedelta) -> Change | None:
    """It is the next tier's turn; None where it is on time, closed, or with the last tier, where it stays."""
    if review.outcome is not None or today <= review.due_on or review.tier is _ORDER[-1]:
        return None
    tier = _ORDER[_ORDER.index(review.tier) + 1]
    due_on = today + within
    after = _after(review, tier=tier, due_on=due_on)
    return after, ReviewEscalated(**_of(after, regency), tier=tier, due_on=due_on)


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What an official found: the outcome, photos of the household that show it, and `note`, sealed. `event_id` is what
    the event of it is to be called."""

    outcome: ReviewOutcome
    photos: tuple[UUID, ...] = ()
    note: bytes | None = None
    event_id: UUID | None = None


def closed(review: Review, regency: str, person: Person, finding: Finding, today: date) -> Change:
    """A person closes a review, or closes it otherwise than a lower tier had. Raises `RefusedError`."""
    tier = _tier_of(person, regency)
    _check(review, person, tier, finding)
    after = _after(review, finding.event_id, outcome=finding.outcome, closed_tier=tier, closed_by=person.actor)
    return after, ReviewClosed(
        **_of(after, regency),
        outcome=finding.outcome,
        closed_on=today,
        tier=tier,
        closed_by=person.actor,
        photos=finding.photos,
        note=finding.note,
    )


def _tier_of(person: Person, regency: str) -> ReviewTier:
    tier = _ROLES.get(person.role)
    inside = person.region == NATION or regency.startswith(person.region)
    if tier is None or not inside:
        raise RefusedError("review_not_yours")
    return tier


def _check(review: Review, person: Person, tier: ReviewTier, finding: Finding) -> None:
    if review.outcome is ReviewOutcome.GONE:
        raise RefusedError("review_gone")
    if person.actor == review.reported_by:
        raise RefusedError("review_own_report")
    if finding.outcome is ReviewOutcome.FOUNDED and not finding.photos and finding.note is None:
        raise RefusedError("review_evidence_missing")
    if review.outcome is None:
        if _ORDER.index(tier) < _ORDER.index(review.tier):
            raise RefusedError("review_passed_on")
        return
    if finding.outcome is review.outcome:
        raise RefusedError("review_closed")
    assert review.closed_tier is not None
    higher = _ORDER.index(tier) > _ORDER.index(review.closed_tier)
    last = tier is _ORDER[-1] and review.closed_tier is tier
    if not higher and not (last and person.actor != review.closed_by):
        raise RefusedError("review_closed")


def _opening(review: Review, regency: str, came_from: UUID | None) -> ReviewOpened:
    return ReviewOpened(
        **_of(review, regency),
        person_id=review.person_id,
        match_id=review.match_id,
        match=review.match,
        matched_on=review.matched_on,
        opened_on=review.opened_on,
        due_on=review.due_on,
        tier=review.tier,
        reported_by=review.reported_by,
        came_from=came_from,
        matched_in=None if review.matched_in == review.household_id else review.matched_in,
    )


def _of(review: Review, regency: str) -> dict[str, Any]:
    return {"household_id": review.household_id, "regency": regency, "review_id": review.review_id}


def folded(review: Review | None, fact: ReviewFact, event: UUID) -> Review | None:
    """A review after one more of its events, which is called `event`: replay is this and nothing else. None where its
    beginning is not known."""
    if isinstance(fact, ReviewOpened):
        return Review(
            review_id=fact.review_id,
            household_id=fact.household_id,
            person_id=fact.person_id,
            match_id=fact.match_id,
            match=fact.match,
            matched_on=fact.matched_on,
            matched_in=fact.matched_in or fact.household_id,
            reported_by=fact.reported_by,
            opened_on=fact.opened_on,
            due_on=fact.due_on,
            tier=fact.tier,
            changes=1 if review is None else review.changes + 1,
            last_event=event,
        )
    if review is None:
        return None
    after = _after(review, event)
    match fact:
        case ReviewEscalated():
            return msgspec.structs.replace(after, tier=fact.tier, due_on=fact.due_on)
        case ReviewClosed():
            return msgspec.structs.replace(after, outcome=fact.outcome, closed_tier=fact.tier, closed_by=fact.closed_by)
    raise TypeError(f"a review has no event {type(fact).__name__}")
