"""A policy that is published reaches families that nothing else happens to."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
from journeys import Stack
from kafka_peer import until
from padan_cli.recompute import recomputations
from typer.testing import CliRunner

VILLAGE = "3401012001"
REGENCY = VILLAGE[:4]
"""A regency of which no other test has families."""
ZONES = 3
TODAY = datetime.now(UTC).date().isoformat()
POLICY = """programme: aid_of_kulon_progo
version: "{version}"
effective_from: {day}
name: {{id: Bantuan Kulon Progo, en: Aid of Kulon Progo}}
owner: "3401"
source: invented for this test
place_needs: determined
criteria:
  - {{criterion: region_in, regions: ["3401"]}}
  - {{criterion: household_size_at_least, bound: 1}}
amount: {{reckoned: fixed, annual_idr: {amount}}}
"""


def publish(stack: Stack, version: str, day: str, amount: int) -> None:
    """Two people of the regency publish a version."""
    with stack.http("programme_owner", REGENCY, "sari") as sari, stack.http("programme_owner", REGENCY, "budi") as budi:
        document = POLICY.format(version=version, day=day, amount=amount)
        drafted = sari.post("/v1/policies", content=document.encode())
        assert drafted.status_code == 201, drafted.text
        at = f"/v1/policies/aid_of_kulon_progo/{version}"
        for step, body in (("review", {"digest": drafted.json()["digest"]}), ("publish", None)):
            answer = budi.post(f"{at}/{step}", json=body)
            assert answer.status_code == 200, answer.text


def steer(stack: Stack, what: str, version: str, region: str = REGENCY) -> httpx.Response:
    with stack.http("programme_owner", region, "budi") as http:
        return http.post(f"/v1/recomputations/aid_of_kulon_progo/{version}/{what}")


async def test_a_published_policy_reaches_a_family_that_nothing_else_happens_to(stack: Stack) -> None:
    proposal = {"command": "propose_household", "household": {"village": VILLAGE, "members": [{"name": "TANPA KARTU"}]}}
    with stack.http("village_operator", VILLAGE) as http:
        told = http.post("/v1/commands", json=proposal, headers={"Idempotency-Key": str(uuid4())}).json()
    household = told["household_id"]

    def decided() -> dict[str, Any]:
        with stack.http("social_office", REGENCY) as http:
            seen = http.get(f"/v1/households/{household}/eligibility", params={"min_position": told["min_position"]})
        return {one["programme"]: one for one in seen.raise_for_status().json()["decisions"]}

    async def has(version: str, amount: int) -> bool:
        one = decided().get("aid_of_kulon_progo", {})
        return (one.get("policy_version"), one.get("annual_idr")) == (version, amount)

    async def everything_else() -> bool:
        return "pkh" in decided()

    await until(everything_else)
    publish(stack, "2026.1", TODAY, 600_000)
    await until(lambda: has("2026.1", 600_000))
    publish(stack, "2026.2", TODAY, 700_000)
    await until(lambda: has("2026.2", 700_000))


def test_it_is_shown_paused_and_resumed_by_its_owner(stack: Stack) -> None:
    publish(stack, "2099.1", "2099-01-01", 800_000)

    def states() -> dict[int, str]:
        with stack.http("auditor", "ID") as http:
            found = http.get("/v1/recomputations").raise_for_status().json()["recomputations"]
        version = ("aid_of_kulon_progo", "2099.1")
        return {one["zone"]: one["state"] for one in found if (one["programme"], one["version"]) == version}

    def run(*arguments: str) -> str:
        return (
            CliRunner().invoke(recomputations, [*arguments, "--instance", stack.platform.instance.folder.name]).stdout
        )

    async def noted() -> bool:
        return len(states()) == ZONES

    asyncio.run(until(noted))
    assert set(states().values()) == {"waiting"}
    elsewhere = steer(stack, "pause", "2099.1", "3318")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (403, "policy_not_yours")
    assert steer(stack, "resume", "2099.1").json()["code"] == "recomputation_not_paused"
    assert steer(stack, "pause", "2099.1").status_code == 200
    assert set(states().values()) == {"paused"}
    assert "dijeda / paused" in run("list")
    assert steer(stack, "pause", "2099.1").json()["code"] == "recomputation_not_running"
    resumed = run("resume", "aid_of_kulon_progo", "2099.1", "--subject", "budi", "--region", REGENCY)
    assert "menunggu / waiting" in resumed
    assert steer(stack, "pause", "2098.1").json()["code"] == "recomputation_unknown"
    with stack.http("social_office", REGENCY) as http:
        assert http.post("/v1/recomputations/aid_of_kulon_progo/2099.1/pause").json()["code"] == "role_forbidden"
