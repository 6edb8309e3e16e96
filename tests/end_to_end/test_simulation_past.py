"""A candidate held against the families as they were at the cut of a closed period: whatever came later is not seen."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import polars as pl
import pytest
from journeys import Stack
from oracle import come_to_rest, wait_until
from padan_cli.simulate import simulate
from padan_gateway.regions import villages_of
from typer import Typer
from typer.testing import CliRunner
from village_given import Village, a_recipient

REGENCY = "3471"
"""A regency of which no other test has families."""
POLICY = """programme: aid_of_yogyakarta
version: "{version}"
effective_from: {day}
name: {{id: Bantuan Yogyakarta, en: Aid of Yogyakarta}}
owner: "3471"
source: invented for this test
place_needs: determined
criteria:
  - {{criterion: region_in, regions: ["3471"]}}
  - {{criterion: household_size_at_least, bound: {bound}}}
  - {{criterion: none_of, criteria: [{{criterion: poverty_2022, code: no_shelter}}]}}
amount: {{reckoned: fixed, annual_idr: 600000}}
"""
Told = dict[str, Any]
_OF_THE_ASKING = {"facts_at", "period_id", "as_of"}


def document(version: str, bound: int) -> str:
    return POLICY.format(version=version, bound=bound, day=datetime.now(UTC).date())


class Owner:
    """Who owns the programme, and simulates it."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def post(self, path: str, body: Any, subject: str = "sari") -> httpx.Response:
        with self._stack.http("programme_owner", REGENCY, subject) as http:
            text = {"content": body.encode()} if isinstance(body, str) else {"json": body}
            return http.post(path, **text, headers={"Idempotency-Key": str(uuid4())}, timeout=120)

    def done(self, path: str, body: Any, subject: str = "sari") -> Told:
        answer = self.post(path, body, subject)
        assert answer.is_success, answer.text
        told: Told = answer.json()
        return told

    def offers(self) -> None:
        digest = self.done("/v1/policies", document("2026.1", 1))["digest"]
        self.done("/v1/policies/aid_of_yogyakarta/2026.1/review", {"digest": digest}, "budi")
        self.done("/v1/policies/aid_of_yogyakarta/2026.1/publish", None, "budi")
        self.places(2)

    def places(self, number: int) -> None:
        self.done("/v1/quotas", {"programme": "aid_of_yogyakarta", "regency": REGENCY, "places": number})

    def simulates(self, **asked: Any) -> Told:
        return self.done("/v1/simulations", {"policy": document("2027.1", 2), "quotas": {REGENCY: 3}, **asked})

    def ledger(self) -> Told:
        (found,) = self.simulates()["ledgers"]
        return {name: found[name] for name in ("quota_before", "places_before", "waiting_before")}


def people(stack: Stack, folder: Path) -> list[Told]:
    """Whom the civil registry knows and no register bars."""
    batch = stack.invent(60, folder)
    barred = pl.read_parquet(batch.barred_register / "people.parquet")["nik"].to_list()
    known = pl.read_parquet(batch.civil_registry / "people.parquet").filter(
        (pl.col("status") == "active") & ~pl.col("nik").is_in(barred)
    )
    return [
        {"name": one["name"], "nik": one["nik"], "birth_date": str(one["birth_date"]), "sex": one["sex"]}
        for one in known[:12].to_dicts()
    ]


def said(found: Told) -> Told:
    return {name: one for name, one in found.items() if name not in _OF_THE_ASKING}


