"""Families that move: the region they go to sees the case, and nothing else of them before they have arrived."""

import os
from datetime import date
from importlib.resources import files
from typing import Any
from uuid import UUID

import psycopg
import pytest
from gateway_given import ELSEWHERE, PATI, VILLAGES, household_id, person_id
from gateway_world import World
from padan_events.dying import MemberDied, ToldBy
from padan_events.families import Departed, Split
from padan_events.relocations import MoveRefusal, RelocationCancelled, RelocationExpired, RelocationRefused
from padan_events.states import State
from padan_events.tiers import Deactivated, DeactivateReason, Reactivated
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
    assert [(one["stage"], one["silent"]) for one in moves(moving, "3319")] == [("accepted", False)]


@pytest.mark.parametrize("ended", [RelocationRefused, RelocationCancelled, RelocationExpired])
def test_a_move_that_came_to_nothing_is_the_origins_business_alone(moving: World, ended: Any) -> None:
    of: dict[str, Any] = {"household_id": household_id(1), "regency": "3318"}
    why = {"reason": MoveRefusal.NOT_ARRIVED} if ended is RelocationRefused else {}
    moving.put(moving.register.happened(ended(**of, **why)))
    (move,) = moves(moving, "3318")
    assert move["stage"] in {"refused", "cancelled", "expired"}
    assert moves(moving, HERE) == [move]
    assert moves(moving, "3319", purpose="verification") == moves(moving, ELSEWHERE) == []


def test_a_household_that_has_left_moves_no_more_and_the_destination_does_not_see_it(moving: World) -> None:
    of: dict[str, Any] = {"household_id": household_id(1), "regency": PATI, "occurred_on": date(2026, 3, 1)}
    moving.put(moving.register.happened(Deactivated(**of, reason=DeactivateReason.LAST_MEMBER_DIED)))
    for region in ("3319", ELSEWHERE, "3318", HERE):
        assert moves(moving, region) == []
    migration = files("padan_gateway.migrations").joinpath("0053_closed_moves.sql").read_text()
    backfill = migration[migration.index(";") + 1 : migration.index("DROP POLICY")]
    with moving.gateway.writer.transaction() as connection:  # as it was before there was the column
        connection.execute("UPDATE relocation_view SET closed = false")
    assert len(moves(moving, "3319")) == 1
    with psycopg.connect(moving.owner_url) as owner:
        owner.execute(backfill.encode())
    assert moves(moving, "3319") == []
    moving.put(moving.register.happened(Reactivated(**of, to=State.PROPOSED)))  # the death was taken back
    assert len(moves(moving, "3319")) == len(moves(moving, HERE)) == 1


@pytest.mark.parametrize("at_once", [True, False])
def test_a_move_waits_the_whole_time_again_once_the_family_is_back(world: World, at_once: bool) -> None:
    register = world.register
    of: dict[str, Any] = {"household_id": household_id(1), "regency": PATI, "occurred_on": date(2026, 9, 1)}
    back = Reactivated(**of, to=State.PROPOSED)
    events = [
        register.propose(1, village=HERE),
        register.request_move(1, ELSEWHERE),
        register.happened(Deactivated(**of, reason=DeactivateReason.LAST_MEMBER_DIED)),
        register.happened(back),
    ]
    for batch in [events] if at_once else [[event] for event in events]:
        world.put(*batch)
    (move,) = moves(world, "3319")
    assert (move["stage"], move["due_at"]) == ("requested", "2026-10-01T17:00:00Z")
    world.put(register.accept_move(1, ELSEWHERE), register.happened(back))
    assert moves(world, "3319")[0]["due_at"] is None, "of a move that is over nothing is waited for"


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


def seen(world: World, region: str, **asked: Any) -> list[tuple[str, str]]:
    answer = world.get("/v1/relocations", region=region, **asked)
    assert answer.status_code == 200, answer.text
    return [(one["person_id"], one["destination"]["regency"]["code"]) for one in answer.json()["seen"]]


def test_whom_the_civil_registry_shows_elsewhere_the_origin_is_told_and_nobody_else(moving: World) -> None:
    """Also where a move is open to the village in which it shows them: that one was asked for."""
    on, shows = date(2026, 3, 1), moving.register.seen
    moving.put(shows(2, 0, ELSEWHERE, on), shows(2, 1, HERE, on), shows(1, 0, ELSEWHERE, on))
    for region in ("3318", HERE):
        assert seen(moving, region) == [(str(person_id(2, 0)), "3319")]
    assert moving.get("/v1/relocations?stage=requested", region=HERE).json()["seen"] == []
    for region in ("3319", ELSEWHERE, VILLAGES[1]):
        assert seen(moving, region) == []
    (notice,) = moving.get("/v1/relocations", region=HERE).json()["seen"]
    assert (notice["household_id"], notice["since"]) == (str(household_id(2)), "2026-03-01")
    assert (notice["origin"]["code"], notice["destination"]["village"]) == ("3318", None)
    (shown,) = moving.get("/v1/relocations", region=HERE, purpose="verification").json()["seen"]
    assert shown["destination"]["village"]["code"] == ELSEWHERE
    (entry,) = moving.access_log()
    assert set(entry[5]) == {household_id(1), household_id(2)}


def test_the_last_one_shown_counts_and_it_is_gone_with_whoever_is(moving: World) -> None:
    on, shows, register = date(2026, 3, 1), moving.register.seen, moving.register
    moving.put(*(shows(2, number, ELSEWHERE, on) for number in range(3)))
    assert len(seen(moving, HERE)) == 3
    of: dict[str, Any] = {"household_id": household_id(2), "regency": PATI, "occurred_on": on}
    died = MemberDied(**of, person_id=person_id(2, 1), membership_seq=1, source=ToldBy.CRVS_FEED)
    split = Split(**of, into=UUID(int=5), transfer_id=UUID(int=6), departed=(Departed(person_id(2, 2), 2),))
    moving.put(shows(2, 0, HERE, on), register.happened(died), register.happened(split))
    assert seen(moving, HERE) == []
    moving.put(shows(2, 0, ELSEWHERE, on))
    assert seen(moving, HERE) == [(str(person_id(2, 0)), "3319")]


def test_what_was_shown_is_gone_with_a_household_that_leaves_the_register(moving: World) -> None:
    on, shows, register = date(2026, 3, 1), moving.register.seen, moving.register
    moving.put(shows(2, 0, ELSEWHERE, on))
    of: dict[str, Any] = {"household_id": household_id(2), "regency": PATI, "occurred_on": on}
    gone = register.happened(Deactivated(**of, reason=DeactivateReason.ABROAD))
    back = register.happened(Reactivated(**of, to=State.PROPOSED))
    moving.put(shows(2, 1, ELSEWHERE, on), gone, back, shows(2, 2, ELSEWHERE, on))
    assert seen(moving, HERE) == [(str(person_id(2, 2)), "3319")]
