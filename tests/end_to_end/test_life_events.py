"""Deaths and a move from the civil registry's feed and from its notification, through every service to the view."""

import csv
import io
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
from journeys import Stack
from oracle import check_everything, come_to_rest, query

WITHIN_S = 120.0


def until(look: Callable[[], Any]) -> Any:
    end = time.monotonic() + WITHIN_S
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.1)  # of other processes: nothing to wait on but what they answer
    raise AssertionError("it did not come to hold")


@pytest.fixture
def couple(stack: Stack, tmp_path: Path) -> tuple[str, list[str]]:
    """A family of two in the register, whom the civil registry knows as active: its id, and their NIKs."""
    people = pl.read_parquet(stack.invent(60, tmp_path).civil_registry / "people.parquet")
    first, second = people.filter((pl.col("status") == "active") & (pl.col("birth_date") < pl.date(1995, 1, 1)))[
        :2
    ].to_dicts()
    family = {
        "village": "3318042007",
        "address": "Jalan Contoh",
        "members": [
            {"name": first["name"], "nik": first["nik"], "birth_date": str(first["birth_date"]), "sex": first["sex"],
             "relationship": "head"},
            {"name": second["name"], "nik": second["nik"], "birth_date": str(second["birth_date"]),
             "sex": second["sex"], "relationship": "other_family"},
        ],
    }  # fmt: skip
    with stack.http("village_operator", "3318042007") as http:
        answer = http.post(
            "/v1/commands",
            json={"command": "propose_household", "household": family},
            headers={"Idempotency-Key": first["nik"]},
        )
    assert answer.status_code == 200, answer.text
    come_to_rest(stack.platform)
    return str(answer.json()["household_id"]), [first["nik"], second["nik"]]


def events_of(stack: Stack, household_id: str) -> list[str]:
    rows = query(
        stack.platform,
        "household",
        "SELECT type FROM log_household_events_v1 WHERE key = %s ORDER BY version",
        household_id,
    )
    return [str(type_).split(".")[3] for (type_,) in rows]


def listed(stack: Stack, *niks: str) -> list[str]:
    """What a check of a list says of these people to the social office of their regency."""
    with stack.http() as http:
        http.headers["Padan-Purpose"] = "verification"
        sent = http.post("/v1/list-checks", files={"file": "\n".join(("NIK", *niks)).encode()})
        path = sent.headers["location"]
        until(lambda: http.get(path).json()["state"] == "done")
        rows = csv.DictReader(io.StringIO(http.get(f"{path}/rows.csv").content.decode("utf-8-sig")))
    return [row["HASIL_KODE"] for row in rows]


def test_a_death_by_feed_and_one_by_notification_end_a_family_and_are_taken_back(
    stack: Stack, couple: tuple[str, list[str]]
) -> None:
    household_id, (first, second) = couple
    registry = stack.platform.url("civil-registry")

    def happen(*events: dict[str, Any]) -> list[int]:
        answer = httpx.post(f"{registry}/simulator/feed", json={"events": events}, timeout=30, trust_env=False)
        answer.raise_for_status()
        return [entry["cursor"] for entry in answer.json()["entries"]]

    def household() -> dict[str, Any]:
        with stack.http() as http:
            return dict(http.get(f"/v1/households/{household_id}").json())

    def shown() -> list[str]:
        with stack.http("village_operator", "3318042007") as http:
            seen = http.get("/v1/relocations").json()["seen"]
        return [one["destination"]["regency"]["code"] for one in seen if one["household_id"] == household_id]

    # A move that nobody has asked for is shown to the village, and nothing else comes of it, until somebody asks.
    happen({"kind": "move", "nik": first, "on": "2026-01-05", "region": "3374011001", "address": "Jalan Baru"})
    until(lambda: shown() == ["3374"])
    assert household()["place"]["regency"]["code"] == "3318"
    for command in (
        {"command": "request_relocation", "household_id": household_id, "to": {"village": "3374011001"}},
        {"command": "cancel_relocation", "household_id": household_id},
    ):
        with stack.http("village_operator", "3318042007") as http:
            key = {"Idempotency-Key": f"{first}-{command['command']}"}
            answer = http.post("/v1/commands", json=command, headers=key)
        assert answer.status_code == 200, answer.text
        wanted = ["3374"] if command["command"] == "cancel_relocation" else []
        until(partial(lambda wanted: shown() == wanted, wanted))
    assert events_of(stack, household_id)[-3:] == ["relocation_seen", "relocation_requested", "relocation_cancelled"]

    happen({"kind": "death", "nik": first, "on": "2026-01-10"})
    until(lambda: [member["alive"] for member in household()["members"]] == [False, True])
    assert events_of(stack, household_id)[-3:] == ["member_died", "head_changed", "caretaker_changed"]

    (cursor,) = happen({"kind": "death", "nik": second, "on": "2026-01-11"})
    told = httpx.post(
        f"{registry}/simulator/notify",
        json={
            "url": stack.platform.url("gateway") + "/v1/crvs/registry/notify",
            "token": stack.token("civil_registry_officer", "3318"),
            "cursors": [cursor],
        },
        timeout=60,
        trust_env=False,
    ).json()
    assert told["status"] == 200, told
    assert '"ACK"' in told["body"]
    until(lambda: household()["state"] == "deactivated")
    come_to_rest(stack.platform)
    assert listed(stack, first, second) == ["recorded_dead", "recorded_dead"]

    happen({"kind": "death_reversed", "nik": second, "on": "2026-01-11"})
    until(lambda: household()["state"] == "proposed")
    come_to_rest(stack.platform)
    assert listed(stack, first, second) == ["deceased", "registered"]
    assert events_of(stack, household_id)[-4:] == ["member_died", "deactivated", "death_reversed", "reactivated"]
    check_everything(stack.platform)


@pytest.mark.parametrize("role", ["social_office", "village_operator", "administrator"])
def test_nobody_but_the_civil_registry_notifies(stack: Stack, role: str) -> None:
    with stack.http(role) as http:
        answer = http.post("/v1/crvs/registry/notify", json={"header": {}})
    assert (answer.status_code, answer.json()["code"]) == (403, "role_forbidden")


def test_a_notification_that_is_none_is_refused_in_words(stack: Stack) -> None:
    with stack.http("civil_registry_officer") as http:
        answer = http.post("/v1/crvs/registry/notify", json={"header": {}})
    assert (answer.status_code, answer.json()["code"]) == (422, "notification_malformed")
