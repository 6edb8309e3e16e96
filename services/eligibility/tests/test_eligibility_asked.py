"""A decision that asks for matches is taken again when a review opens or closes, wherever the family lives by then."""

import asyncio
from importlib import resources
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest
from deciding_office import Office
from padan_eligibility.domain.decision import decide
from padan_eligibility.facts.repository import read_facts
from padan_eligibility.policies.reading import read_document
from padan_eligibility.programmes.publishing import publish
from padan_eligibility.timing.asked import Asked
from padan_events.eligibility import Decided, Outcome
from padan_events.personal import Explanation
from padan_events.reviews import ReviewClosed, ReviewFact, ReviewOpened, ReviewOutcome
from padan_runtime.sealing import open_sealed
from reviewing_desk import FOUNDED, SARI, TODDLER, UNFOUNDED, WATI, Desk

CAREFUL = read_document("""programme: careful
version: "2026.1"
effective_from: 2026-01-01
name: {id: Bantuan Hati-hati, en: Careful aid}
owner: ministry
source: invented for this test
place_needs: determined
criteria:
  - {criterion: decile_at_most, bound: 4}
  - criterion: none_of
    criteria:
      - {criterion: register_match, state: open}
      - {criterion: register_match, state: founded}
amount: {reckoned: fixed, annual_idr: 1200000}
""")


@pytest.fixture
def desk(office: Office) -> Desk:
    return Desk(office)


def careful(desk: Desk, family: UUID) -> list[tuple[Any, Decided]]:
    told = [one for one in desk.told(Decided) if one[1].programme == "careful" and one[1].household_id == family]
    return sorted(told, key=lambda one: one[0].pos)


def outcomes(desk: Desk, family: UUID) -> list[Outcome]:
    return [data.outcome for _, data in careful(desk, family)]


async def look(desk: Desk) -> int:
    return await Asked(desk.office.redeciding, desk.office.policies).look(asyncio.Event())


YES, NO = Outcome.ENTITLED, Outcome.NOT_ENTITLED


async def test_who_is_under_review_is_decided_anew_when_it_opens_closes_and_is_closed_otherwise(desk: Desk) -> None:
    publish(desk.office.database, [CAREFUL])
    family = await desk.family(1, 1)
    matched = desk.matched(family)
    await desk.take(matched)
    (opened, review), *_ = desk.told(ReviewOpened)
    event, decision = careful(desk, family)[-1]
    assert (decision.outcome, decision.rests_on, event.causation_id) == (NO, (opened.event_id,), matched.event_id)
    others = [data for _, data in desk.told(Decided) if data.programme != "careful"]
    for number, (person, asked, outcome) in enumerate([(SARI, UNFOUNDED, YES), (WATI, FOUNDED, NO)], 1):
        await desk.close(review.review_id, person, asked)
        assert await look(desk) == 1
        event, decision = careful(desk, family)[-1]
        closed = desk.told(ReviewClosed)[-1][0].event_id
        assert (decision.outcome, decision.rests_on) == (outcome, (closed,))
        assert (event.causation_id, event.correlation_id) == (closed, closed)
        assert await look(desk) == 0
        assert outcomes(desk, family) == [YES, NO, YES, NO][: number + 2]
    assert [data for _, data in desk.told(Decided) if data.programme != "careful"] == others
    assert all(one.rests_on == () for one in others)


async def test_a_closing_that_changes_no_decision_emits_none(desk: Desk) -> None:
    publish(desk.office.database, [CAREFUL])
    family = await desk.family(1, 9)
    await desk.take(desk.matched(family), desk.matched(family, reference="A-2"))
    before = len(desk.told(Decided))
    first, second = (data for _, data in desk.told(ReviewOpened))
    await desk.close(first.review_id, SARI, UNFOUNDED)
    assert await look(desk) == 1
    assert len(desk.told(Decided)) == before, "the other is open still"
    await desk.close(second.review_id, SARI, msgspec.structs.replace(UNFOUNDED, request="second"))
    assert await look(desk) == 1
    assert len(desk.told(Decided)) == before + 1


async def test_where_no_policy_asks_nothing_is_kept_to_be_done(desk: Desk) -> None:
    family = await desk.family(1, 1)
    await desk.take(desk.matched(family))
    await desk.close(desk.reviews()[-1].review_id, SARI, FOUNDED)
    before = len(desk.told(Decided))
    assert await look(desk) == 0
    assert len(desk.told(Decided)) == before
    with desk.office.database.transaction() as connection:
        assert connection.execute("SELECT count(*) FROM redeciding").fetchone() == (0,)


