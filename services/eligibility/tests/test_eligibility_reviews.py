"""Reviews as pure rules: who closes one, when it is passed on, and what becomes of it with the person."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some
from padan_eligibility.domain import reviews
from padan_eligibility.domain.drafts import Person, RefusedError
from padan_eligibility.domain.reviews import Finding, Review, Whereabouts
from padan_events.reviews import RegisterMatched, ReviewClosed, ReviewEscalated, ReviewOpened, ReviewOutcome, ReviewTier

TODAY, WITHIN = date(2026, 4, 1), timedelta(days=30)
HOME, ELSEWHERE, PERSON, MATCH = (uuid4() for _ in range(4))
PATI, KUDUS = "3318", "3319"
FOUNDED = Finding(outcome=ReviewOutcome.FOUNDED, note=b"sealed")
UNFOUNDED = Finding(outcome=ReviewOutcome.UNFOUNDED)
OFFICE, PROVINCE, MINISTRY = (
    Person("user:sari", "social_office", PATI),
    Person("user:wati", "province", "33"),
    Person("user:budi", "ministry", "ID"),
)


def a_review(**more: Any) -> Review:
    matched = RegisterMatched(
        household_id=HOME, regency=PATI, person_id=PERSON, match_id=MATCH, match=b"sealed", matched_on=TODAY
    )
    review, _ = reviews.opened(matched, "user:agency", TODAY, WITHIN)
    return msgspec.structs.replace(review, **more)


def at(home: UUID | None) -> Whereabouts:
    return Whereabouts(holder=home, home=home, regencies={HOME: PATI, ELSEWHERE: KUDUS})


def code(review: Review, person: Person, finding: Finding) -> str | None:
    try:
        reviews.closed(review, PATI, person, finding, TODAY)
    except RefusedError as refused:
        return refused.code
    return None


@pytest.mark.parametrize(
    ("person", "refused"),
    [
        (OFFICE, None),
        (PROVINCE, None),
        (MINISTRY, None),
        (Person("user:x", "social_office", KUDUS), "review_not_yours"),
        (Person("user:x", "province", "34"), "review_not_yours"),
        (Person("user:x", "district_officer", "331804"), "review_not_yours"),
        (Person("user:x", "agency", PATI), "review_not_yours"),
        (Person("user:agency", "social_office", PATI), "review_own_report"),
    ],
)
def test_the_office_of_the_family_s_region_or_a_higher_tier_closes_it_but_never_who_told_of_the_match(
    person: Person, refused: str | None
) -> None:
    assert code(a_review(), person, FOUNDED) == refused


def test_aid_does_not_end_without_evidence() -> None:
    bare = Finding(outcome=ReviewOutcome.FOUNDED)
    assert code(a_review(), OFFICE, bare) == "review_evidence_missing"
    assert code(a_review(), OFFICE, msgspec.structs.replace(bare, photos=(uuid4(),))) is None
    assert code(a_review(), OFFICE, UNFOUNDED) is None


def test_what_was_passed_on_is_no_business_of_the_tier_that_was_late() -> None:
    late = a_review(tier=ReviewTier.PROVINCE)
    assert [code(late, person, UNFOUNDED) for person in (OFFICE, PROVINCE, MINISTRY)] == [
        "review_passed_on",
        None,
        None,
    ]


def test_only_a_higher_tier_decides_otherwise_and_at_the_ministry_somebody_else() -> None:
    closed, _ = reviews.closed(a_review(), PATI, OFFICE, FOUNDED, TODAY)
    assert code(closed, OFFICE, UNFOUNDED) == "review_closed"
    assert code(closed, PROVINCE, FOUNDED) == "review_closed"
    assert code(closed, PROVINCE, UNFOUNDED) is None
    last, _ = reviews.closed(closed, PATI, MINISTRY, UNFOUNDED, TODAY)
    assert code(last, MINISTRY, FOUNDED) == "review_closed"
    assert code(last, Person("user:other", "ministry", "ID"), FOUNDED) is None


def test_it_is_passed_on_the_day_after_its_due_date_and_stays_with_the_last_tier() -> None:
    review = a_review()
    assert review.due_on == date(2026, 5, 1)
    assert reviews.escalated(review, PATI, review.due_on, WITHIN) is None
    review, fact = reviews.escalated(review, PATI, date(2026, 5, 2), WITHIN) or (review, None)
    assert isinstance(fact, ReviewEscalated)
    assert (fact.tier, fact.due_on) == (ReviewTier.PROVINCE, date(2026, 6, 1))
    review, _ = reviews.escalated(review, PATI, date(2026, 6, 2), WITHIN) or (review, None)
    assert review.tier is ReviewTier.MINISTRY
    assert reviews.escalated(review, PATI, date(2030, 1, 1), WITHIN) is None
    assert reviews.escalated(a_review(outcome=ReviewOutcome.GONE), PATI, date(2030, 1, 1), WITHIN) is None


def followed(held: list[Review], home: UUID | None, on: date) -> list[reviews.Change]:
    return reviews.followed(held, at(home), datetime(on.year, on.month, on.day, 3, tzinfo=UTC), WITHIN)


def test_it_follows_the_person_with_the_time_and_the_tier_it_has_left() -> None:
    late = a_review(tier=ReviewTier.PROVINCE, due_on=date(2026, 6, 1))
    (gone, closing), (there, opening) = followed([late], ELSEWHERE, date(2026, 5, 20))
    assert (gone.outcome, type(closing)) == (ReviewOutcome.GONE, ReviewClosed)
    assert isinstance(opening, ReviewOpened)
    assert (opening.household_id, opening.regency, opening.came_from) == (ELSEWHERE, KUDUS, late.review_id)
    assert (opening.tier, opening.due_on, opening.matched_in) == (ReviewTier.PROVINCE, date(2026, 6, 1), HOME)
    assert followed([gone, there], ELSEWHERE, TODAY) == []
    ended, back = sorted(followed([gone, there], HOME, date(2026, 5, 21)), key=lambda one: one[0].household_id == HOME)
    assert (ended[0].household_id, ended[0].outcome) == (ELSEWHERE, ReviewOutcome.GONE)
    assert (back[0].outcome, back[0].due_on) == (None, date(2026, 6, 20))


def test_what_was_founded_bars_nobody_who_takes_the_person_in_before_somebody_has_said_so_there() -> None:
    founded, _ = reviews.closed(a_review(), PATI, OFFICE, FOUNDED, TODAY)
    ((there, opening),) = followed([founded], ELSEWHERE, date(2026, 9, 1))
    assert isinstance(opening, ReviewOpened)
    assert (there.outcome, there.tier, there.due_on) == (None, ReviewTier.SOCIAL_OFFICE, date(2026, 10, 1))
    unfounded, _ = reviews.closed(a_review(), PATI, OFFICE, UNFOUNDED, TODAY)
    assert followed([unfounded], ELSEWHERE, date(2026, 9, 1)) == []


def test_what_was_found_to_be_unfounded_elsewhere_is_not_open_again_where_the_person_comes_back_to() -> None:
    (gone, _), (there, _) = followed([a_review()], ELSEWHERE, TODAY)
    unfounded, _ = reviews.closed(there, KUDUS, MINISTRY, UNFOUNDED, TODAY)
    assert followed([gone, unfounded], HOME, TODAY) == []


@given(homes=some.lists(some.sampled_from([HOME, ELSEWHERE, None]), max_size=12))
def test_however_a_person_comes_and_goes_one_review_at_most_is_open_and_it_is_where_they_are(
    homes: list[UUID | None],
) -> None:
    held = {HOME: a_review()}
    seen: set[UUID] = set()
    for home in homes:
        for _ in range(2):  # the second time nothing is new
            for change in followed(list(held.values()), home, TODAY):
                held[change[0].household_id] = change[0]
                assert reviews.event_id(change) not in seen
                seen.add(reviews.event_id(change))
        assert [one.household_id for one in held.values() if one.outcome is None] == ([home] if home else [])
