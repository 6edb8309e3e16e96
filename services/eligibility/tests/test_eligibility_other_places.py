"""A programme that asks for places in another: families are decided anew when these come and go."""

import asyncio
from typing import Any
from uuid import UUID

import msgspec
import pytest
from deciding_office import Office
from padan_eligibility.domain.decision import decide
from padan_eligibility.domain.drafts import Person
from padan_eligibility.domain.facts import Place
from padan_eligibility.facts.handler import READER
from padan_eligibility.facts.repository import read_facts
from padan_eligibility.places.quotas import QuotaAsked, set_quota
from padan_eligibility.policies.reading import read_document
from padan_eligibility.programmes.publishing import publish
from padan_eligibility.timing.asked import Asked
from padan_events.eligibility import Decided, Outcome
from padan_events.personal import Explanation
from padan_events.places import PlaceAwarded, PlaceFact, PlaceReleased, Promoted, Waitlisted
from padan_events.reviews import ReviewOpened
from padan_runtime.sealing import open_sealed
from reviewing_desk import FOUNDED, PATI, SARI, UNFOUNDED, WATI, Desk

RICE = read_document("""programme: other
version: "2026.1"
effective_from: 2026-01-01
name: {id: Bantuan Lain, en: Other aid}
owner: ministry
source: invented for this test
place_needs: determined
criteria:
  - {criterion: decile_at_most, bound: 4}
  - criterion: none_of
    criteria:
      - {criterion: holds_place, programme: pkh}
amount: {reckoned: fixed, annual_idr: 1200000}
""")
YES, NO = Outcome.ENTITLED, Outcome.NOT_ENTITLED


@pytest.fixture
def desk(office: Office) -> Desk:
    publish(office.database, [RICE])
    return Desk(office)


def other(desk: Desk, family: UUID) -> list[tuple[Any, Decided]]:
    told = [one for one in desk.told(Decided) if one[1].programme == "other" and one[1].household_id == family]
    return sorted(told, key=lambda one: one[0].pos)


def outcomes(desk: Desk, family: UUID) -> list[Outcome]:
    return [data.outcome for _, data in other(desk, family)]


def places(desk: Desk, family: UUID, programme: str) -> list[tuple[Any, PlaceFact]]:
    told = [one for one in desk.told(PlaceFact) if one[1].programme == programme and one[1].household_id == family]
    return sorted(told, key=lambda one: one[0].pos)


async def look(desk: Desk) -> int:
    return await Asked(desk.office.redeciding, desk.office.policies).look(asyncio.Event())


async def test_a_place_elsewhere_excludes_as_long_as_it_is_held_and_each_decision_names_it(desk: Desk) -> None:
    first, second = await desk.family(1, 1), await desk.family(2, 2)
    await desk.places(1)
    assert await look(desk) == 1, "who waits holds nothing"
    await desk.take(desk.matched(first))
    review = desk.told(ReviewOpened)[-1][1].review_id
    await desk.close(review, SARI, FOUNDED)
    await desk.round()
    await look(desk)
    await desk.close(review, WATI, UNFOUNDED)
    await desk.round()
    await look(desk)
    assert (outcomes(desk, first), outcomes(desk, second)) == ([YES, NO, YES], [YES, NO])
    for family, kinds in ((first, [PlaceAwarded, PlaceReleased]), (second, [Promoted])):
        told = [one for one in places(desk, family, "pkh") if not isinstance(one[1], Waitlisted)]
        assert [type(data) for _, data in told] == kinds
        for (place, _), (event, decision) in zip(told, other(desk, family)[1:], strict=True):
            assert (event.causation_id, decision.rests_on) == (place.event_id, (place.event_id,))
    assert all(data.rests_on == () for _, data in desk.told(Decided) if data.programme != "other")


async def test_who_gets_the_excluding_place_makes_room_for_the_next(desk: Desk) -> None:
    first, second = await desk.family(1, 1), await desk.family(2, 2)
    asked = QuotaAsked(programme="other", regency=PATI, places=1, request="other")
    from_owner = Person("user:owner", "ministry", "ID")
    await asyncio.to_thread(set_quota, desk.office.database, desk.office.policies, from_owner, asked, READER)
    await desk.round()
    await desk.places(1)
    assert await look(desk) == 1
    await desk.round()
    assert [type(data) for _, data in places(desk, first, "other")] == [PlaceAwarded, PlaceReleased]
    assert [type(data) for _, data in places(desk, second, "other")] == [Waitlisted, Promoted]
    assert await look(desk) == 0, "nobody asks for places in it"


async def test_a_place_is_asked_for_by_whoever_is_decided_by_an_event_of_their_own_too(desk: Desk) -> None:
    family = await desk.family(1, 1)
    await desk.places(1)
    await desk.take(desk.office.register.rank(family, 2))
    (awarded, _), *_ = places(desk, family, "pkh")
    assert [(data.outcome, data.rests_on) for _, data in other(desk, family)] == [(YES, ()), (NO, (awarded.event_id,))]
    before = len(desk.told(Decided))
    assert await look(desk) == 1
    assert len(desk.told(Decided)) == before


async def test_a_round_that_is_not_committed_asks_for_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    family = await desk.family(1, 1)
    within = desk.allocator.within

    def killed(*of: Any) -> Any:
        assert within(*of)
        raise ConnectionError

    monkeypatch.setattr(desk.allocator, "within", killed)
    with pytest.raises(ConnectionError):
        await desk.places(1)
    assert await look(desk) == 0
    monkeypatch.undo()
    await desk.round()
    assert await look(desk) == 1
    assert outcomes(desk, family) == [YES, NO]


async def test_the_decision_is_taken_again_from_what_it_names_to_the_same_words(desk: Desk) -> None:
    family = await desk.family(1, 1)
    await desk.places(1)
    await look(desk)
    told = {event.event_id: data for event, data in desk.told(PlaceFact)}
    key = desk.office.register.keys[family][family]
    with desk.office.database.transaction() as connection:
        facts = read_facts(connection, [family])[family]
    assert outcomes(desk, family) == [YES, NO]
    for event, decision in other(desk, family):
        named = tuple(
            Place(programme=told[one].programme, held=not isinstance(told[one], PlaceReleased), event=one)
            for one in decision.rests_on
        )
        again = decide(RICE, msgspec.structs.replace(facts, places=named), decision.as_of)
        clear = open_sealed(key, decision.explanation, Explanation, subject=family, event_id=event.event_id)
        assert msgspec.json.encode(clear) == msgspec.json.encode(again.explanation)
        assert decision.outcome is again.outcome
