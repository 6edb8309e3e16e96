"""Reads over HTTP: what is shown to whom, what is logged, and each problem."""

import threading
from typing import Any

import pytest
from gateway_given import ELSEWHERE, PATI, VILLAGES, a_nik, household_id, person_id
from gateway_world import World, code
from padan_events.eligibility import Outcome
from padan_gateway.domain.access import FIELDS, Field, Role
from padan_gateway.eligibility.endpoints import EligibilityAnswer
from padan_gateway.households.answers import HouseholdAnswer, HouseholdsAnswer
from padan_gateway.persons.endpoints import PersonAnswer
from padan_runtime.keys import SubjectKeys


def path(row: int) -> str:
    return f"/v1/households/{household_id(row)}"


def test_a_household_is_masked_until_a_purpose_is_stated_and_then_the_read_is_logged(world: World) -> None:
    world.put(world.register.propose(1), world.register.match(1), world.register.rank(1, 2))

    masked = world.get(path(1)).json()
    HouseholdAnswer.model_validate(masked)
    assert masked["members"][0] | {"person_id": None} == {
        "person_id": None, "erased": False, "name": "O*** 1*** A***", "nik": "*" * 12 + a_nik(1, 0)[-4:],
        "birth_date": "1980", "sex": None, "relationship": None, "alive": True, "died_on": None, "sources": {},
    }  # fmt: skip
    assert (masked["decile"], masked["state"], masked["member_count"]) == (2, "proposed", 3)
    assert masked["place"]["district"]["code"] == VILLAGES[0][:6]
    assert masked["place"]["village"] is None
    assert masked["match"]["agreement"]["birth_date"] is False
    assert masked["conflicts"] == []
    assert masked["masked"] == ["birth_date", "family_card_number", "name", "nik"]
    assert masked["hidden"] == ["address", "geotag", "relationship", "sex"]
    assert world.access_log() == []

    unmasked = world.get(path(1), purpose="verification").json()
    HouseholdAnswer.model_validate(unmasked)
    assert unmasked["members"][0]["nik"] == a_nik(1, 0)
    assert unmasked["members"][0]["birth_date"] == "1980-05-17"
    assert unmasked["place"]["village"]["code"] == VILLAGES[0]
    assert (unmasked["address"], unmasked["masked"], unmasked["hidden"]) == ("Jalan 1", [], [])
    assert world.access_log() == [
        (
            "tester", "social_office", PATI, "verification", "read_household", [household_id(1)],
            [person_id(1, index) for index in range(3)],
            ["address", "birth_date", "family_card_number", "name", "nik", "relationship", "sex"],
        )
    ]  # fmt: skip


def test_a_read_that_cannot_be_logged_shows_nothing(world: World) -> None:
    world.put(world.register.propose(1))
    world.as_owner("REVOKE INSERT ON access_log FROM gateway_reader")
    assert world.get(path(1)).status_code == 200
    assert code(world.get(path(1), purpose="audit")) == (500, "internal_error")


def test_a_role_that_sees_masks_only_sees_masks_whatever_it_states(world: World) -> None:
    world.put(world.register.propose(1))
    document = world.get(path(1), role="programme_owner", purpose="verification").json()
    assert document["members"][0]["nik"].startswith("************")
    assert (document["place"]["district"]["code"], document["place"]["village"]) == (VILLAGES[0][:6], None)
    assert world.access_log() == []


def test_a_list_of_one_village_takes_what_showing_the_village_takes(world: World) -> None:
    world.put(world.register.propose(1), world.register.propose(2, village=VILLAGES[1]))
    one_village = f"/v1/households?region={VILLAGES[0]}"
    assert code(world.get(one_village)) == (403, "purpose_missing")
    assert code(world.get(one_village, role="programme_owner", purpose="audit")) == (403, "role_forbidden")
    (listed,) = world.get(one_village, purpose="verification").json()["households"]
    assert listed["place"]["village"]["code"] == VILLAGES[0]
    assert len(world.access_log()) == 1
    (own,) = world.get("/v1/households", role="village_operator", region=VILLAGES[0]).json()["households"]
    assert own["place"]["village"] is None


