"""People change the register through the one door, on the whole platform: once each, whatever dies meanwhile."""

import json
import threading
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import polars as pl
import pytest
from journeys import Stack
from oracle import check_everything, come_to_rest, count, query
from padan_gateway.domain.access import ACTIONS, Action
from padan_household.domain.authority import MAY

VILLAGE = "3318042007"
WITHIN_S = 180.0


@pytest.fixture
def families(stack: Stack, tmp_path: Path) -> list[dict[str, Any]]:
    """Families as the civil registry knows them, whom nobody has proposed."""
    batch = stack.invent(600, tmp_path)
    barred = pl.read_parquet(batch.barred_register / "people.parquet")["nik"]
    known = pl.read_parquet(batch.civil_registry / "people.parquet")
    apart = known.filter((pl.col("status") != "active") | pl.col("nik").is_in(barred.implode()))
    whole = known.join(apart, on="family_card_number", how="anti").with_columns(pl.col("birth_date").cast(pl.String))
    return [
        {
            "village": VILLAGE,
            "family_card_number": card,
            "address": "Jalan Contoh",
            "members": [*people.select("nik", "name", "birth_date", "sex").to_dicts(), {"name": "BAYI CONTOH"}],
        }
        for (card,), people in whole.group_by("family_card_number", maintain_order=True)
    ]


def send(http: httpx.Client, family: dict[str, Any], key: str | None = None) -> httpx.Response:
    headers = {} if key == "" else {b"Idempotency-Key": (key or str(uuid4())).encode()}
    return http.post("/v1/commands", json={"command": "propose_household", "household": family}, headers=headers)


def proposed(stack: Stack) -> int:
    return count(stack.platform, "household", "SELECT count(*) FROM log_household_events_v1 WHERE version = 1")


def test_a_family_is_proposed_and_its_proposer_reads_it(stack: Stack, families: list[dict[str, Any]]) -> None:
    with stack.http("village_operator", families[0]["village"]) as http:
        answer = send(http, families[0], "one")
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert (told["command"], told["version"]) == ("propose_household", 2)
        last = told["events"][-1]
        view = http.get(answer.headers["Location"], params={"min_position": f"{last['shard']}:{last['pos']}"})
        assert view.status_code == 200, view.text
        assert (view.json()["household_id"], len(view.json()["members"])) == (
            told["household_id"],
            len(families[0]["members"]),
        )
        again = send(http, families[0], "one").json()
        assert {k: again[k] for k in ("household_id", "events")} == {k: told[k] for k in ("household_id", "events")}
        other = send(http, families[1], "one")
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
        twice = send(http, families[0])
        assert (twice.status_code, twice.json()["code"]) == (409, "duplicate_in_register")
        held = {reason["field"] for reason in twice.json()["reasons"]}
        assert held == {f"household.members.{n}.nik" for n in range(len(families[0]["members"]) - 1)}
        assert told["household_id"] not in twice.text
    come_to_rest(stack.platform)
    check_everything(stack.platform)


def test_what_is_refused_says_why_and_where_and_leaves_nothing(stack: Stack, families: list[dict[str, Any]]) -> None:
    before, family = proposed(stack), families[2]
    child = {"name": "", "nik": "123", "birth_date": "1850-01-01"}
    place = f"household.members.{len(family['members'])}"
    with stack.http("social_office") as http:
        answer = send(http, {**family, "members": [*family["members"], child]})
        document = answer.json()
        assert (answer.status_code, document["code"]) == (422, "name_missing")
        assert answer.headers["content-type"] == "application/problem+json"
        assert [(reason["code"], reason["field"]) for reason in document["reasons"]] == [
            ("name_missing", f"{place}.name"),
            ("nik_length", f"{place}.nik"),
            ("birth_date_invalid", f"{place}.birth_date"),
        ]
        assert all(reason[word] for reason in document["reasons"] for word in ("detail_id", "detail", "next_step_id"))
        for changed, status, code in (
            ({"village": "3318049999"}, 422, "region_unknown"),
            ({"village": "3319012001"}, 403, "region_forbidden"),
            ({"caretaker": 7}, 422, "caretaker_unknown"),
            ({"members": [{**family["members"][0], "name": "ORANG LAIN SAMA SEKALI"}]}, 409, "name_differs"),
            ({"members": [{**family["members"][0], "nik": "3318015203720009"}]}, 409, "nik_unknown"),
        ):
            answer = send(http, {**family, **changed})
            assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        for key in ("", "x" * 201, "kunci-\u00e9"):
            answer = send(http, family, key)
            assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")
        for half in ({"address": "\ud800"}, {"caretaker": True}, {"members": [{"name": "A", "birth_date": 0}]}):
            answer = http.post(
                "/v1/commands",
                content=json.dumps({"command": "propose_household", "household": {**family, **half}}),
                headers={"Idempotency-Key": str(uuid4()), "Content-Type": "application/json"},
            )
            assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid"), answer.text
        for odd, field in (
            ({"village": 3318042007}, "body.household.village"),
            ({"siblings": "SITI RAHASIA"}, "body.household.siblings"),
            ({"members": [{"nama": "SITI RAHASIA", "name": "A"}]}, "body.household.members.0.nama"),
        ):
            shape = send(http, {**family, **odd})
            assert (shape.status_code, shape.json()["code"]) == (422, "request_invalid")
            assert "RAHASIA" not in shape.text
            assert [fault["field"] for fault in shape.json()["fields"]] == [field]
    for role, status in (("village_head", 403), ("auditor", 403), ("agency", 403)):
        with stack.http(role, family["village"]) as http:
            assert send(http, family).status_code == status
    assert proposed(stack) == before


