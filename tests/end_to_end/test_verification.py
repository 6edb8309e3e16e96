"""A family is visited, on the whole platform: photos, then one command, and the view shows what is known."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
from journeys import Stack
from oracle import check_everything, come_to_rest
from padan_events.criteria import Criterion2022, CriterionBps
from photos_given import POSITION, encoded, photo, scene

VILLAGE = "3318042007"
NOW = datetime.now(UTC)


def send(stack: Stack, role: str, command: dict[str, Any]) -> httpx.Response:
    with stack.http(role, VILLAGE, subject=role) as http:  # each role somebody else: nobody approves twice
        return http.post("/v1/commands", json=command, headers={"Idempotency-Key": str(uuid4())})


def accepted(stack: Stack, role: str, command: dict[str, Any]) -> dict[str, Any]:
    answer = send(stack, role, command)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def deliberated(stack: Stack, name: str) -> tuple[str, str]:
    """A family that waits for the visit, and a position that says so."""
    family = {"village": VILLAGE, "members": [{"name": name}]}
    told = accepted(stack, "village_operator", {"command": "propose_household", "household": family})
    minutes = {
        "command": "deliberate", "cases": [{"household_id": told["household_id"]}], "held_on": "2026-01-05",
        "minutes_number": "141/07/BA/2026",
    }  # fmt: skip
    return told["household_id"], accepted(stack, "village_head", minutes)["min_position"]


def attach(stack: Stack, household: str, position: str, kind: str, content: bytes) -> dict[str, Any]:
    with stack.http("facilitator", VILLAGE) as http:
        answer = http.post(
            f"/v1/households/{household}/photos",
            params={"kind": kind, "min_position": position},
            content=content,
            headers={"Content-Type": "image/jpeg"},
        )
    assert answer.status_code == 201, answer.text
    return {"photo_id": answer.json()["photo_id"], "kind": kind}


def a_visit(household: str, *photos: dict[str, Any], **changed: Any) -> dict[str, Any]:
    place = {"latitude": -6.7545, "longitude": 111.0381, "accuracy_m": 8.5, "captured_at": NOW.isoformat()}
    return {
        "command": "verify_household", "household_id": household, "visited_on": "2026-01-08", "photos": photos,
        "criteria_2022": dict.fromkeys(Criterion2022, "no"), "criteria_bps": dict.fromkeys(CriterionBps, "unknown"),
        "map_point": place, **changed,
    }  # fmt: skip


def test_a_visit_verifies_a_family_and_the_view_shows_what_it_brought_home(stack: Stack) -> None:
    other, there = deliberated(stack, "TANPA KARTU TETANGGA")
    attach(stack, other, there, "house_front", photo(71))
    household, position = deliberated(stack, "TANPA KARTU DIKUNJUNGI")
    front = attach(stack, household, position, "house_front", encoded(scene(71), quality=60))
    refused = send(stack, "facilitator", a_visit(household, front))
    assert (refused.status_code, refused.json()["code"]) == (422, "house_inside_missing")
    inside = attach(stack, household, position, "house_inside", photo(72))
    far = {"latitude": POSITION["latitude"] + 0.02}
    place = a_visit(household)["map_point"] | far
    told = accepted(stack, "facilitator", a_visit(household, front, inside, map_point=place))
    assert len(told["events"]) == 5
    with stack.http("district_officer", VILLAGE[:6]) as http:
        view = http.get(
            f"/v1/households/{household}",
            params={"min_position": told["min_position"]},
            headers={"Padan-Purpose": "verification"},
        ).json()
        picture = http.get(
            f"/v1/households/{household}/photos/{inside['photo_id']}", headers={"Padan-Purpose": "verification"}
        )
    assert (view["state"], view["version"]) == ("verified", 7)
    assert view["geotag"]["latitude"] == place["latitude"]
    # The neighbour's photo, saved again without what the camera wrote; and one taken two kilometres away.
    assert {photo["kind"]: photo["flags"] for photo in view["evidence"]} == {
        "house_front": ["seen_elsewhere"], "house_inside": ["taken_elsewhere"],
    }  # fmt: skip
    assert view["assessment"]["assessed_on"] == "2026-01-08"
    assert picture.status_code == 200
    assert other not in str(view)
    come_to_rest(stack.platform)
    check_everything(stack.platform)
