"""Periods through the one door: closed while a batch arrives and its closer is killed, sealed once, and compared."""

import csv
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from journeys import Stack
from oracle import come_to_rest, on_kafka, query, wait_until
from padan_cli.periods import periods
from padan_eligibility.domain.sealing import Line
from padan_events import decode
from padan_events.effects import HouseholdFact
from padan_events.periods import PeriodClosed
from padan_events.states import CLOSED
from padan_events.topics import HOUSEHOLD_EVENTS, PROGRAMME_EVENTS
from padan_gateway.regions import villages_of
from typer import Typer
from typer.testing import CliRunner, Result

WITHIN_S = 120.0


def months_ago(count: int) -> str:
    """An update month that is over everywhere."""
    day = datetime.now(UTC).date().replace(day=1)
    for _ in range(count):
        day = (day - timedelta(days=1)).replace(day=1)
    return f"{day:%Y-%m}"


def opened(http: httpx.Client, **asked: Any) -> dict[str, Any]:
    answer = http.post("/v1/periods", json=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def closes(http: httpx.Client, period_id: str, key: str) -> httpx.Response:
    return http.post(f"/v1/periods/{period_id}/close", headers={"Idempotency-Key": key}, timeout=WITHIN_S)


def families(http: httpx.Client, period_id: str, **headers: str) -> list[dict[str, Any]]:
    """The whole list, page by page."""
    found: list[dict[str, Any]] = []
    cursor: str | None = "00000000-0000-0000-0000-000000000000"
    while cursor is not None:
        address = f"/v1/periods/{period_id}/list?limit=50&cursor={cursor}"
        page = http.get(address, headers=headers).json()
        found += page["families"]
        cursor = page["next_cursor"]
    return found


def register_at(stack: Stack, cut: list[int]) -> Mapping[str, tuple[str, str, int | None]]:
    """Whom the register held at a cut, by nothing but its events on Kafka."""
    found: dict[str, tuple[str, str, int | None]] = {}
    for event in sorted(on_kafka(stack.platform, HOUSEHOLD_EVENTS.name), key=lambda one: one.position):
        data = decode(event.type, event.value)
        if event.pos > cut[event.shard] or not isinstance(data, HouseholdFact):
            continue
        effects = data.effects()
        _, state, decile = found.get(event.key, ("", "", None))
        state = state if effects.state is None else effects.state.value
        found[event.key] = (data.regency, state, effects.decile or decile)
    return {key: one for key, one in found.items() if one[1] not in {state.value for state in CLOSED}}


@pytest.fixture(scope="module")
def two_months(
    stack: Stack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Two months of the nation: the first closed while a batch arrives and eligibility is killed over it."""
    folder = tmp_path_factory.mktemp("people")
    batch = stack.invent(300, folder)
    with stack.http("ministry", "ID") as http, stack.gateway() as gateway:
        first = opened(http, kind="update_month", name=months_ago(2))
        upload = gateway.upload(batch.registration)
        url = stack.platform.database_url("eligibility", "padan")
        answers: list[httpx.Response] = []
        with psycopg.connect(url) as held:
            # The list cannot be written: the closer waits there until it is killed.
            held.execute("LOCK TABLE period_list IN SHARE MODE")
            closer = threading.Thread(target=lambda: answers.append(closes(http, first["period_id"], "first")))
            closer.start()
            waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%INTO period_list%'"
            wait_until(lambda: bool(query(stack.platform, "eligibility", waits)), "the closer to write its list")
            stack.platform.kill("eligibility")
            closer.join()
        assert answers[0].status_code == 503
        stack.platform.wait_ready("eligibility")
        (open_still,) = [one for one in listed(http) if one["period_id"] == first["period_id"]]
        assert open_still["closed"] is None
        closed = closes(http, first["period_id"], "first")
        assert closed.status_code == 200, closed.text
        assert list(gateway.follow(upload))[-1]["state"] == "done"
        assert stack.load(batch.ranking)["state"] == "done"
        come_to_rest(stack.platform)
        second = opened(http, kind="update_month", name=months_ago(1))
        later = closes(http, second["period_id"], "second")
        assert later.status_code == 200, later.text
        come_to_rest(stack.platform)
        yield closed.json(), later.json()


def listed(http: httpx.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = http.get("/v1/periods").json()["periods"]
    return found


def test_the_list_is_the_register_at_its_cut_and_its_digest_is_on_kafka(
    stack: Stack, two_months: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    with stack.http("auditor", "ID") as http:
        for period in two_months:
            found = families(http, period["period_id"])
            held = {one["household_id"]: (one["regency"], one["state"], one["decile"]) for one in found}
            assert held == register_at(stack, period["closed"]["cut"])
            lines = [
                Line(
                    household_id=one["household_id"], regency=one["regency"], state=one["state"], decile=one["decile"],
                    programmes=one["programmes"],
                )
                for one in found
            ]  # fmt: skip
            digest = sha256(b"".join(one.canonical() for one in lines)).hexdigest()
            told = [decode(event.type, event.value) for event in on_kafka(stack.platform, PROGRAMME_EVENTS.name)]
            (event,) = [
                one for one in told if isinstance(one, PeriodClosed) and str(one.period_id) == period["period_id"]
            ]
            assert digest == period["closed"]["digest"] == event.digest
            assert event.families == len(found)
    assert two_months[1]["closed"]["previous"] == two_months[0]["period_id"]


def test_the_same_request_again_is_answered_the_same_and_another_is_refused(
    stack: Stack, two_months: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    first, _ = two_months
    with stack.http("ministry", "ID") as http:
        assert closes(http, first["period_id"], "first").json() == first
        other = closes(http, first["period_id"], "another")
        assert (other.status_code, other.json()["code"]) == (409, "period_closed")
        this_month = opened(http, kind="update_month", name=months_ago(0))
        early = closes(http, this_month["period_id"], "early")
        assert (early.status_code, early.json()["code"]) == (409, "period_not_over")


def test_names_take_a_purpose_and_are_logged_and_nobody_sees_another_region(
    stack: Stack, two_months: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    _, second = two_months
    period = second["period_id"]
    read = "SELECT count(*) FROM access_log WHERE action = 'read_periods'"
    before = query(stack.platform, "gateway", read)[0][0]
    with stack.http("social_office", "3318") as http:
        masked = http.get(f"/v1/periods/{period}/list?limit=5").json()
        assert "name" in masked["masked"]
        assert query(stack.platform, "gateway", read)[0][0] == before
        named = http.get(f"/v1/periods/{period}/list?limit=5", headers={"Padan-Purpose": "verification"}).json()
        assert all(one["name"] for one in named["families"])
        assert query(stack.platform, "gateway", read)[0][0] == before + 1
        own = families(http, period)
        assert {one["regency"] for one in own} == {"3318"}
        (part,) = next(one for one in listed(http) if one["period_id"] == period)["closed"]["regencies"]
        assert (part["regency"]["code"], part["families"]) == ("3318", len(own))
    with stack.http("social_office", "3374") as http:
        assert all(one["regency"] == "3374" for one in families(http, period))
    with stack.http("village_operator", villages_of("3318")[0]) as http:
        assert http.get(f"/v1/periods/{period}/list").json()["code"] == "role_forbidden"
    with stack.http("social_office", "331801") as http:
        assert http.get("/v1/periods").json()["code"] == "region_forbidden"


def test_the_command_line_says_and_writes_what_differs(
    stack: Stack, two_months: tuple[dict[str, Any], dict[str, Any]], tmp_path: Path
) -> None:
    first, second = two_months
    app, file = Typer(), tmp_path / "difference.csv"
    app.add_typer(periods, name="periods")
    instance = stack.platform.instance.folder.name
    asked = ["periods", "difference", second["period_id"], "--from", first["period_id"], "--csv", str(file)]
    result: Result = CliRunner().invoke(app, [*asked, "--instance", instance])
    assert result.exit_code == 0, result.output
    assert "3318 Kabupaten Pati" in result.stdout
    with file.open(encoding="utf-8-sig", newline="") as opened_file:
        rows = list(csv.DictReader(opened_file))
    before, after = (register_at(stack, one["closed"]["cut"]) for one in two_months)
    came = {row["household_id"]: row for row in rows if row["change"] == "in"}
    assert came.keys() == after.keys() - before.keys()
    assert {row["why"] for row in came.values()} <= {"proposed"}
    assert all(row["event_id"] for row in came.values())
    changed = {row["household_id"] for row in rows if "decile" in row["fields"].split()}
    assert changed == {one for one in after.keys() & before.keys() if after[one][2] != before[one][2]}
    result = CliRunner().invoke(app, ["periods", "list", "--instance", instance])
    assert second["closed"]["digest"] in result.stdout
    list_file = tmp_path / "list.csv"
    result = CliRunner().invoke(
        app, ["periods", "families", second["period_id"], "--csv", str(list_file), "--instance", instance]
    )
    assert result.exit_code == 0, result.output
    assert len(list_file.read_text(encoding="utf-8-sig").splitlines()) == second["closed"]["families"] + 1


@pytest.mark.usefixtures("two_months")
def test_a_stage_is_closed_by_its_programme_s_owner(stack: Stack) -> None:
    with stack.http("ministry", "ID") as http:
        stage = opened(http, kind="disbursement_stage", name="2026-T1", programme="pkh")
        assert (stage["region"], stage["closed"]) == ("ID", None)
    with stack.http("social_office", "3318") as http:
        refused = closes(http, stage["period_id"], "x")
        assert (refused.status_code, refused.json()["code"]) == (403, "period_not_yours")
    with stack.http("ministry", "ID") as http:
        closed = closes(http, stage["period_id"], "x").json()
    held = query(stack.platform, "eligibility", "SELECT count(*) FROM place WHERE programme = 'pkh' AND held")
    assert closed["closed"]["families"] == held[0][0]
    assert closed["closed"]["amount_idr"] is not None
