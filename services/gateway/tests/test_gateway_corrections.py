"""Where sources differ is shown until it is settled, and people are found again by likeness."""

from typing import Any

import pytest
from gateway_given import ELSEWHERE, PATI, VILLAGES, household_id, person_id
from gateway_world import World, code
from padan_events import Event
from padan_events.corrections import ConflictResolved, Detail, DetailsCorrected, IdentityUnmatched
from padan_events.personal import Agreement, Source
from padan_gateway.persons.like import LikeAnswer, alike


def unmatched(world: World, index: int, *conflicts: str) -> Event:
    return world.register.happened(
        IdentityUnmatched(
            household_id=household_id(1),
            regency=PATI,
            person_id=person_id(1, index),
            civil_status="active",
            agreement=Agreement(nik=True, name=False),
            conflicts=conflicts,
            matched_at="2026-01-15T03:00:00+00:00",
            request_id="asked",
        )
    )


def resolved(world: World, index: int, field: str) -> Event:
    of: dict[str, Any] = {"household_id": household_id(1), "regency": PATI, "person_id": person_id(1, index)}
    return world.register.happened(ConflictResolved(**of, field=field, kept=Source.OPERATOR))


def corrected(world: World, index: int, *fields: Detail) -> Event:
    of: dict[str, Any] = {"household_id": household_id(1), "regency": PATI, "person_id": person_id(1, index)}
    return world.register.happened(DetailsCorrected(**of, fields=fields, source=Source.CITIZEN))


def conflicts(world: World) -> list[tuple[str, str]]:
    shown = world.get(f"/v1/households/{household_id(1)}").json()["conflicts"]
    return [(one["person_id"], one["field"]) for one in shown]


@pytest.mark.parametrize("at_once", [True, False])
def test_conflicts_are_those_that_nobody_has_settled_however_events_are_batched(world: World, at_once: bool) -> None:
    events = [
        world.register.propose(1),
        unmatched(world, 0, "name", "sex"),
        unmatched(world, 1, "birth_date"),
        resolved(world, 0, "name"),
        unmatched(world, 2, "name"),
        corrected(world, 1, Detail.BIRTH_DATE, Detail.NAME),
    ]
    for batch in [events] if at_once else [[event] for event in events]:
        world.put(*batch)
    assert sorted(conflicts(world)) == sorted([(str(person_id(1, 0)), "sex"), (str(person_id(1, 2)), "name")])
    world.put(unmatched(world, 0), resolved(world, 2, "name"))
    assert conflicts(world) == []
    with world.gateway.writer.transaction() as connection:
        assert connection.execute("SELECT conflicts FROM household_view").fetchall() == [(None,)]


def test_people_whose_names_are_alike_are_found_in_ones_region_only(world: World) -> None:
    world.put(world.register.propose(1), world.register.propose(2, village=ELSEWHERE))

    def like(name: str = "orang 1 anggota0", year: int = 1981, role: str = "social_office", **more: Any) -> Any:
        headers = world.signer.headers(role, more.pop("region", PATI), more.pop("purpose", "verification"))
        return world.client.post("/v1/persons:like", json={"name": name, "birth_year": year, **more}, headers=headers)

    found = like().json()
    LikeAnswer.model_validate(found)
    first = found["people"][0]
    assert (first["likeness"], first["person"]["person_id"]) == (100, str(person_id(1, 0)))
    assert first["household"]["household_id"] == str(household_id(1))
    assert {one["household"]["household_id"] for one in found["people"]} == {str(household_id(1))}
    ((*_, action, households, persons, fields),) = world.access_log()
    assert (action, set(households)) == ("look_up_person", {household_id(1)})
    assert (person_id(1, 0) in persons, "name" in fields) == (True, True)
    assert like(year=1990).json()["people"] == []
    assert like(sex="f").json()["people"][0]["person"]["person_id"] == str(person_id(1, 1))
    # The caretaker's name is shown with the household, too.
    assert set(world.access_log()[-1][6]) == {person_id(1, 0), person_id(1, 1)}
    assert like(name="SAMA SEKALI LAIN").json()["people"] == []
    assert like(role="village_operator", region=VILLAGES[1]).json()["people"] == []
    assert code(like(purpose=None)) == (403, "purpose_missing")
    assert code(like(regency="3319")) == (403, "region_forbidden")
    assert code(like(role="ministry", region="ID")) == (422, "request_invalid")
    assert like(role="ministry", region="ID", regency="3319").json()["people"][0]["household"]["household_id"] == str(
        household_id(2)
    )


@pytest.mark.parametrize(
    ("name", "recorded", "is_alike"),
    [
        ("SITI AMINAH", "Siti Aminah", True),
        ("SITI AMINAH", "AMINAH SITI", True),
        ("SITI AMINAH", "SITI AMINAAH", True),
        ("MUHAMMAD YUSUF", "MUHAMAD YUSUP", True),
        ("SITI AMINAH", "BUDI SANTOSO", False),
    ],
)
def test_names_are_alike_by_letters_and_parts(name: str, recorded: str, is_alike: bool) -> None:
    assert bool(alike(name, [recorded])) is is_alike
