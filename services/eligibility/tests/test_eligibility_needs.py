"""Needs as facts: recorded until they are met, of members wherever they live, and of households."""

import asyncio
from datetime import date
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
from padan_events.duplicates import DuplicateMerged, Unmerged
from padan_events.eligibility import Decided, Outcome
from padan_events.need_kinds import NeedKind
from padan_events.needs import NeedOutcome
from reviewing_desk import PATI, TODDLER, Desk

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


@pytest.mark.parametrize("first", ["kept", "duplicate"])
async def test_who_was_recorded_twice_has_the_needs_of_both_records(desk: Desk, first: str) -> None:
    kept, duplicate, register = await desk.family(1, 1), await desk.family(2, 2), desk.office.register
    need = register.need(duplicate, NeedKind.BEGGAR, 0)
    await desk.take(need)
    asked = Asked(desk.office.redeciding, desk.office.policies)
    merged = same_person(desk, kept, duplicate, 2)
    for event in merged if first == "kept" else reversed(merged):
        await desk.take(event)
    await asked.look(asyncio.Event())
    assert (outcomes(desk, kept), outcomes(desk, duplicate)) == ([NO, YES], [NO, YES, NO])
    assert await asked.look(asyncio.Event()) == 0
    for event in same_person(desk, kept, duplicate, 3, undone=True):
        await desk.take(event)
    await asked.look(asyncio.Event())
    assert (outcomes(desk, kept), outcomes(desk, duplicate)) == ([NO, YES, NO], [NO, YES, NO, YES])


async def test_what_is_done_about_a_need_of_a_record_that_went_is_done_for_the_one_that_stays(desk: Desk) -> None:
    families, register = [await desk.family(number, number) for number in (1, 2, 3)], desk.office.register
    first, second, third = families
    need = register.need(third, NeedKind.BEGGAR, 0)
    await desk.take(need)
    await desk.take(*same_person(desk, second, third, 2), *same_person(desk, first, second, 2))
    asked = Asked(desk.office.redeciding, desk.office.policies)
    await asked.look(asyncio.Event())
    assert [outcomes(desk, one) for one in families] == [[NO, YES], [NO], [NO, YES, NO]]
    met = register.helped(need)
    await desk.take(met)
    assert await asked.look(asyncio.Event()) == 1
    assert outcomes(desk, first) == [NO, YES, NO]
    assert shelter(desk, first)[-1][0].causation_id == met.event_id


def same_person(desk: Desk, kept: UUID, duplicate: UUID, seq: int, *, undone: bool = False) -> list[Event]:
    """The first members of two families turn out to be one person, or not to be."""
    register, formerly = desk.office.register, uuid5(duplicate, "person:0")
    of: dict[str, Any] = {
        "regency": PATI,
        "person_id": uuid5(kept, "person:0"),
        "formerly": formerly,
        "kept_in": kept,
        "duplicate_in": duplicate,
        "transfer_id": uuid5(kept, f"{duplicate} {seq}"),
        "membership_seq": seq,
        "occurred_on": date(2026, 3, 1),
    }
    if not undone:
        return [register.happened(DuplicateMerged(household_id=one, **of)) for one in (kept, duplicate)]
    back = register.sealed(duplicate, formerly, TODDLER, seq)
    return [
        register.happened(Unmerged(household_id=kept, **of)),
        register.happened(Unmerged(household_id=duplicate, back=back, **of)),
    ]


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