def test_where_the_civil_registry_is_away_nothing_is_decided(stack: Stack, families: list[dict[str, Any]]) -> None:
    before, key = proposed(stack), str(uuid4())
    stack.faults("civil-registry", down=True)
    try:
        with stack.http("village_operator", "3318042008") as http:  # of another village: nobody is asked
            answer = send(http, families[3])
            assert (answer.status_code, answer.json()["code"]) == (403, "region_forbidden")
        with stack.http("social_office") as http:
            answer = send(http, families[3], key)
            assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")
            assert answer.json()["detail"] == "The civil registry does not answer."
            assert proposed(stack) == before
            # Whoever is not asked about needs no registry. A form sends what was left empty.
            cardless = {"village": VILLAGE, "family_card_number": "", "members": [{"name": "TANPA KARTU", "nik": ""}]}
            assert send(http, cardless).status_code == 200
            stack.faults("civil-registry", down=False)
            accepted = send(http, families[3], key)
            assert accepted.status_code == 200, accepted.text
            stack.faults("civil-registry", down=True)
            # What was answered is answered again without it.
            assert send(http, families[3], key).json()["events"] == accepted.json()["events"]
    finally:
        stack.faults("civil-registry", down=False)


def test_who_may_knock_is_who_may_propose() -> None:
    knock = {role.value for role, actions in ACTIONS.items() if Action.SEND_COMMAND in actions}
    assert knock == set().union(*MAY.values())


def until_answered(http: httpx.Client, family: dict[str, Any], key: str) -> httpx.Response:
    """As an app does over a poor line: the same request with the same key, until there is an answer."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        try:
            answer = send(http, family, key)
            if answer.status_code != 503:
                return answer
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline, "no answer"
        time.sleep(0.1)


def give(stack: Stack, families: list[dict[str, Any]], victims: dict[int, str]) -> dict[str, httpx.Response]:
    """The answers by key, of four people who each send theirs one after the other. Whoever gets the answer of a number
    in `victims` kills that process, so that the others' requests are under way."""
    answers, turn = dict[str, httpx.Response](), threading.Lock()

    def work(own: list[dict[str, Any]]) -> None:
        with stack.http("social_office") as http:
            for family in own:
                key = str(uuid4())
                answer = until_answered(http, family, key)
                with turn:
                    answers[key] = answer
                    victim = victims.get(len(answers))
                if victim is not None:
                    stack.platform.kill(victim)
                    stack.platform.wait_ready(victim)

    threads = [threading.Thread(target=work, args=(families[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_each_command_stands_once_whatever_dies_while_it_is_given(stack: Stack, families: list[dict[str, Any]]) -> None:
    before, own = proposed(stack), families[10:170]
    victims = {20: "household", 45: "registry-ingest", 70: "gateway", 95: "postgres", 120: "household"}
    answers = give(stack, own, victims)
    assert len(answers) == len(own)
    assert {answer.status_code for answer in answers.values()} == {200}
    assert proposed(stack) - before == len(own)
    told = {answer.json()["household_id"] for answer in answers.values()}
    assert len(told) == len(own)
    come_to_rest(stack.platform)
    check_everything(stack.platform)
    shown = query(stack.platform, "gateway", "SELECT household_id::text FROM household_view")
    assert told <= {household for (household,) in shown}
