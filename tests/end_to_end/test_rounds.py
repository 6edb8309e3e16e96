"""The monthly round, and what citizens may do, through the one door, with what readers make of it."""

from datetime import UTC, datetime
from uuid import uuid4

from journeys import Stack
from oracle import check_everything, come_to_rest, on_kafka
from padan_household.domain.cut_off import CUT_OFF_DAY, update_month
from village_given import Village, a_recipient

VILLAGE = "3318042007"


def test_a_recipient_is_answered_for_and_objected_to_and_nobody_in_the_village_learns_by_whom(stack: Stack) -> None:
    village = Village(stack, "3318012001")
    household, picture = a_recipient(village, {"name": "TANPA KARTU PENERIMA"})
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