@pytest.fixture(scope="module")
def then(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Told]:
    """A closed period, and what a simulation said when it was closed; since then nearly everything has changed."""
    owner, village = Owner(stack), Village(stack, villages_of(REGENCY)[0])
    members = people(stack, tmp_path_factory.mktemp("people"))
    families = [a_recipient(village, *members[2 * n : 2 * n + 1 + n % 2])[0] for n in range(4)]
    come_to_rest(stack.platform)
    owner.offers()
    held = {"quota_before": 2, "places_before": 2, "waiting_before": 2}
    wait_until(lambda: owner.ledger() == held, "everybody is on the list")
    come_to_rest(stack.platform)
    now = owner.simulates()
    month = datetime.now(UTC).date().replace(day=1) - timedelta(days=1)
    with stack.http("social_office", REGENCY) as office:
        period = office.post("/v1/periods", json={"kind": "update_month", "name": f"{month:%Y-%m}"}).json()["period_id"]
        closed = office.post(f"/v1/periods/{period}/close", headers={"Idempotency-Key": "gk"}, timeout=120)
        assert closed.status_code == 200, closed.text

    owner.places(3)
    a_recipient(village, *members[10:12])
    of = {"household_id": families[1], "reason": "omitted", "member": {"name": "BELUM PUNYA NIK"}}
    village.accepted("village_operator", {"command": "add_member", **of})
    with stack.http("social_office", REGENCY) as office:
        (who,) = office.get(f"/v1/households/{families[0]}").json()["members"]
    dead = {"household_id": families[0], "person_id": who["person_id"]}
    report = {"command": "report_death", **dead, "occurred_on": "2026-01-05", "note": "akta kematian"}
    village.accepted("village_operator", report)
    village.accepted("social_office", {"command": "confirm_death", **dead})
    changed = {"quota_before": 3, "places_before": 3, "waiting_before": 1}
    wait_until(lambda: owner.ledger() == changed, "the places follow")
    come_to_rest(stack.platform)
    return period, now


def test_it_says_of_a_past_cut_what_it_said_then(stack: Stack, then: tuple[str, Told]) -> None:
    period, now = then
    owner = Owner(stack)
    past = owner.simulates(period_id=period)
    assert said(past) == said(now)
    assert (past["period_id"], past["left_out"], past["total"]["families"]) == (period, 0, 4)
    assert past["facts_at"] > now["facts_at"], "the cut was taken a moment later"
    today = owner.simulates()
    assert said(today) != said(now)
    assert (today["period_id"], today["total"]["families"]) == (None, 5)


def test_nobody_learns_of_a_period_that_is_not_theirs_or_not_closed(stack: Stack, then: tuple[str, Told]) -> None:
    period, _ = then
    owner = Owner(stack)
    asked = {"policy": document("2027.1", 2), "as_of": "2026-01-01", "period_id": period}
    assert owner.post("/v1/simulations", asked).json()["code"] == "simulation_backdated"
    assert owner.post("/v1/simulations", {**asked, "period_id": str(uuid4())}).json()["code"] == "period_unknown"
    with stack.http("ministry", "ID") as http:
        of_the_nation = http.post("/v1/periods", json={"kind": "half_year_set", "name": "2026-H1"}).json()["period_id"]
    open_still = owner.post("/v1/simulations", {**asked, "period_id": of_the_nation})
    assert (open_still.status_code, open_still.json()["code"]) == (409, "period_not_closed")
    with stack.http("programme_owner", "3318") as http:
        candidate = document("2027.1", 2).replace("3471", "3318").replace("yogyakarta", "elsewhere")
        other = http.post("/v1/simulations", json={"policy": candidate, "period_id": period})
    assert (other.status_code, other.json()["code"]) == (404, "period_unknown")


def test_the_command_takes_a_period(stack: Stack, then: tuple[str, Told], tmp_path: Path) -> None:
    period, now = then
    file = tmp_path / "candidate.yaml"
    file.write_text(document("2027.1", 2))
    app = Typer()
    app.command()(simulate)
    asked = ["--policy", str(file), "--quota", f"{REGENCY}=3", "--period", period, "--role", "programme_owner"]
    told = CliRunner().invoke(app, [*asked, "--instance", stack.platform.instance.folder.name])
    assert told.exit_code == 0, told.output
    assert f"{now['total']['families']} keluarga / families" in told.output
    assert "families as of" in told.output
