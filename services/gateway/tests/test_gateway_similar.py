"""Whoever enters somebody is told who of the register is alike; it refuses nothing and holds nothing up."""

import time
from typing import Any
from uuid import UUID

import httpx
import psycopg
from gateway_given import ELSEWHERE, PATI, VILLAGES, a_nik, household_id, person_id
from gateway_world import World
from padan_gateway.commands.answers import CommandAnswer

NEW = household_id(900)


def entered(
    world: World, *members: dict[str, Any], role: str = "social_office", region: str = PATI, patient: bool = True
) -> httpx.Response:
    """The answer to a proposal that household accepts."""
    world.ingest.decided = {"command": "propose_household", "household_id": NEW, "version": 1, "events": []}
    return sent(world, {"household": {"village": VILLAGES[0], "members": list(members)}}, role, region, patient=patient)


def sent(
    world: World, command: dict[str, Any], role: str = "social_office", region: str = PATI, *, patient: bool = True
) -> httpx.Response:
    headers = {**world.signer.headers(role, region), "Idempotency-Key": "once"}
    body = {"command": world.ingest.decided["command"], **command}
    for _ in range(200):  # on a busy machine there may be no time to look: the same key may be sent again
        answer = world.client.post("/v1/commands", json=body, headers=headers)
        if not patient or answer.json().get("similar", ()) is not None:
            return answer
    raise AssertionError("never looked")


def like(row: int, index: int, **other: Any) -> dict[str, Any]:
    """Somebody whose name is one letter off that of a person of the register, born the year after."""
    return {"name": f"ORANG {row} ANGOTA{index}", "birth_date": f"{1981 + index}-03-01", **other}


def found(answer: httpx.Response) -> list[tuple[int, UUID, UUID]]:
    assert answer.status_code == 200, answer.text
    return [
        (one["member"], UUID(one["person_id"]), UUID(one["household_id"])) for one in answer.json()["similar"] or ()
    ]


def without_nik(world: World, *persons: UUID) -> None:
    with world.gateway.writer.transaction() as connection:
        connection.execute(
            "UPDATE person_view SET nik = NULL, nik_hash = NULL WHERE person_id = ANY(%b)", [list(persons)]
        )


def test_who_has_no_nik_may_be_anybody_of_the_region_born_about_then(world: World) -> None:
    world.put(world.register.propose(7), world.register.propose(7_000, village=ELSEWHERE))
    answer = entered(world, {"name": "SAMA SEKALI LAIN", "birth_date": "1980-05-17"}, like(7, 1))
    CommandAnswer.model_validate(answer.json())
    ids = {person: household for _, person, household in found(answer)}
    assert ids[person_id(7, 1)] == household_id(7)
    assert {one[0] for one in found(answer)} == {1}
    assert set(ids.values()) == {household_id(7)}
    assert "Orang" not in answer.text
    _, role, _, purpose, action, households, persons, fields = world.access_log()[-1]
    assert (role, purpose, action, fields) == ("social_office", "verification", "look_up_person", ["name"])
    assert (set(households), set(persons)) == ({household_id(7)}, set(ids))
    assert found(entered(world, like(7, 1), role="village_operator", region=VILLAGES[1])) == []
    assert found(entered(world, like(7, 1), role="village_operator", region=VILLAGES[0]))
    assert found(entered(world, like(7, 1, birth_date="1990-03-01"))) == []


def test_who_has_another_nik_is_told_only_where_one_may_be_mistyped(world: World) -> None:
    world.put(world.register.propose(7))
    assert found(entered(world, like(7, 1, nik=a_nik(8, 1)))) == []
    same_day = like(7, 1, nik=a_nik(8, 1), birth_date="1981-05-17")
    assert person_id(7, 1) in {person for _, person, _ in found(entered(world, same_day))}
    assert found(entered(world, like(7, 1, nik=a_nik(7, 1), birth_date="1981-05-17"))) == []
    without_nik(world, person_id(7, 1))
    assert found(entered(world, like(7, 1, nik=a_nik(8, 1)))) == [(0, person_id(7, 1), household_id(7))]
    unknown = {"name": "ORANG 7 ANGGOTA1"}
    assert found(entered(world, unknown)) == [(0, person_id(7, 1), household_id(7))]


def test_at_most_ten_are_told_the_likest_first(world: World) -> None:
    world.put(*(world.register.propose(row) for row in range(20, 35)))
    likeness = [one["likeness"] for one in entered(world, like(30, 0), like(31, 1)).json()["similar"]]
    assert len(likeness) == 10
    assert likeness == sorted(likeness, reverse=True)


def test_whom_the_command_itself_entered_is_not_told(world: World) -> None:
    world.put(world.register.propose(7))
    without_nik(world, person_id(7, 0), person_id(7, 1), person_id(7, 2))
    world.ingest.decided = {"command": "propose_household", "household_id": household_id(7), "version": 1, "events": []}
    family = {"household": {"village": VILLAGES[0], "members": [like(7, 1)]}}
    assert sent(world, family).json()["similar"] == []
    world.ingest.decided["command"] = "add_member"
    same = {"name": "Orang 7 Anggota1", "birth_date": "1981-05-17"}
    added = {"household_id": str(household_id(7)), "reason": "omitted", "member": same}
    assert person_id(7, 1) not in {person for _, person, _ in found(sent(world, added))}
    world.ingest.decided["version"] = 2  # the views are not there yet
    assert person_id(7, 1) in {person for _, person, _ in found(sent(world, added))}


def test_a_command_about_nobody_new_tells_of_nobody(world: World) -> None:
    world.put(world.register.propose(7))
    world.ingest.decided = {"command": "set_head", "household_id": household_id(7), "version": 2, "events": []}
    about = {"household_id": str(household_id(7)), "person_id": str(person_id(7, 1))}
    assert "similar" not in sent(world, about).json()


def test_where_there_is_no_time_to_look_the_answer_says_so_and_is_not_held_up(world: World) -> None:
    world.put(world.register.propose(7))
    with psycopg.connect(world.owner_url) as owner:
        owner.execute("LOCK TABLE person_view IN ACCESS EXCLUSIVE MODE")
        for _ in range(4):  # more at once than are looked for
            began = time.monotonic()
            answer = entered(world, like(7, 1), patient=False)
            assert (answer.status_code, answer.json()["similar"]) == (200, None)
            assert answer.json()["household_id"] == str(NEW)
            assert time.monotonic() - began < 5
    assert found(entered(world, like(7, 1)))
