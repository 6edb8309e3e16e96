"""What visits brought home, as the gateway shows it: to whom, for what, and what of it is logged."""

import msgspec
import psycopg
from gateway_given import ELSEWHERE, TIME, household_id
from gateway_world import World, code
from padan_events.evidence import EvidenceFlag
from padan_events.personal import MapPoint
from padan_gateway.domain.access import Role
from padan_gateway.domain.regions import Scope
from padan_gateway.households.answers import HouseholdAnswer
from padan_gateway.signin.context import seen_by
from padan_gateway.signin.tokens import Caller
from padan_runtime.keys import SubjectKeys

PLACE = MapPoint(latitude=-6.7545, longitude=111.0381, accuracy_m=8.5, captured_at=TIME)
PATH = f"/v1/households/{household_id(1)}"


def visited(world: World) -> None:
    world.put(world.register.propose(1))
    world.put(*world.register.visit(1, PLACE, EvidenceFlag.SEEN_ELSEWHERE))


def test_a_household_nobody_visited_has_nothing_to_show(world: World) -> None:
    world.put(world.register.propose(1))
    shown = world.get(PATH, purpose="verification").json()
    assert (shown["geotag"], shown["evidence"], shown["assessment"]) == (None, [], None)


def test_the_place_takes_a_purpose_and_is_logged_photos_and_dates_do_not(world: World) -> None:
    visited(world)
    masked = world.get(PATH).json()
    HouseholdAnswer.model_validate(masked)
    assert (masked["geotag"], "geotag" in masked["hidden"]) == (None, True)
    assert [(photo["kind"], photo["flags"]) for photo in masked["evidence"]] == [("house_front", ["seen_elsewhere"])]
    assert masked["assessment"]["assessed_on"] == TIME.date().isoformat()
    assert world.access_log() == []
    shown = world.get(PATH, purpose="verification").json()
    HouseholdAnswer.model_validate(shown)
    assert shown["geotag"] | {"captured_at": None} == {
        "latitude": -6.7545, "longitude": 111.0381, "accuracy_m": 8.5, "captured_at": None,
    }  # fmt: skip
    ((*_, fields),) = world.access_log()
    assert "geotag" in fields


def test_who_may_not_see_photos_places_or_decisions_is_told_nothing_of_them(world: World) -> None:
    visited(world)
    registry = world.get(PATH, role="civil_registry_officer", purpose="verification").json()
    assert (registry["geotag"], registry["evidence"], registry["assessment"]) == (None, None, None)
    assert {"geotag", "photo", "decision"} <= set(registry["hidden"])
    owner = world.get(PATH, role="programme_owner", purpose="verification").json()
    assert (owner["geotag"], owner["evidence"], owner["assessment"] is None) == (None, None, False)
    assert code(world.get(PATH, region="3319")) == (404, "household_not_found")


def test_the_newest_place_counts_and_what_is_not_said_again_stays(world: World) -> None:
    visited(world)
    moved = msgspec.structs.replace(PLACE, latitude=-6.76)
    photo, place, assessed = world.register.visit(1, moved)
    world.put(place)
    shown = world.get(PATH, purpose="verification").json()
    assert (shown["geotag"]["latitude"], shown["assessment"] is None) == (-6.76, False)
    assert [photo["flags"] for photo in shown["evidence"]] == [["seen_elsewhere"]]
    world.put(photo, assessed)
    shown = world.get(PATH, purpose="verification").json()
    assert (shown["geotag"]["latitude"], [photo["flags"] for photo in shown["evidence"]]) == (-6.76, [[]])


def test_of_an_erased_household_no_place_is_left(world: World) -> None:
    proposed, visit = world.register.propose(1), world.register.visit(1, PLACE)
    world.register.keys[household_id(1)][household_id(1)] = SubjectKeys(household_id(1))
    world.put(proposed, *visit)
    shown = world.get(PATH, purpose="verification").json()
    assert (shown["erased"], shown["geotag"], len(shown["evidence"])) == (True, None, 1)


def test_rows_stand_behind_those_of_the_household(world: World) -> None:
    visited(world)
    count = "SELECT (SELECT count(*) FROM evidence_view), (SELECT count(*) FROM visit_view)"
    with psycopg.connect(world.gateway.parts.reader.url) as nobody:
        assert nobody.execute(count).fetchone() == (0, 0)
    for region, seen in (("3318", (1, 1)), ("3319", (0, 0)), (ELSEWHERE, (0, 0))):
        caller = Caller("tester", Role.SOCIAL_OFFICE, Scope.of(region))
        with seen_by(world.gateway.parts.reader, caller) as connection:
            assert connection.execute(count.encode()).fetchone() == seen
