"""Cases go from tier to tier through the one door, each tier by its own people, and the views show where they stand."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from journeys import Stack
from oracle import check_everything, come_to_rest

VILLAGE = "3318042007"
WORKS_FOR = {
    "village_operator": VILLAGE,
    "village_head": VILLAGE,
    "facilitator": VILLAGE,
    "district_officer": VILLAGE[:6],
    "social_office": VILLAGE[:4],
    "approver": VILLAGE[:4],
    "ministry": "ID",
}


class Office:
    """People of every tier, who send commands."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def send(self, role: str, command: dict[str, Any], **headers: str) -> httpx.Response:
        with self._stack.http(role, WORKS_FOR[role]) as http:
            return http.post("/v1/commands", json=command, headers={"Idempotency-Key": str(uuid4()), **headers})

    def accepted(self, role: str, command: dict[str, Any], **headers: str) -> dict[str, Any]:
        answer = self.send(role, command, **headers)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        assert told.get("refused", 0) == 0, told
        return told

    def see(self, household_id: str, after: dict[str, Any]) -> httpx.Response:
        with self._stack.http("social_office") as http:
            answer = http.get(f"/v1/households/{household_id}", params={"min_position": after["min_position"]})
        assert answer.status_code == 200, answer.text
        return answer


@pytest.fixture
def office(stack: Stack) -> Office:
    return Office(stack)


def without_card(name: str) -> dict[str, Any]:
    return {"command": "propose_household", "household": {"village": VILLAGE, "members": [{"name": name}]}}


def test_a_family_goes_up_to_the_visit_is_sent_back_and_the_views_follow(stack: Stack, office: Office) -> None:
    proposed = office.accepted("village_operator", without_card("TANPA KARTU"))
    household = proposed["household_id"]
    seen = office.see(household, proposed)
    assert (seen.headers["ETag"], seen.json()["state"], seen.json()["member_count"]) == ('"1"', "proposed", 1)
    cases = [{"household_id": household, "version": 1}]
    minutes = {
        "command": "deliberate", "cases": cases, "held_on": "2026-01-05", "minutes_number": "141/07/BA/2026",
    }  # fmt: skip
    told = office.accepted("village_head", minutes)
    assert [(case["outcome"], case["version"]) for case in told["cases"]] == [("accepted", 2)]
    assert office.see(household, told).json()["state"] == "deliberated"
    with stack.http("social_office") as http:
        queues = {one["state"]: one for one in http.get("/v1/queues").json()["queues"]}
        assert queues["deliberated"]["waiting"] >= 1
        assert queues["deliberated"]["roles"] == ["facilitator", "village_operator"]
        listed = http.get("/v1/households", params={"state": "deliberated", "limit": 500}).json()["households"]
        assert household in {one["household_id"] for one in listed}
    stale = office.send("village_head", minutes)
    assert stale.json()["cases"][0]["reasons"][0]["code"] == "version_differs"
    back = {
        "command": "return_cases", "cases": [{"household_id": household}], "to": "proposed",
        "reasons": ["data_incomplete"], "note": "Alamat kurang.",
    }  # fmt: skip
    told = office.accepted("facilitator", back)
    view = office.see(household, told).json()
    assert (view["state"], view["returned_to"]) == ("returned", "proposed")
    assert view["due_at"] is not None
    withdraw = {"command": "withdraw_household", "household_id": household, "reason": "family_request"}
    refused = office.send("village_operator", withdraw, **{"If-Match": '"2"'})
    assert (refused.status_code, refused.json()["code"]) == (412, "version_differs")
    told = office.accepted("village_operator", withdraw, **{"If-Match": '"3"'})
    assert office.see(household, told).json()["state"] == "withdrawn"
    come_to_rest(stack.platform)
    check_everything(stack.platform)


def test_what_is_refused_says_why(stack: Stack, office: Office) -> None:
    household = office.accepted("village_operator", without_card("TANPA KARTU DUA"))["household_id"]
    cases = [{"household_id": household}, {"household_id": str(uuid4())}]
    approved = office.send("district_officer", {"command": "approve", "cases": cases}).json()
    assert [case["reasons"][0]["code"] for case in approved["cases"]] == ["not_its_turn", "household_unknown"]
    assert (approved["accepted"], approved["refused"], approved["min_position"]) == (0, 2, None)
    for role, command, status, code in (
        ("village_operator", {"command": "approve", "cases": cases}, 403, "role_forbidden"),
        ("village_head", {"command": "deliberate", "cases": cases, "held_on": "2126-01-01", "minutes_number": "1"},
         422, "date_in_future"),
        ("village_head", {"command": "deliberate", "cases": cases, "held_on": "2026-01-01", "minutes_number": "-"},
         422, "minutes_number_invalid"),
        ("district_officer", {"command": "approve", "cases": []}, 422, "request_invalid"),
        ("district_officer", {"command": "approve", "cases": cases, "given_at": "2026-01-01T00:00:00"},
         422, "time_without_zone"),
        ("social_office", {"command": "deactivate_household", "household_id": household, "reason": "merged"},
         422, "reason_reserved"),
        ("social_office", {"command": "deactivate_household", "household_id": household, "reason": "abroad",
                           "note": "x" * 1001}, 422, "text_too_long"),
    ):  # fmt: skip
        answer = office.send(role, command)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    with stack.http("district_officer", "331801") as http:  # a district next to it
        elsewhere = http.post(
            "/v1/commands",
            json={"command": "approve", "cases": cases[:1]},
            headers={"Idempotency-Key": str(uuid4())},
        )
    assert elsewhere.json()["cases"][0]["reasons"][0]["code"] == "region_forbidden"
    large = {"command": "approve", "cases": cases * 20_000}
    assert office.send("district_officer", large).status_code == 413