@pytest.mark.parametrize("first", ["left", "joined"])
async def test_it_follows_the_person_and_both_families_are_decided_anew(desk: Desk, first: str) -> None:
    publish(desk.office.database, [CAREFUL])
    origin, there = await desk.family(1, 1), await desk.family(2, 2)
    await desk.take(desk.matched(origin))
    sides = desk.office.register.transfer(desk.reviews()[-1].person_id, origin, there, TODDLER)
    for event in sides if first == "left" else reversed(sides):
        await desk.take(event)
    await look(desk)
    assert outcomes(desk, origin) == [YES, NO, YES]
    assert outcomes(desk, there) == [YES, NO]


async def test_whoever_is_killed_over_it_leaves_it_to_be_done_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(desk.office.database, [CAREFUL])
    family = await desk.family(1, 1)
    await desk.take(desk.matched(family))
    await desk.close(desk.reviews()[-1].review_id, SARI, UNFOUNDED)
    decided = desk.office.redeciding.page

    def killed(*of: Any) -> Any:
        decided(*of)
        raise ConnectionError  # all is written, and nothing is committed

    monkeypatch.setattr(desk.office.redeciding, "page", killed)
    with pytest.raises(ConnectionError):
        await look(desk)
    monkeypatch.undo()
    assert outcomes(desk, family) == [YES, NO]
    both = [Asked(desk.office.redeciding, desk.office.policies) for _ in range(2)]
    done = await asyncio.gather(*(one.look(asyncio.Event()) for one in both))
    assert (sum(done), outcomes(desk, family)) == (1, [YES, NO, YES])


async def test_who_is_being_written_just_now_waits_for_the_next_look(desk: Desk) -> None:
    publish(desk.office.database, [CAREFUL])
    held, free = await desk.family(1, 1), await desk.family(2, 2)
    for number, family in enumerate((held, free)):
        await desk.take(desk.matched(family))
        await desk.close(desk.reviews()[-1].review_id, SARI, msgspec.structs.replace(UNFOUNDED, request=f"{number}"))
    with desk.office.database.transaction() as connection:
        connection.execute("SELECT 1 FROM household_fact WHERE household_id = %s FOR UPDATE", [held])
        assert await look(desk) == 1
    assert (outcomes(desk, held), outcomes(desk, free)) == ([YES, NO], [YES, NO, YES])
    assert await look(desk) == 1
    assert outcomes(desk, held) == [YES, NO, YES]


async def test_reviews_of_before_the_upgrade_name_their_last_event(desk: Desk, owner_url: str) -> None:
    await desk.take(desk.matched(await desk.family(1, 1)), desk.matched(await desk.family(2, 1)))
    await desk.close(desk.told(ReviewOpened)[0][1].review_id, SARI, FOUNDED)
    migration = resources.files("padan_eligibility.migrations").joinpath("0100_facts_of_own_events.sql").read_text()
    fill = migration[migration.index("UPDATE review") : migration.index(";", migration.index("UPDATE review"))]
    with psycopg.connect(owner_url) as connection:
        held = connection.execute(
            "UPDATE review r SET last_event = NULL FROM review o "
            "WHERE o.review_id = r.review_id RETURNING o.review_id, o.last_event"
        ).fetchall()
        connection.execute(fill.encode())
        found = connection.execute("SELECT review_id, last_event FROM review").fetchall()
    assert sorted(found) == sorted(held)


async def test_the_decision_is_taken_again_from_what_it_names_to_the_same_bytes(desk: Desk) -> None:
    publish(desk.office.database, [CAREFUL])
    family = await desk.family(1, 1)
    await desk.take(desk.matched(family), desk.matched(family, reference="A-2"))
    for number, (_, review) in enumerate(desk.told(ReviewOpened)):
        await desk.close(review.review_id, SARI, msgspec.structs.replace(UNFOUNDED, request=f"{number}"))
        await look(desk)
    await desk.close(desk.reviews()[0].review_id, WATI, FOUNDED)
    await look(desk)
    events = {event.event_id: data for event, data in desk.told(ReviewFact)}
    key = desk.office.register.keys[family][family]
    with desk.office.database.transaction() as connection:
        facts = read_facts(connection, [family])[family]
    assert outcomes(desk, family) == [YES, NO, YES, NO]
    for event, decision in careful(desk, family):
        named = [events[one] for one in decision.rests_on]
        matched = msgspec.structs.replace(
            facts,
            under_review=any(not isinstance(one, ReviewClosed) for one in named),
            barred=any(isinstance(one, ReviewClosed) and one.outcome is ReviewOutcome.FOUNDED for one in named),
        )
        again = decide(CAREFUL, matched, decision.as_of)
        clear = open_sealed(key, decision.explanation, Explanation, subject=family, event_id=event.event_id)
        assert (decision.outcome, decision.annual_idr, decision.missing) == (
            again.outcome,
            again.annual_idr,
            again.missing,
        )
        assert msgspec.json.encode(clear) == msgspec.json.encode(again.explanation)
