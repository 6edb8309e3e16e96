"""The monthly round and a citizen's commands through the one door, with what readers make of events of villages."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
from journeys import Stack
from oracle import check_everything, come_to_rest
from padan_household.domain.cut_off import CUT_OFF_DAY, update_month

VILLAGE = "3318042007"
WORKS_FOR = {"social_office": VILLAGE[:4]}


def send(stack: Stack, role: str, command: dict[str, Any]) -> httpx.Response:
    with stack.http(role, WORKS_FOR.get(role, VILLAGE)) as http:
        return http.post("/v1/commands", json=command, headers={"Idempotency-Key": str(uuid4())})


def test_a_month_in_a_district_and_what_a_citizen_may_ask(stack: Stack) -> None:
    month, _ = update_month(datetime.now(UTC), None, VILLAGE, CUT_OFF_DAY)
    opening = {"command": "open_rounds", "region": VILLAGE[:6], "month": month}
    opened = send(stack, "social_office", opening).json()
    villages = [one["village"] for one in opened["villages"]]
    assert VILLAGE in villages
    assert (opened["accepted"], opened["refused"]) == (len(villages), 0)
    again = send(stack, "social_office", opening).json()
    assert {one["reasons"][0]["code"] for one in again["villages"]} == {"round_open"}
    declared = send(stack, "village_operator", {"command": "declare_no_change", "village": VILLAGE, "month": month})
    assert (declared.status_code, declared.json()["village"]) == (200, VILLAGE), declared.text
    closed = send(stack, "village_head", {"command": "close_round", "village": VILLAGE, "month": month}).json()
    assert (closed["outcome"], closed["version"]) == ("accepted", 3)

    with stack.http("social_office") as http:
        asked = {"region": VILLAGE[:6], "month": month, "min_position": closed["min_position"]}
        shown = {one["village"]["code"]: one for one in http.get("/v1/rounds", params=asked).json()["villages"]}
    assert shown.keys() == set(villages)
    assert shown[VILLAGE]["closed_at"] is not None

    family = {"village": VILLAGE, "members": [{"name": "TANPA KARTU BULANAN"}]}
    proposed = send(stack, "village_operator", {"command": "propose_household", "household": family}).json()
    household = proposed["household_id"]
    programme = {"command": "propose_programme", "household_id": household, "programme": "pkh"}
    assert send(stack, "village_operator", programme).status_code == 200
    resigned = send(stack, "citizen", {"command": "resign", "household_id": household, "programmes": ["pkh"]}).json()
    with stack.http("social_office") as http:
        asked = {"min_position": resigned["min_position"]}
        aid = http.get(f"/v1/households/{household}/aid", params=asked).json()
    assert [(one["programme"], one["leaving"]) for one in aid["programmes"]] == [("pkh", True)]

    for role, command, status, code in (
        ("citizen", {"command": "propose_household", "household": family}, 403, "role_forbidden"),
        ("citizen", {"command": "close_round", "village": VILLAGE, "month": month}, 403, "role_forbidden"),
        ("citizen", {"command": "raise_objection", "household_id": household, "reason": "able", "text": "x"},
         409, "not_a_recipient"),
        ("citizen", {"command": "raise_objection", "household_id": household, "reason": "able", "text": " "},
         422, "text_missing"),
        ("village_operator", {"command": "verify_recipient", "household_id": household, "month": month,
                              "result": "entitled"}, 409, "not_a_recipient"),
        ("social_office", {**opening, "region": "33"}, 422, "region_unknown"),
        ("village_head", {"command": "close_round", "village": VILLAGE, "month": "2020-01"}, 409, "month_not_current"),
    ):  # fmt: skip
        answer = send(stack, role, command)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    with stack.http("citizen", VILLAGE) as http:
        assert http.get(f"/v1/households/{household}").status_code == 403
    come_to_rest(stack.platform)
    types = check_everything(stack.platform)
    assert types["round_opened"] == len(villages)
