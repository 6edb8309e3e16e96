"""Reviews on a real PostgreSQL: opened with the facts, passed on by the clock, and what closing one does to places."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import msgspec
import pytest
from deciding_office import Office
from padan_eligibility.domain import reviews
from padan_eligibility.domain.drafts import Person, RefusedError
from padan_eligibility.domain.reviews import Review
from padan_eligibility.facts.cuts import Cut
from padan_eligibility.facts.handler import READER
from padan_eligibility.places.allocating import Allocator
from padan_eligibility.places.quotas import QuotaAsked, set_quota
from padan_eligibility.reviews import repository
from padan_eligibility.reviews.closing import CloseAsked, Closing
from padan_eligibility.reviews.escalating import Escalating
from padan_events import SHARDS, Event, decode
from padan_events.eligibility import Decided
from padan_events.personal import PersonSensitive
from padan_events.places import PlaceAwarded, PlaceFact, PlaceReleased, Promoted, Waitlisted
from padan_events.relocations import RelocationAccepted
from padan_events.reviews import (
    REVIEWED_WITHIN,
    RegisterMatched,
    ReviewClosed,
    ReviewEscalated,
    ReviewFact,
    ReviewNote,
    ReviewOpened,
    ReviewOutcome,
    ReviewTier,
)
from padan_events.states import State
from padan_events.tiers import Deactivated, DeactivateReason, Determined, Reactivated
from padan_events.topics import ELIGIBILITY_EVENTS, HOUSEHOLD_EVENTS
from padan_runtime import log
from padan_runtime.sealing import open_sealed
from register_peer import RECORDED_AT

PATI = "3318"
TODDLER = PersonSensitive(birth_date=date(2023, 1, 1))
SARI, WATI = Person("user:sari", "social_office", PATI), Person("user:wati", "province", "33")
FOUNDED = CloseAsked(outcome=ReviewOutcome.FOUNDED, note="Slip gaji diperiksa.", request="founded")
UNFOUNDED = CloseAsked(outcome=ReviewOutcome.UNFOUNDED, request="unfounded")
OPENED, DUE = date(2026, 3, 2), date(2026, 4, 1)


class Desk:
    """Families of a regency with a programme of one place, and their reviews."""

    def __init__(self, office: Office) -> None:
        self.office, self.heads = office, [0] * SHARDS
        office.policies.refresh()
        self.allocator = Allocator(office.database, office.policies, self._cut, READER)
        self.closing = Closing(office.database, office.policies, office.keys, lambda _: office.now)
        self.escalating = Escalating(office.database, lambda _: office.now, REVIEWED_WITHIN)

    async def _cut(self) -> Cut:
        return Cut(list(self.heads), datetime(2026, 3, 2, tzinfo=UTC))

    async def take(self, *events: Event) -> None:
        await self.office.read(*events)
        for event in events:
            self.heads[event.shard] = max(event.pos, self.heads[event.shard])
        with self.office.database.transaction() as connection:
            connection.execute(
                "INSERT INTO reader_position (reader, topic, shard, pos, next_offset, cluster_id) "
                "SELECT %s, %s, s.shard - 1, s.pos, s.pos, 'x' FROM unnest(%s::bigint[]) WITH ORDINALITY AS s "
                "(pos, shard) ON CONFLICT (reader, topic, shard) DO UPDATE SET pos = excluded.pos",
                [READER, HOUSEHOLD_EVENTS.name, self.heads],
            )

    async def family(self, number: int, decile: int) -> UUID:
        register = self.office.register
        family, proposed = register.propose(number, [TODDLER, TODDLER], regency=PATI)
        done = Determined(household_id=family, regency=PATI, update_month="2026-03")
        await self.take(proposed, register.rank(family, decile), register.happened(done))
        return family

    async def places(self, number: int) -> None:
        asked = QuotaAsked(programme="pkh", regency=PATI, places=number, request=f"{number}")
        by = Person("user:owner", "ministry", "ID")
        await asyncio.to_thread(set_quota, self.office.database, self.office.policies, by, asked, READER)
        await self.round()

    async def round(self) -> None:
        await self.allocator.look(asyncio.Event())

    def matched(self, family: UUID, person: int = 0, *, reference: str = "A-1") -> Event:
        data = RegisterMatched(
            household_id=family,
            regency=PATI,
            person_id=uuid5(family, f"person:{person}"),
            match_id=uuid5(family, reference),
            match=b"sealed for others",
            matched_on=date(2026, 3, 1),
        )
        return self.office.register.happened(data)

    async def close(self, review: UUID, person: Person, asked: CloseAsked) -> dict[str, Any]:
        return await self.closing.close(review, person, asked)

    def told(self, *kinds: type) -> list[tuple[Event, Any]]:
        with self.office.database.transaction() as connection:
            after = dict.fromkeys(range(SHARDS), 0)
            events = log.read_after(connection, ELIGIBILITY_EVENTS.name, "/padan/eligibility", after, 1_000)
        found = [(event, decode(event.type, event.value)) for event in sorted(events, key=lambda one: one.time)]
        return [(event, data) for event, data in found if isinstance(data, kinds)]

    def reviews(self) -> list[Any]:
        return [data for _, data in self.told(ReviewFact)]

    def places_told(self) -> list[Any]:
        return sorted((data for _, data in self.told(PlaceFact)), key=lambda one: one.ledger_seq)


@pytest.fixture
async def desk(office: Office) -> AsyncIterator[Desk]:
    """At the end of each test the reviews are what their events fold to."""
    desk = Desk(office)
    yield desk
    folded: dict[UUID, Review | None] = {}
    for fact in desk.reviews():
        folded[fact.review_id] = reviews.folded(folded.get(fact.review_id), fact)
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
