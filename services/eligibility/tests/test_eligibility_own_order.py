"""An owner's own order of the waiting list: taken up by rounds, told in ranks, and changed for a whole list at once."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from deciding_office import Office
from padan_eligibility.domain.drafts import Person, RefusedError
from padan_eligibility.domain.periods import Asked
from padan_eligibility.domain.policy_document import PolicyError
from padan_eligibility.facts.cuts import Cut
from padan_eligibility.facts.handler import READER
from padan_eligibility.periods.closing import Closing
from padan_eligibility.places import reordering, repository
from padan_eligibility.places.quotas import QuotaAsked, set_quota
from padan_eligibility.places.rebuilding import PlacesRebuilder
from padan_eligibility.places.reordering import BeyondCutError
from padan_eligibility.policies.reading import read_document
from padan_eligibility.programmes.publishing import publication_id, publish
from padan_events import SHARDS, decode
from padan_events.periods import PeriodKind
from padan_events.personal import PersonSensitive
from padan_events.places import OrderKey, PlaceAwarded, PlaceFact, Promoted, Rank, Waitlisted
from padan_events.tiers import Determined
from padan_events.topics import ELIGIBILITY_EVENTS
from padan_runtime import log
from reviewing_desk import PATI, Desk

DOCUMENT = """programme: pupils
version: "VERSION"
effective_from: BEGINS
name: {id: Bantuan Siswa, en: Aid for pupils}
owner: ministry
source: invented for this test
place_needs: determined
ORDER
criteria:
  - {criterion: decile_at_most, bound: 9}
amount: {reckoned: by_components}
components:
  - code: pupil
    name: {id: siswa, en: pupil}
    when: {fact: age_within, from_years: 6, to_years: 12}
    annual_idr: 100000
  - {code: expecting, name: {id: ibu hamil, en: pregnant woman}, when: {fact: pregnant}, annual_idr: 200000}
  - {code: woman, name: {id: perempuan, en: woman}, when: {fact: sex_is, sex: f}, annual_idr: 200000}
  - {code: attending, name: {id: siswa, en: pupil}, when: {fact: attends, school: primary}, annual_idr: 200000}
  - code: girl
    name: {id: anak perempuan, en: girl}
    when: {fact: all_of, conditions: [{fact: age_within, from_years: 0, to_years: 17}, {fact: sex_is, sex: f}]}
    annual_idr: 200000
