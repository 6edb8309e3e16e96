"""Needs as facts: recorded until they are met, of members wherever they live, and of households."""

import asyncio
from typing import Any
from uuid import UUID, uuid5

import psycopg
import pytest
from deciding_office import Office
from padan_eligibility.domain.policy_document import PolicyError
from padan_eligibility.facts.rebuilding import FactsRebuilder
from padan_eligibility.policies.reading import read_document
from padan_eligibility.programmes.publishing import publish
from padan_eligibility.timing.asked import Asked
from padan_events import Event
from padan_events.eligibility import Decided, Outcome
from padan_events.need_kinds import NeedKind
from padan_events.needs import NeedOutcome
from reviewing_desk import TODDLER, Desk

DOCUMENT = """programme: shelter
version: "2026.1"
effective_from: 2026-01-01
name: {id: Rumah Singgah, en: Shelter}
owner: ministry
source: invented for this test
place_needs: determined
answers_needs: [homeless, neglected_elderly]
criteria:
  - criterion: any_of
    criteria:
      - {criterion: has_need, kind: homeless}
      - criterion: members_at_least
        bound: 1
        name: {id: lansia terlantar, en: neglected elderly persons}
        when: {fact: has_need, kinds: [neglected_elderly, beggar]}
amount: {reckoned: fixed, annual_idr: 1200000}
"""
YES, NO = Outcome.ENTITLED, Outcome.NOT_ENTITLED


@pytest.fixture
def desk(office: Office) -> Desk:
    publish(office.database, [read_document(DOCUMENT)])
    return Desk(office)


def shelter(desk: Desk, family: UUID) -> list[tuple[Any, Decided]]:
    told = [one for one in desk.told(Decided) if one[1].programme == "shelter" and one[1].household_id == family]
    return sorted(told, key=lambda one: one[0].pos)


def outcomes(desk: Desk, family: UUID) -> list[Outcome]:
    return [data.outcome for _, data in shelter(desk, family)]


@pytest.mark.parametrize(
    ("kind", "person", "entitled"),
    [
        (NeedKind.HOMELESS, None, True),
        (NeedKind.NEGLECTED_ELDERLY, None, False),
        (NeedKind.NEGLECTED_ELDERLY, 0, True),
        (NeedKind.BEGGAR, 1, True),
        (NeedKind.HOMELESS, 0, False),
        (NeedKind.POOR, None, False),
    ],
)
async def test_a_need_counts_of_whom_it_was_recorded_until_it_is_met(
    desk: Desk, kind: NeedKind, person: int | None, *, entitled: bool
) -> None:
    family = await desk.family(1, 1)
    need = desk.office.register.need(family, kind, person)
    await desk.take(need)
    told = [NO, YES] if entitled else [NO]
    assert outcomes(desk, family) == told
    await desk.take(desk.office.register.helped(need, NeedOutcome.PARTLY))
    assert outcomes(desk, family) == told
    met = desk.office.register.helped(need)
    await desk.take(met)
    assert outcomes(desk, family) == ([NO, YES, NO] if entitled else [NO])
    if entitled:
        assert shelter(desk, family)[-1][0].causation_id == met.event_id


async def test_two_needs_of_one_kind_end_one_by_one(desk: Desk) -> None:
    family, register = await desk.family(1, 1), desk.office.register
    first, second = register.need(family, NeedKind.BEGGAR, 0), register.need(family, NeedKind.BEGGAR, 0)
    await desk.take(first, second, register.helped(first))
    assert outcomes(desk, family) == [NO, YES]
    await desk.take(register.helped(second))
    assert outcomes(desk, family) == [NO, YES, NO]


@pytest.mark.parametrize("first", ["left", "joined"])
async def test_who_moves_takes_their_needs_along_and_what_is_done_about_them(desk: Desk, first: str) -> None:
    origin, there, register = await desk.family(1, 1), await desk.family(2, 2), desk.office.register
    need = register.need(origin, NeedKind.BEGGAR, 0)
    await desk.take(need)
    sides = register.transfer(uuid5(origin, "person:0"), origin, there, TODDLER)
    for event in sides if first == "left" else reversed(sides):
        await desk.take(event)
    assert (outcomes(desk, origin), outcomes(desk, there)) == ([NO, YES, NO], [NO, YES])
    met = register.helped(need)
    await desk.take(met)
    assert outcomes(desk, there) == [NO, YES], "their household hears of it by the next look"
    assert await Asked(desk.office.redeciding, desk.office.policies).look(asyncio.Event()) == 1
    assert outcomes(desk, there) == [NO, YES, NO]
    assert shelter(desk, there)[-1][0].causation_id == met.event_id


async def test_a_rebuild_comes_to_the_same_needs(desk: Desk, owner_url: str) -> None:
    family, register = await desk.family(1, 1), desk.office.register
    events: list[Event] = [
        register.need(family, NeedKind.HOMELESS),
        register.need(family, NeedKind.BEGGAR, 0),
        register.need(family, NeedKind.POOR, 1),
    ]
    events += [register.helped(events[1]), register.helped(events[2], NeedOutcome.UNMET)]
    for event in events:
        await desk.take(event)
    rows = "SELECT need_id, household_id, person_id, kind, met FROM need_fact ORDER BY 1"
    with psycopg.connect(owner_url) as connection:
        held = connection.execute(rows).fetchall()
        connection.execute("DELETE FROM need_fact")
    rebuilder = FactsRebuilder(desk.office.keys)
    prepared = await rebuilder.prepare(events)
    with desk.office.database.transaction() as connection:
        rebuilder.apply(connection, events, prepared)
        assert connection.execute(rows).fetchall() == held
    assert [(kind, met) for *_, kind, met in sorted(held, key=lambda row: row[3])] == [
        ("beggar", True),
        ("homeless", False),
        ("poor", False),
    ]


async def test_of_one_whose_key_was_destroyed_nothing_is_kept(desk: Desk) -> None:
    family, register = await desk.family(1, 1), desk.office.register
    need = register.need(family, NeedKind.BEGGAR, 0)
    register.erased.add(uuid5(family, "person:0"))
    desk.office.keys.forget([family])
    await desk.take(need)
    assert outcomes(desk, family) == [NO]


def test_a_need_that_a_programme_answers_stands_there_once() -> None:
    with pytest.raises(PolicyError, match="given twice"):
        read_document(DOCUMENT.replace("neglected_elderly]\ncriteria", "homeless]\ncriteria"))
