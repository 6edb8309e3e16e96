"""The monthly round, and what citizens may do, through the one door, with what readers make of it."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
from journeys import Stack
from oracle import check_everything, come_to_rest, on_kafka
from padan_events.criteria import Criterion2022, CriterionBps
from padan_household.domain.cut_off import CUT_OFF_DAY, update_month
from photos_given import photo

VILLAGE = "3318042007"
PHOTOS = (("house_front", 171), ("house_inside", 172))
REACH = {"district_officer": 6, "social_office": 4, "approver": 4, "ministry": 0}


class Village:
    """Everybody who acts for a village, each somebody else."""

    def __init__(self, stack: Stack, code: str) -> None:
        self._stack, self.code = stack, code

    def send(self, role: str, command: dict[str, Any], subject: str | None = None) -> httpx.Response:
        region = self.code[: REACH.get(role, 10)] or "ID"
        with self._stack.http(role, region, subject=subject or role) as http:
            return http.post("/v1/commands", json=command, headers={"Idempotency-Key": str(uuid4())})

    def accepted(self, role: str, command: dict[str, Any], subject: str | None = None) -> dict[str, Any]:
        answer = self.send(role, command, subject)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        assert told.get("refused", 0) == 0, told
        return told

    def attach(self, household: str, kind: str, number: int, position: str) -> dict[str, str]:
        with self._stack.http("facilitator", self.code) as http:
            answer = http.post(
                f"/v1/households/{household}/photos",
                params={"kind": kind, "min_position": position},
                content=photo(number),
                headers={"Content-Type": "image/jpeg"},
            )
        assert answer.status_code == 201, answer.text
        return {"photo_id": answer.json()["photo_id"], "kind": kind}


def a_recipient(village: Village, name: str) -> tuple[str, str]:
    """A family that went the whole way, and one of its photos."""
    family = {"command": "propose_household", "household": {"village": village.code, "members": [{"name": name}]}}
    household = village.accepted("village_operator", family)["household_id"]
    cases = [{"household_id": household}]
    minutes = {"command": "deliberate", "cases": cases, "held_on": "2026-01-05", "minutes_number": "141/08/BA/2026"}
    position = village.accepted("village_head", minutes)["min_position"]
    photos = [village.attach(household, kind, number, position) for kind, number in PHOTOS]
    place = {"latitude": -6.7545, "longitude": 111.0381, "accuracy_m": 8.5, "captured_at": "2026-01-08T02:00:00Z"}
    visit = {
        "command": "verify_household", "household_id": household, "visited_on": "2026-01-08", "photos": photos,
        "criteria_2022": dict.fromkeys(Criterion2022, "no"), "criteria_bps": dict.fromkeys(CriterionBps, "unknown"),
        "map_point": place,
    }  # fmt: skip
    village.accepted("facilitator", visit)
    for role in ("district_officer", "social_office", "approver"):
        village.accepted(role, {"command": "approve", "cases": cases})
    village.accepted("ministry", {"command": "determine", "cases": cases})
    return household, photos[0]["photo_id"]


def test_a_recipient_is_answered_for_and_objected_to_and_nobody_in_the_village_learns_by_whom(stack: Stack) -> None:
    village = Village(stack, "3318012001")
    household, picture = a_recipient(village, "TANPA KARTU PENERIMA")
    month, _ = update_month(datetime.now(UTC), None, village.code, CUT_OFF_DAY)
    village.accepted("social_office", {"command": "open_rounds", "region": village.code, "month": month})
    answer = {
        "command": "verify_recipient", "household_id": household, "month": month, "result": "not_entitled",
        "reason": "able", "photo": picture,
    }  # fmt: skip
    unknown = village.send("village_operator", {**answer, "photo": str(uuid4())})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "photo_unknown")
    village.accepted("village_operator", answer)
    confirmed = {"command": "confirm_recipient", "household_id": household, "month": month, "ends": False}
    village.accepted("social_office", confirmed)

    objection = {"command": "raise_objection", "household_id": household, "reason": "able", "text": "Punya dua mobil."}
    raised = village.accepted("citizen", objection, "warga-tetangga")
    which = raised["events"][0]["event_id"]
    village.accepted("social_office", {
        "command": "resolve_objection", "household_id": household, "objection_id": which, "outcome": "dismissed",
    })  # fmt: skip
    appeal = {"command": "appeal_objection", "household_id": household, "objection_id": which, "text": "Lihat fotonya."}
    last = village.accepted("citizen", appeal, "warga-tetangga")
    with stack.http("social_office") as http:
        path, asked = f"/v1/households/{household}/objections", {"min_position": last["min_position"]}
        (shown,) = http.get(path, params=asked, headers={"Padan-Purpose": "complaint"}).json()["objections"]
        assert (shown["objector"]["account"], shown["outcome"]) == ("user:warga-tetangga", "dismissed")
        assert shown["appeal_statement"]["text"] == "Lihat fotonya."
    with stack.http("village_operator", village.code) as http:
        assert http.get(path).status_code == 403
    come_to_rest(stack.platform)
    for event in on_kafka(stack.platform, "household.events.v1"):
        assert b"tetangga" not in event.value
        assert "tetangga" not in event.actor
    logs = stack.platform.instance.folder / "logs"
    found = [file.name for file in logs.rglob("*") if file.is_file() and b"warga-tetangga" in file.read_bytes()]
    assert found == []
    check_everything(stack.platform)


def test_a_month_in_a_district_and_what_a_citizen_may_ask(stack: Stack) -> None:
    village = Village(stack, VILLAGE)
    month, _ = update_month(datetime.now(UTC), None, VILLAGE, CUT_OFF_DAY)
    opening = {"command": "open_rounds", "region": VILLAGE[:6], "month": month}
    opened = village.send("social_office", opening).json()
    villages = [one["village"] for one in opened["villages"]]
    assert VILLAGE in villages
    assert (opened["accepted"], opened["refused"]) == (len(villages), 0)
    again = village.send("social_office", opening).json()
    assert {one["reasons"][0]["code"] for one in again["villages"]} == {"round_open"}
    declared = village.send("village_operator", {"command": "declare_no_change", "village": VILLAGE, "month": month})
    assert (declared.status_code, declared.json()["village"]) == (200, VILLAGE), declared.text
    closed = village.send("village_head", {"command": "close_round", "village": VILLAGE, "month": month}).json()
    assert (closed["outcome"], closed["version"]) == ("accepted", 3)

    with stack.http("social_office") as http:
        asked = {"region": VILLAGE[:6], "month": month, "min_position": closed["min_position"]}
        shown = {one["village"]["code"]: one for one in http.get("/v1/rounds", params=asked).json()["villages"]}
    assert shown.keys() == set(villages)
    assert shown[VILLAGE]["closed_at"] is not None

    family = {"village": VILLAGE, "members": [{"name": "TANPA KARTU BULANAN"}]}
    proposed = village.send("village_operator", {"command": "propose_household", "household": family}).json()
    household = proposed["household_id"]
    programme = {"command": "propose_programme", "household_id": household, "programme": "pkh"}
    assert village.send("village_operator", programme).status_code == 200
    resigned = village.send("citizen", {"command": "resign", "household_id": household, "programmes": ["pkh"]}).json()
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
        answer = village.send(role, command)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    with stack.http("citizen", VILLAGE) as http:
        assert http.get(f"/v1/households/{household}").status_code == 403
    come_to_rest(stack.platform)
    types = check_everything(stack.platform)
    assert types["round_opened"] >= len(villages)
