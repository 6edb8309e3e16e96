"""Families that move: the region they go to sees the case, and nothing else of them before they have arrived."""

import os
from typing import Any

import pytest
from gateway_given import ELSEWHERE, VILLAGES, household_id
from gateway_world import World
from padan_events.relocations import MoveRefusal, RelocationCancelled, RelocationExpired, RelocationRefused
from padan_runtime.keys import SubjectKeys

HERE = VILLAGES[0]


def moves(world: World, region: str, **asked: Any) -> list[dict[str, Any]]:
    answer = world.get("/v1/relocations", region=region, **asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["relocations"]
    return found


@pytest.fixture
def moving(world: World) -> World:
    world.put(world.register.propose(1, village=HERE), world.register.propose(2, village=HERE))
    world.put(world.register.request_move(1, ELSEWHERE))
    return world


def test_origin_and_destination_see_the_move_and_nobody_else(moving: World) -> None:
    for region in ("3318", HERE, "3319", ELSEWHERE):
        (move,) = moves(moving, region)
        assert (move["household_id"], move["stage"]) == (str(household_id(1)), "requested")
        assert (move["origin"]["code"], move["destination"]["regency"]["code"]) == ("3318", "3319")
    for region in ("3320", VILLAGES[1], "5101"):
        assert moves(moving, region) == []
    assert moves(moving, "3319", role="village_head") != []


def test_the_destination_sees_no_more_of_the_family_until_it_has_arrived(moving: World) -> None:
    address = f"/v1/households/{household_id(1)}"
    assert moving.get(address, region="3319").status_code == 404
    moving.put(moving.register.accept_move(1, ELSEWHERE))
    assert moving.get(address, region="3318").status_code == 404
    arrived = moving.get(address, region="3319").json()
    assert len(arrived["members"]) == 3
    assert moves(moving, "3319")[0]["stage"] == "accepted"


@pytest.mark.parametrize("ended", [RelocationRefused, RelocationCancelled, RelocationExpired])
def test_a_move_that_came_to_nothing_is_the_origins_business_alone(moving: World, ended: Any) -> None:
    of: dict[str, Any] = {"household_id": household_id(1), "regency": "3318"}
    why = {"reason": MoveRefusal.NOT_ARRIVED} if ended is RelocationRefused else {}
    moving.put(moving.register.happened(ended(**of, **why)))
    (move,) = moves(moving, "3318")
    assert move["stage"] in {"refused", "cancelled", "expired"}
    assert moves(moving, HERE) == [move]
    assert moves(moving, "3319", purpose="verification") == moves(moving, ELSEWHERE) == []


def test_the_village_is_part_of_the_address_and_its_reading_is_logged(moving: World) -> None:
    (masked,) = moves(moving, "3319")
    assert (masked["destination"]["village"], masked["address"]) == (None, None)
    (shown,) = moves(moving, "3319", purpose="verification")
    assert (shown["destination"]["village"]["code"], shown["address"]) == (ELSEWHERE, "Jalan Tujuan 1")
    (entry,) = moving.access_log()
    assert entry[4:6] == ("list_households", [household_id(1)])


def test_a_move_whose_family_was_erased_stands_without_its_address(moving: World) -> None:
    subject = household_id(2)
    request = moving.register.request_move(2, ELSEWHERE)
    moving.register.keys[subject][subject] = SubjectKeys(subject, None, os.urandom(32))
    moving.put(request)
    first, second = sorted(moves(moving, "3319", purpose="audit"), key=lambda move: move["address"] is None)
    assert (first["household_id"], first["address"]) == (str(household_id(1)), "Jalan Tujuan 1")
    assert (second["household_id"], second["destination"]["district"]) == (str(subject), None)