def test_a_role_without_the_right_to_the_register_gets_no_answer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.put(world.register.propose(1))
    granted = {field: right for field, right in FIELDS[Role.SOCIAL_OFFICE].items() if field is not Field.REGISTER}
    monkeypatch.setitem(FIELDS, Role.SOCIAL_OFFICE, granted)
    for address in (path(1), path(1) + "/eligibility", "/v1/households"):
        assert code(world.get(address, purpose="verification")) == (403, "role_forbidden")
    sought = world.client.post("/v1/persons:lookup", json={"nik": a_nik(1, 0)}, headers=world.signer.headers())
    assert code(sought) == (403, "role_forbidden")


def test_an_id_outside_ones_region_answers_as_one_that_does_not_exist(world: World) -> None:
    world.put(world.register.propose(1), world.register.propose(2, village=ELSEWHERE))
    outside, missing = world.get(path(2)), world.get(path(3))
    assert code(outside) == code(missing) == (404, "household_not_found")
    assert outside.json() == missing.json()
    assert code(world.get(path(2) + "/eligibility")) == (404, "household_not_found")
    assert world.get(path(2), region="3319").status_code == 200
    assert world.get(path(2), role="ministry", region="ID").status_code == 200
    assert code(world.get(path(1), role="village_operator", region=VILLAGES[1])) == (404, "household_not_found")


def test_a_person_is_found_by_nik_in_ones_region_only(world: World) -> None:
    world.put(world.register.propose(1), world.register.propose(2, village=ELSEWHERE))

    def look_up(nik: str, **more: Any) -> Any:
        return world.client.post("/v1/persons:lookup", json={"nik": nik}, headers=world.signer.headers(**more))

    found = look_up(a_nik(1, 1), purpose="complaint").json()
    PersonAnswer.model_validate(found)
    assert found["person"]["person_id"] == str(person_id(1, 1))
    assert found["household"]["household_id"] == str(household_id(1))
    ((*_, action, households, persons, fields),) = world.access_log()
    assert (action, households, set(persons)) == (
        "look_up_person", [household_id(1)], {person_id(1, 0), person_id(1, 1)},
    )  # fmt: skip
    assert "nik" in fields
    assert look_up(a_nik(1, 1)).json()["person"]["nik"].startswith("****")
    assert code(look_up(a_nik(2, 0))) == code(look_up(a_nik(7, 0))) == (404, "person_not_found")
    assert code(look_up("331801")) == code(look_up("x" * 16)) == (422, "nik_length")
    assert code(look_up(a_nik(1, 1), role="village_head")) == (403, "role_forbidden")


def test_a_problem_never_repeats_the_nik_it_was_asked_with(world: World) -> None:
    nik = a_nik(5, 0)
    for body in ({"nik": nik}, {"nik": nik + nik + nik}, {"nik": [nik]}, {"nik": nik, "and": nik}, nik):
        response = world.client.post("/v1/persons:lookup", json=body, headers=world.signer.headers())
        assert response.status_code in (404, 422)
        assert nik not in response.text


def test_pages_are_complete_and_stable_while_households_arrive(world: World) -> None:
    for row in range(40):
        world.put(
            world.register.propose(row, village=VILLAGES[row % 2]),
            world.register.propose(1000 + row, village=ELSEWHERE),
        )
    seen: list[str] = []
    cursor, arriving = None, 40
    while True:
        further = "" if cursor is None else f"&cursor={cursor}"
        page = world.get(f"/v1/households?region={VILLAGES[0]}&limit=7{further}", purpose="verification").json()
        HouseholdsAnswer.model_validate(page)
        seen += [household["household_id"] for household in page["households"]]
        world.put(world.register.propose(arriving, village=VILLAGES[1]))
        arriving, cursor = arriving + 1, page["next_cursor"]
        if cursor is None:
            break
    assert seen == sorted(str(household_id(row)) for row in range(0, 40, 2))
    assert len(world.get("/v1/households?limit=500").json()["households"]) == arriving
    assert (
        len(world.get("/v1/households?limit=500", role="province", region="33").json()["households"]) == arriving + 40
    )


