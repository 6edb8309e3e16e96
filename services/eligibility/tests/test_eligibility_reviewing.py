"""Reviews on a real PostgreSQL: opened with the facts, passed on by the clock, and what closing one does to places."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import msgspec
import pytest
from deciding_office import Office
from kafka_peer import until
from padan_eligibility.domain import reviews
from padan_eligibility.domain.drafts import Person, RefusedError
from padan_eligibility.domain.reviews import Review
from padan_eligibility.facts.handler import FactsHandler, Prepared
from padan_eligibility.reviews import repository
from padan_eligibility.reviews.escalating import Escalating
from padan_events import Event
from padan_events.eligibility import Decided
from padan_events.places import PlaceAwarded, PlaceReleased, Promoted, Waitlisted
from padan_events.relocations import RelocationAccepted
from padan_events.reviews import (
    REVIEWED_WITHIN,
    ReviewClosed,
    ReviewEscalated,
    ReviewFact,
    ReviewNote,
    ReviewOpened,
    ReviewOutcome,
    ReviewTier,
)
from padan_events.states import State
from padan_events.tiers import Deactivated, DeactivateReason, Reactivated
from padan_runtime.sealing import open_sealed
from register_peer import RECORDED_AT
from reviewing_desk import DUE, FOUNDED, OPENED, PATI, SARI, TODDLER, UNFOUNDED, WATI, Desk


@pytest.fixture
async def desk(office: Office) -> AsyncIterator[Desk]:
    """At the end of each test the reviews are what their events fold to."""
    desk = Desk(office)
    yield desk
    folded: dict[UUID, Review | None] = {}
    for event, fact in desk.told(ReviewFact):
        folded[fact.review_id] = reviews.folded(folded.get(fact.review_id), fact, event.event_id)
    with office.database.transaction() as connection:
        assert repository.known(connection, list(folded)) == folded


async def review_of(desk: Desk, family: UUID) -> ReviewOpened:
    await desk.take(desk.matched(family))
    opened = desk.reviews()[-1]
    assert isinstance(opened, ReviewOpened)
    return opened


async def test_a_match_opens_one_review_and_ends_nothing(desk: Desk) -> None:
    family = await desk.family(1, 1)
    await desk.places(1)
    matched = desk.matched(family)
    await desk.take(matched)
    await desk.take(desk.matched(family))  # told once more, as after a restore
    await desk.round()
    ((event, opened),) = desk.told(ReviewFact)
    assert (opened.opened_on, opened.due_on, opened.tier) == (OPENED, DUE, ReviewTier.SOCIAL_OFFICE)
    assert (opened.match, opened.match_id, opened.reported_by) == (
        b"sealed for others",
        uuid5(family, "A-1"),
        "service:registry-ingest",
    )
    assert event.causation_id == matched.event_id
    assert [type(one) for one in desk.places_told()] == [PlaceAwarded]
    assert len({data.programme for _, data in desk.told(Decided)}) == len(desk.told(Decided))


async def test_founded_releases_the_place_for_the_next_and_a_higher_tier_s_word_brings_the_family_back(
    desk: Desk,
) -> None:
    first, second = await desk.family(1, 1), await desk.family(2, 2)
    await desk.places(1)
    review = await review_of(desk, first)
    answer = await desk.close(review.review_id, SARI, FOUNDED)
    await desk.round()
    ((told, closed),) = desk.told(ReviewClosed)
    assert (closed.outcome, closed.tier, closed.closed_by) == (
        ReviewOutcome.FOUNDED,
        ReviewTier.SOCIAL_OFFICE,
        SARI.actor,
    )
    assert told.event_id == answer["event_id"]
    key = desk.office.register.keys[first][first]
    note = open_sealed(key, closed.note, ReviewNote, subject=first, event_id=told.event_id)
    assert note.text == FOUNDED.note
    released, promoted = desk.told(PlaceReleased)[0], desk.told(Promoted)[0]
    assert (released[1].household_id, released[1].reason.value) == (first, "review_founded")
    assert (released[0].causation_id, promoted[1].household_id) == (told.event_id, second)
    assert promoted[1].because_of == released[0].event_id
    with pytest.raises(RefusedError, match="review_closed"):
        await desk.close(review.review_id, SARI, UNFOUNDED)
    await desk.close(review.review_id, WATI, UNFOUNDED)
    await desk.round()
    last = desk.places_told()[-1]
    assert (type(last), last.household_id, last.rank.decile) == (Waitlisted, first, 1)


async def test_unfounded_changes_nothing(desk: Desk) -> None:
    family = await desk.family(1, 1)
    await desk.places(1)
    review = await review_of(desk, family)
    await desk.close(review.review_id, SARI, UNFOUNDED)
    await desk.round()
    await desk.take(desk.matched(family))
    assert [type(one) for one in desk.reviews()] == [ReviewOpened, ReviewClosed]
    assert [type(one) for one in desk.places_told()] == [PlaceAwarded]


async def test_a_family_barred_before_the_first_quota_is_on_no_list(desk: Desk) -> None:
    barred, other = await desk.family(1, 1), await desk.family(2, 2)
    review = await review_of(desk, barred)
    await desk.close(review.review_id, SARI, FOUNDED)
    await desk.places(2)
    assert [one.household_id for one in desk.places_told()] == [other]


async def test_a_key_names_one_answer_for_ever(desk: Desk) -> None:
    review = await review_of(desk, await desk.family(1, 1))
    first = await desk.close(review.review_id, SARI, FOUNDED)
    assert await desk.close(review.review_id, SARI, FOUNDED) == first
    for other in ({"note": "Lain."}, {"outcome": ReviewOutcome.UNFOUNDED}, {"photos": (uuid4(),)}):
        with pytest.raises(RefusedError, match="review_key_reused"):
            await desk.close(review.review_id, SARI, msgspec.structs.replace(FOUNDED, **other))
    assert len(desk.told(ReviewClosed)) == 1
    another = await review_of(desk, await desk.family(2, 2))  # of another review the same key says another thing
    second = await desk.close(another.review_id, SARI, FOUNDED)
    assert second["event_id"] != first["event_id"]
    with pytest.raises(RefusedError, match="review_unknown"):
        await desk.close(uuid4(), SARI, UNFOUNDED)


async def test_of_two_who_close_it_at_once_one_is_told_so(desk: Desk) -> None:
    review = await review_of(desk, await desk.family(1, 1))
    others = [Person(f"user:{number}", "social_office", PATI) for number in range(4)]
    ended = await asyncio.gather(
        *(desk.close(review.review_id, one, FOUNDED) for one in others), return_exceptions=True
    )
    refused = [one for one in ended if isinstance(one, BaseException)]
    assert [getattr(one, "code", one) for one in refused] == ["review_closed"] * 3
    assert len(desk.told(ReviewClosed)) == 1


async def test_what_is_late_goes_on_by_the_local_date_however_long_nobody_looked(desk: Desk) -> None:
    await review_of(desk, await desk.family(1, 1))
    stop = asyncio.Event()
    desk.office.now = datetime(2026, 4, 1, 16, 59, tzinfo=UTC)
    assert await desk.escalating.look(stop) == 0
    desk.office.now = datetime(2026, 4, 1, 17, 0, tzinfo=UTC)  # midnight of 2 April in Pati
    other = Escalating(desk.office.database, lambda _: desk.office.now, REVIEWED_WITHIN)
    assert sum(await asyncio.gather(desk.escalating.look(stop), other.look(stop))) == 1
    assert await desk.escalating.look(stop) == 0
    desk.office.now = datetime(2026, 9, 1, tzinfo=UTC)
    assert await desk.escalating.look(stop) == 1
    assert await desk.escalating.look(stop) == 0
    passed = [data for _, data in desk.told(ReviewEscalated)]
    assert [(one.tier, one.due_on) for one in passed] == [
        (ReviewTier.PROVINCE, date(2026, 5, 2)),
        (ReviewTier.MINISTRY, date(2026, 10, 1)),
    ]
    desk.office.now = datetime(2027, 1, 1, tzinfo=UTC)
    assert await desk.escalating.look(stop) == 0  # the last tier: it stays, and is counted
    with pytest.raises(RefusedError, match="review_passed_on"):
        await desk.close(passed[0].review_id, WATI, UNFOUNDED)


async def test_it_goes_along_with_the_family_and_is_the_new_office_s(desk: Desk) -> None:
    family = await desk.family(1, 1)
    review = await review_of(desk, family)
    moved = RelocationAccepted(
        household_id=family,
        regency="3319",
        identity=b"sealed for others",
        from_regency=PATI,
        occurred_on=date(2026, 3, 3),
    )
    await desk.take(desk.office.register.happened(moved))
    with pytest.raises(RefusedError, match="review_not_yours"):
        await desk.close(review.review_id, SARI, FOUNDED)
    await desk.close(review.review_id, Person("user:there", "social_office", "3319"), FOUNDED)
    assert desk.reviews()[-1].regency == "3319"


async def test_it_ends_with_the_family_s_leaving_and_is_open_again_with_its_coming_back(desk: Desk) -> None:
    family = await desk.family(1, 1)
    review = await review_of(desk, family)
    of: Any = {"household_id": family, "regency": PATI, "occurred_on": date(2026, 3, 3)}
    ends = Deactivated(**of, reason=DeactivateReason.LAST_MEMBER_DIED)
    await desk.take(desk.office.register.happened(ends))
    with pytest.raises(RefusedError, match="review_gone"):
        await desk.close(review.review_id, SARI, UNFOUNDED)
    back = desk.office.register.happened(Reactivated(**of, to=State.DETERMINED), at=RECORDED_AT + timedelta(days=9))
    await desk.take(back)
    opened, gone, again = desk.reviews()
    assert (gone.outcome, gone.closed_by, gone.tier) == (ReviewOutcome.GONE, None, None)
    assert (again.review_id, again.due_on) == (opened.review_id, DUE + timedelta(days=9))
    await desk.close(review.review_id, SARI, UNFOUNDED)


@pytest.mark.parametrize("first", ["left", "joined", "together"])
async def test_it_follows_the_person_whichever_side_is_read_first(desk: Desk, first: str) -> None:
    origin, there = await desk.family(1, 1), await desk.family(2, 2)
    review = await review_of(desk, origin)
    out, into = desk.office.register.transfer(review.person_id, origin, there, TODDLER)
    batches = {"left": [[out], [into]], "joined": [[into], [out]], "together": [[out, into]]}[first]
    for batch in batches:
        await desk.take(*batch)
    told = desk.reviews()[1:]
    assert {(type(one), one.household_id) for one in told} == {(ReviewClosed, origin), (ReviewOpened, there)}
    carried = next(one for one in told if isinstance(one, ReviewOpened))
    assert (carried.came_from, carried.matched_in, carried.due_on) == (review.review_id, origin, DUE)


async def test_it_waits_for_a_household_that_nothing_is_known_of_yet_with_its_tier_and_time(desk: Desk) -> None:
    origin, register = await desk.family(1, 1), desk.office.register
    review = await review_of(desk, origin)
    desk.office.now = datetime(2026, 4, 5, tzinfo=UTC)
    await desk.escalating.look(asyncio.Event())
    there, proposed = register.propose(2, [TODDLER], regency=PATI)
    left, came = register.transfer(review.person_id, origin, there, TODDLER)
    await desk.take(left)
    assert [type(one) for one in desk.reviews()] == [ReviewOpened, ReviewEscalated]
    await desk.take(proposed, came)
    gone, carried = sorted(desk.reviews()[2:], key=lambda one: one.household_id == there)
    assert (gone.household_id, gone.outcome) == (origin, ReviewOutcome.GONE)
    assert (carried.came_from, carried.tier, carried.due_on) == (
        review.review_id,
        ReviewTier.PROVINCE,
        date(2026, 5, 5),
    )


async def test_a_worker_that_waits_for_one_who_carries_a_review_sees_what_that_one_wrote(desk: Desk) -> None:
    origin, there = await desk.family(1, 1), await desk.family(2, 2)
    review, register, office = await review_of(desk, origin), desk.office.register, desk.office
    earlier = register.rank(origin, 2)  # concerns its reviews, and moves nobody
    left, came = register.transfer(review.person_id, origin, there, TODDLER)
    one, other = (FactsHandler(office.database, office.keys, office.policies) for _ in range(2))
    carrying, waiting = await one.prepare([came]), await other.prepare([earlier])

    def wait() -> None:
        with office.database.transaction() as connection:
            other.apply(connection, [earlier], waiting)

    with office.database.transaction() as connection:
        one.apply(connection, [came], carrying)
        meanwhile = asyncio.create_task(asyncio.to_thread(wait))
        await until(lambda: somebody_waits(office))
    await meanwhile
    await desk.take(left)
    assert [(type(told), told.household_id) for told in desk.reviews()[1:]] == [
        (ReviewClosed, origin),
        (ReviewOpened, there),
    ]


async def somebody_waits(office: Office) -> bool:
    with office.database.statement() as connection:
        row = connection.execute(
            "SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
            "WHERE NOT l.granted AND a.datname = current_database())"
        ).fetchone()
    return row is not None and bool(row[0])


async def test_what_is_found_after_all_is_looked_into_where_the_person_lives_by_then(desk: Desk) -> None:
    origin, there = await desk.family(1, 1), await desk.family(2, 2)
    review = await review_of(desk, origin)
    await desk.close(review.review_id, SARI, UNFOUNDED)
    await desk.take(*desk.office.register.transfer(review.person_id, origin, there, TODDLER))
    assert [one.household_id for one in desk.reviews() if isinstance(one, ReviewOpened)] == [origin]
    await desk.close(review.review_id, WATI, FOUNDED)
    assert [one.household_id for one in desk.reviews() if isinstance(one, ReviewOpened)] == [origin, there]


async def test_a_family_whose_barred_member_has_left_is_on_the_list_again(desk: Desk) -> None:
    origin, there = await desk.family(1, 1), await desk.family(2, 2)
    await desk.places(2)
    review = await review_of(desk, origin)
    await desk.close(review.review_id, SARI, FOUNDED)
    await desk.round()
    await desk.take(*desk.office.register.transfer(review.person_id, origin, there, TODDLER))
    await desk.round()
    assert [(type(one), one.household_id) for one in desk.places_told()][-2:] == [
        (PlaceReleased, origin),
        (PlaceAwarded, origin),
    ]
    assert [one.household_id for one in desk.reviews() if isinstance(one, ReviewOpened)] == [origin, there]


async def test_two_workers_an_official_and_the_clock_meet_over_people_who_move_and_none_is_lost(desk: Desk) -> None:
    register, office = desk.office.register, desk.office
    homes = [await desk.family(number, 1) for number in range(12)]
    await desk.take(*(desk.matched(home) for home in homes))
    opened = [one for one in desk.reviews() if isinstance(one, ReviewOpened)]
    sides = [
        register.transfer(one.person_id, one.household_id, homes[(homes.index(one.household_id) + 1) % 12], TODDLER)
        for one in opened
    ]
    office.now = datetime(2026, 4, 5, tzinfo=UTC)  # all are late

    async def worker(events: list[Event]) -> None:
        handler = FactsHandler(office.database, office.keys, office.policies)
        for number in range(0, len(events), 3):
            batch = events[number : number + 3]
            prepared = await handler.prepare(batch)

            def apply(batch: list[Event] = batch, prepared: Prepared = prepared) -> None:
                with office.database.transaction() as connection:
                    handler.apply(connection, batch, prepared)

            await asyncio.to_thread(apply)

    async def official() -> None:
        for number, one in enumerate(opened[::3]):
            with contextlib.suppress(RefusedError):  # gone along with its person, by then
                asked = msgspec.structs.replace(FOUNDED, request=f"{number}")
                await desk.close(one.review_id, Person("user:budi", "ministry", "ID"), asked)

    await asyncio.gather(
        worker([left for left, _ in sides]),
        worker([came for _, came in reversed(sides)]),
        official(),
        desk.escalating.look(asyncio.Event()),
        desk.escalating.look(asyncio.Event()),
    )
    with office.database.transaction() as connection:
        rows = connection.execute(
            "SELECT r.match_id, count(*) FILTER (WHERE r.outcome IS NULL AND r.household_id = p.household_id), "
            "count(*) FILTER (WHERE r.outcome IS NULL) FROM review r JOIN person_fact p USING (person_id) GROUP BY 1"
        ).fetchall()
    assert [(here, everywhere) for _, here, everywhere in rows] == [(1, 1)] * len(opened)