"""
BY_PUPILS = "order: [{by: component, code: pupil}, {by: household_size, first: larger}]"
PUPIL, ADULT = PersonSensitive(birth_date=date(2017, 1, 1)), PersonSensitive(birth_date=date(1985, 5, 5))


def policy(order: str = BY_PUPILS, version: str = "2026.1", begins: str = "2026-01-01") -> Any:
    return read_document(DOCUMENT.replace("ORDER", order).replace("VERSION", version).replace("BEGINS", begins))


@pytest.fixture
def desk(office: Office) -> Desk:
    publish(office.database, [policy()])
    return Desk(office)


async def family(desk: Desk, number: int, decile: int, *members: PersonSensitive) -> UUID:
    register = desk.office.register
    household, proposed = register.propose(number, members, regency=PATI)
    done = Determined(household_id=household, regency=PATI, update_month="2026-03")
    await desk.take(proposed, register.rank(household, decile), register.happened(done))
    return household


async def quota(desk: Desk, places: int) -> None:
    asked = QuotaAsked(programme="pupils", regency=PATI, places=places, request=f"{places}")
    by = Person("user:owner", "ministry", "ID")
    await asyncio.to_thread(set_quota, desk.office.database, desk.office.policies, by, asked, READER)
    await desk.round()


def told(desk: Desk) -> list[tuple[Any, Any]]:
    return sorted(desk.told(PlaceFact), key=lambda one: one[1].ledger_seq)


def waiting(desk: Desk) -> list[Rank]:
    with desk.office.database.transaction() as connection:
        return sorted(repository.ledgers(connection, "pupils", [PATI], [])[PATI].waiting.values())


async def test_places_go_by_the_owner_s_order_and_then_by_the_usual_one(desk: Desk) -> None:
    poorest = await family(desk, 1, 1, ADULT)
    small = await family(desk, 2, 3, ADULT, PUPIL)
    many = await family(desk, 3, 9, ADULT, PUPIL, PUPIL)
    large = await family(desk, 4, 8, ADULT, ADULT, PUPIL)
    poorer = await family(desk, 5, 2, ADULT, PUPIL)
    await quota(desk, 1)
    facts = [(type(data), data.household_id) for _, data in told(desk)]
    assert facts == [
        (PlaceAwarded, many),
        (Waitlisted, large),
        (Waitlisted, poorer),
        (Waitlisted, small),
        (Waitlisted, poorest),
    ]
    rank = told(desk)[1][1].rank
    assert rank.order == (OrderKey("component:pupil", -1), OrderKey("household_size", -3))
    assert (rank.order_of, rank.decile) == ("2026.1", 8)
    await quota(desk, 2)
    assert [(type(data), data.household_id) for _, data in told(desk)][-1] == (Promoted, large)


async def test_who_waits_is_ranked_anew_when_what_the_order_asks_for_changes(desk: Desk) -> None:
    first = await family(desk, 1, 1, ADULT, PUPIL)
    second = await family(desk, 2, 1, ADULT, PUPIL, PUPIL)
    await quota(desk, 0)
    assert [rank.household_id for rank in waiting(desk)] == [second, first]
    gone, came = desk.office.register.transfer(
        next(member for member in _members(desk, second) if member != _members(desk, second)[0]), second, first, PUPIL
    )
    await desk.take(gone, came)
    await desk.round()
    assert [rank.household_id for rank in waiting(desk)] == [first, second]


def _members(desk: Desk, household: UUID) -> list[UUID]:
    return [person for person in desk.office.register.keys[household] if person != household]


@pytest.mark.parametrize("order", ["", "order: [{by: decile}]", "order: [{by: household_size, first: smaller}]"])
async def test_a_new_order_is_taken_up_for_the_whole_list_by_one_round(desk: Desk, order: str) -> None:
    first = await family(desk, 1, 1, ADULT)
    second = await family(desk, 2, 5, ADULT, PUPIL)
    await quota(desk, 0)
    assert [rank.household_id for rank in waiting(desk)] == [second, first]
    publish(desk.office.database, [policy(order, "2026.2", "2026-03-03")])
    await desk.take(desk.office.register.rank(first, 2))
    await desk.round()
    assert [rank.household_id for rank in waiting(desk)] == [second, first], "it does not hold yet"
    count = len(told(desk))
    desk.office.now = datetime(2026, 3, 3, tzinfo=UTC)
    # Of one family alone anything is told: the other is ranked anew with it.
    at = datetime(2026, 3, 3, tzinfo=UTC)
    await desk.take(desk.office.register.rank(second, 4, at=at))
    desk.allocator._cut = lambda: _at(desk, at)  # the cut of a later day
    await desk.round()
    assert [rank.household_id for rank in waiting(desk)] == [first, second]
    assert {rank.order_of for rank in waiting(desk)} == {"2026.2" if order else None}
    anew = {data.household_id: event.causation_id for event, data in told(desk)[count:]}
    assert anew[first] == publication_id("pupils", "2026.2")
    count = len(told(desk))
    await desk.round()
    assert len(told(desk)) == count


async def test_a_list_that_is_ranked_anew_is_so_by_the_facts_within_the_cut(desk: Desk) -> None:
    first, second = await family(desk, 1, 2, ADULT), await family(desk, 2, 3, ADULT)
    await quota(desk, 0)
    publish(desk.office.database, [policy("order: [{by: decile}]", "2026.2", "2026-03-03")])
    at = desk.office.now = datetime(2026, 3, 3, tzinfo=UTC)
    await desk.take(desk.office.register.rank(second, 4, at=at))
    cut = Cut(list(desk.heads), at)
    await desk.take(desk.office.register.rank(first, 9, at=at))
    before = told(desk)
    with pytest.raises(BeyondCutError):
        desk.allocator.hold("pupils", cut, frozenset())
    desk.allocator._cut = lambda: _is(cut)
    await desk.round()
    assert told(desk) == before, "the first family's facts are beyond the cut: nothing could be checked from there"
    desk.allocator._cut = lambda: _at(desk, at)
    await desk.round()
    assert [(rank.household_id, rank.decile) for rank in waiting(desk)] == [(second, 4), (first, 9)]
    assert {rank.order_of for rank in waiting(desk)} == {"2026.2"}


async def test_a_stage_is_not_closed_at_a_cut_from_which_its_list_cannot_be_ranked(desk: Desk) -> None:
    first, second = await family(desk, 1, 2, ADULT), await family(desk, 2, 3, ADULT)
    await quota(desk, 0)
    publish(desk.office.database, [policy("order: [{by: decile}]", "2026.2", "2026-03-03")])
    at = desk.office.now = datetime(2026, 3, 3, tzinfo=UTC)
    await desk.take(desk.office.register.rank(second, 4, at=at))
    cut = Cut(list(desk.heads), at)
    await desk.take(desk.office.register.rank(first, 9, at=at))
    closing = Closing(desk.office.database, desk.office.policies, desk.allocator, READER)
    owner = Person("user:owner", "ministry", "ID")
    stage = Asked(kind=PeriodKind.DISBURSEMENT_STAGE, name="2026-T1", programme="pupils")
    closing.open(owner, stage)
    before = told(desk)
    with pytest.raises(RefusedError, match="period_facts_behind"):
        await asyncio.to_thread(closing.close, owner, stage.id, "k", lambda: cut, now=at)
    assert told(desk) == before
    later = Cut(list(desk.heads), at)
    period = await asyncio.to_thread(closing.close, owner, stage.id, "k", lambda: later, now=at)
    assert period.closed is not None
    assert [(rank.household_id, rank.decile) for rank in waiting(desk)] == [(second, 4), (first, 9)]


async def test_a_list_is_ranked_anew_page_by_page(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    families = [await family(desk, number, number, ADULT, *[PUPIL] * number) for number in range(1, 6)]
    await quota(desk, 0)
    assert [rank.household_id for rank in waiting(desk)] == families[::-1]
    publish(desk.office.database, [policy("order: [{by: household_size, first: smaller}]", "2026.2", "2026-03-03")])
    at = desk.office.now = datetime(2026, 3, 3, tzinfo=UTC)
    await desk.take(desk.office.register.rank(families[0], 1, at=at))
    desk.allocator._cut = lambda: _at(desk, at)
    monkeypatch.setattr(reordering, "PAGE", 2)
    await desk.round()
    assert [rank.household_id for rank in waiting(desk)] == families
    assert {rank.order_of for rank in waiting(desk)} == {"2026.2"}


async def _is(cut: Cut) -> Cut:
    return cut


async def _at(desk: Desk, at: datetime) -> Cut:
    return Cut(list(desk.heads), at)


async def test_a_rebuild_comes_to_the_same_ranks(desk: Desk) -> None:
    for number, members in enumerate(([ADULT], [ADULT, PUPIL], [PUPIL, PUPIL]), 1):
        await family(desk, number, number, *members)
    await quota(desk, 1)
    rows = "SELECT household_id, held, decile, own_order, order_of FROM place ORDER BY 1"
    with desk.office.database.transaction() as connection:
        held = connection.execute(rows).fetchall()
        assert len(held) == 3
        after = dict.fromkeys(range(SHARDS), 0)
        events = log.read_after(connection, ELIGIBILITY_EVENTS.name, "/padan/eligibility", after, 1_000)
        rebuilder = PlacesRebuilder()
        prepared = await rebuilder.prepare(events)
        connection.execute("DELETE FROM place")
        rebuilder.apply(connection, events, prepared)
        assert connection.execute(rows).fetchall() == held


def test_a_rank_of_before_reads_and_compares_as_ever() -> None:
    old = (
        b'{"household_id":"00000000-0000-0000-0000-000000000001","regency":"3318","programme":"pkh","ledger_seq":1,'
        b'"round":1,"rank":{"decile":1,"unmet":-2,"determined_on":"2026-01-01",'
        b'"household_id":"00000000-0000-0000-0000-000000000001"}}'
    )
    fact = decode("id.padan.eligibility.waitlisted.v1", old)
    assert isinstance(fact, Waitlisted)
    usual = Rank(1, -2, date(2026, 1, 1), UUID(int=1))
    assert fact.rank == usual
    assert usual < Rank(1, -1, date(2025, 1, 1), UUID(int=0)) < Rank(2, -9, date(2025, 1, 1), UUID(int=0))


@pytest.mark.parametrize(
    ("order", "says"),
    [
        ("order: [{by: component, code: expecting}]", "asks for more than age"),
        ("order: [{by: component, code: woman}]", "asks for more than age"),
        ("order: [{by: component, code: attending}]", "asks for more than age"),
        ("order: [{by: component, code: girl}]", "asks for more than age"),
        ("order: [{by: component, code: nobody}]", "no component `nobody`"),
        ("order: [{by: decile}, {by: decile}]", "given twice"),
        ("order: [{by: household_size, first: larger}, {by: household_size, first: smaller}]", "given twice"),
        ("order: []", "length >= 1"),
        ("order: [{by: income}]", "income"),
    ],
)
def test_an_order_that_may_not_be_is_refused(order: str, says: str) -> None:
    with pytest.raises(PolicyError, match=says):
        policy(order)