def test_a_list_with_purpose_logs_whom_it_showed(world: World) -> None:
    world.put(*(world.register.propose(row) for row in range(3)))
    page = world.get("/v1/households?limit=2", purpose="verification").json()
    ((*_, households, persons, _),) = world.access_log()
    assert [str(h) for h in households] == [h["household_id"] for h in page["households"]]
    assert len(persons) == 2


def test_the_list_says_what_is_wrong_with_a_request(world: World) -> None:
    def problem(query: str) -> tuple[int, str]:
        return code(world.get(f"/v1/households?{query}", purpose="verification"))

    world.put(*(world.register.propose(row, village=VILLAGES[0]) for row in range(2)))
    cursor = world.get(f"/v1/households?limit=1&region={VILLAGES[0]}", purpose="verification").json()["next_cursor"]
    assert problem("region=3319") == problem("region=33") == problem("region=ID") == (403, "region_forbidden")
    assert problem("region=3399") == problem("region=Pati") == (422, "region_unknown")
    assert problem("limit=0") == problem("limit=501") == (422, "request_invalid")
    assert problem(f"cursor={cursor}") == problem("cursor=x") == problem("cursor=%C3%A9") == (422, "cursor_invalid")


def test_decisions_come_with_their_explanation_where_role_and_purpose_allow_it(world: World) -> None:
    register = world.register
    world.put(
        register.propose(1), register.decide(1, "pkh"), register.decide(1, "sembako", outcome=Outcome.UNDETERMINED)
    )

    plain = world.get(path(1) + "/eligibility").json()
    EligibilityAnswer.model_validate(plain)
    assert [(d["programme"], d["outcome"], d["explanation"]) for d in plain["decisions"]] == [
        ("pkh", "entitled", None), ("sembako", "undetermined", None),
    ]  # fmt: skip
    assert (plain["hidden"], plain["explanations"]) == (["explanation"], "hidden")
    assert world.household.asked == 0, "no key is fetched for what is not shown"

    explained = world.get(path(1) + "/eligibility", purpose="complaint").json()
    EligibilityAnswer.model_validate(explained)
    assert explained["explanations"] == "shown"
    assert explained["decisions"][0]["explanation"]["summary_id"] == "Keluarga 1 berhak."
    assert explained["decisions"][0]["explanation"]["criteria"][0]["text_en"] == "Decile 2 of 10."
    ((*_, action, households, _, fields),) = world.access_log()
    assert (action, households, fields) == ("read_eligibility", [household_id(1)], ["explanation"])

    hidden = world.get(path(1) + "/eligibility", role="programme_owner", purpose="audit").json()
    assert [d["explanation"] for d in hidden["decisions"]] == [None, None]
    assert hidden["explanations"] == "hidden"
    assert code(world.get(path(1) + "/eligibility", role="civil_registry_officer")) == (403, "role_forbidden")


def test_a_decision_whose_key_was_destroyed_is_not_one_whose_key_is_not_to_be_found(world: World) -> None:
    world.put(world.register.propose(1), world.register.decide(1))
    minted = world.register.keys[household_id(1)]

    def told() -> tuple[str, list[tuple[str, bool]]]:
        document = world.get(path(1) + "/eligibility", purpose="audit").json()
        EligibilityAnswer.model_validate(document)
        return document["explanations"], [(d["outcome"], d["explanation"] is None) for d in document["decisions"]]

    del world.register.keys[household_id(1)]
    assert told() == ("key_missing", [("entitled", True)])
    # The keyring has been restored meanwhile; nobody has to start the gateway again.
    world.register.keys[household_id(1)] = minted
    assert told() == ("shown", [("entitled", False)])
    world.gateway.parts.keys.forget([household_id(1)])
    world.register.keys[household_id(1)] = {subject: SubjectKeys(subject) for subject in minted}
    assert told() == ("erased", [("entitled", True)])


def test_who_was_erased_is_told_from_who_left_something_out(world: World) -> None:
    proposed = world.register.propose(1)
    world.register.keys[household_id(1)] |= {
        subject: SubjectKeys(subject) for subject in (household_id(1), person_id(1, 1))
    }
    world.put(proposed, world.register.propose(2))
    for purpose in (None, "audit"):
        erased, whole = (world.get(path(row), purpose=purpose).json() for row in (1, 2))
        HouseholdAnswer.model_validate(erased)
        assert [document["erased"] for document in (erased, whole)] == [True, False]
        assert [member["erased"] for member in erased["members"]] == [False, True, False]
        assert not any(member["erased"] for member in whole["members"])


def test_without_a_token_or_with_a_bad_one_nothing_is_answered(world: World) -> None:
    for address in (
        "/v1/households",
        path(1),
        path(1) + "/eligibility",
        "/v1/pipeline",
        "/v1/templates/registration.xlsx",
    ):
        missing = world.client.get(address)
        assert code(missing) == (401, "token_missing")
        assert missing.headers["www-authenticate"] == "Bearer"
        assert code(world.client.get(address, headers={"Authorization": "Bearer x"})) == (401, "token_invalid")
        assert code(world.client.get(address, headers={"Authorization": "Basic eDp5"})) == (401, "token_missing")
        assert code(world.get(address, role="citizen")) == (403, "role_forbidden")
        assert code(world.get(address, region="9999")) == (422, "region_unknown")


def test_what_is_not_there_or_not_valid_is_a_problem_too(world: World) -> None:
    assert code(world.get("/v1/nothing")) == (404, "not_found")
    assert code(world.get("/v1/households/17")) == (422, "request_invalid")
    purpose = world.get(path(1), purpose="curiosity")
    assert code(purpose) == (422, "request_invalid")
    assert "curiosity" not in purpose.text
    assert purpose.json()["detail"] == (
        "This is not right: header.Padan-Purpose (choose one of: verification, correction, complaint, payment, audit)."
    )
    month = world.get(f"/v1/rounds/{VILLAGES[0]}/2026-99")
    assert month.json()["detail"] == "This is not right: path.month (such as 2026-03)."
    assert world.get("/v1/households?limit=501").json()["fields"][0]["expected_id"] == "paling banyak 500"
    assert code(world.client.delete(path(1))) == (405, "method_not_allowed")


def test_a_read_waits_until_the_view_has_reached_a_position(world: World) -> None:
    for wrong in ("7", "24:1", "x:1", "1:1:1", "-1:4", "%EF%BC%91:1"):
        assert code(world.get(f"{path(1)}?min_position={wrong}")) == (422, "position_invalid")
    behind = world.get(f"{path(1)}?min_position=3:5")
    assert code(behind) == (503, "view_behind")
    assert int(behind.headers["retry-after"]) > 0

    world.put(world.register.propose(1))
    answers: list[Any] = []
    reading = threading.Thread(target=lambda: answers.append(world.get(f"{path(1)}?min_position=3:5")))
    reading.start()
    with world.gateway.writer.transaction() as connection:
        connection.execute(
            "INSERT INTO reader_position (reader, topic, shard, pos, cluster_id) "
            "VALUES ('gateway.views', 'household.events.v1', 3, 5, '')"
        )
    reading.join()
    assert answers[0].status_code == 200


def test_a_database_that_is_away_is_no_fault_of_the_request(world: World) -> None:
    world.gateway.parts.reader.close()
    assert code(world.get(path(1))) == (503, "service_unavailable")


def test_what_is_public_needs_no_token(world: World) -> None:
    for address in ("/", "/openapi.json", "/livez"):
        assert world.client.get(address).status_code == 200, address
