"""command_p99, command_rate: one person's command from HTTP to the committed answer, 16 at once; approve_10k: ten
thousand cases in one call, up to the last view."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from statistics import quantiles
from typing import Any
from uuid import uuid4

import httpx
from padan_cli.demo.journey import travel
from padan_cli.ingest import Gateway
from padan_cli.platform import Platform
from padan_cli.tokens import issue
from padan_simulators import pati

from bench.measure import Measure, say

AT_ONCE, COMMANDS, WARM = 16, 4_000, 400
CASES = 10_000
_REGENCY, _VILLAGE = "3318", "3318042007"


def commands(platform: Platform) -> list[Measure]:
    """p99 in milliseconds and commands a second; the baseline is what the same 16 get of an address that does nothing.

    The families have no card, so that no register outside is asked: what it takes to answer is its own affair.
    """
    platform.up(progress=lambda name, state: say(f"{name}: {state}"))
    token = issue(platform.instance, role="village_operator", region=_VILLAGE, subject="bench")
    return asyncio.run(_commands(platform.url("gateway"), token))


async def _commands(url: str, token: str) -> list[Measure]:
    headers = {"Authorization": f"Bearer {token}"}
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60, trust_env=False, limits=limits) as http:

        async def propose() -> None:
            family = {"village": _VILLAGE, "members": [{"name": "TANPA KARTU"}, {"name": "ANAK CONTOH"}]}
            answer = await http.post(
                "/v1/commands",
                json={"command": "propose_household", "household": family},
                headers={"Idempotency-Key": str(uuid4())},
            )
            answer.raise_for_status()

        async def nothing() -> None:
            (await http.get("/livez")).raise_for_status()

        await _timed(propose, WARM)
        bare, bare_s = await _timed(nothing, COMMANDS)
        taken, seconds = await _timed(propose, COMMANDS)
    return [
        Measure("command_p99", _p99(taken), "ms", _p99(bare)),
        Measure("command_rate", COMMANDS / seconds, "/s", COMMANDS / bare_s),
    ]


async def _timed(work: Callable[[], Awaitable[None]], times: int) -> tuple[list[float], float]:
    """How long each took in milliseconds, and all of them in seconds."""
    taken: list[float] = []
    left = iter(range(times))

    async def one_after_the_other() -> None:
        for _ in left:
            begun = time.perf_counter()
            await work()
            taken.append(1000 * (time.perf_counter() - begun))

    begun = time.perf_counter()
    await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
    return taken, time.perf_counter() - begun


def _p99(taken: list[float]) -> float:
    return quantiles(taken, n=100)[98]


def approve_10k(platform: Platform) -> list[Measure]:
    """Seconds until 10,000 cases that one call brings a tier on (the village's deliberation) stand so in the view, and
    until the call is answered; the baseline is what their proposal by a file took to the same view."""
    batch = pati.generate(CASES * 4 // 3 + 400, folder=platform.instance.folder / "data" / "approve", seed=77)
    platform.up(progress=lambda name, state: say(f"{name}: {state}"))
    make_known(platform, batch)
    office = issue(platform.instance, role="social_office", region=_REGENCY, subject="bench")
    say(f"proposing {CASES} families ...")
    with Gateway(platform.url("gateway"), office) as gateway:
        proposed = travel(gateway, batch.registration).seconds
    head = issue(platform.instance, role="village_head", region=_REGENCY, subject="bench-head")
    with httpx.Client(base_url=platform.url("gateway"), timeout=120, trust_env=False) as http:
        http.headers["Authorization"] = f"Bearer {head}"
        cases = [{"household_id": one} for one in _proposed(http)]
        begun = time.perf_counter()
        answer = http.post(
            "/v1/commands",
            json={"command": "deliberate", "cases": cases, "held_on": "2026-01-05", "minutes_number": "1/BA/2026"},
            headers={"Idempotency-Key": str(uuid4())},
        )
        answer.raise_for_status()
        answered = time.perf_counter() - begun
        told: dict[str, Any] = answer.json()
        if told["accepted"] != CASES:
            raise RuntimeError(f"{told['accepted']} of {CASES} accepted: a wrong result has no time")
        while (seen := http.get("/v1/queues", params={"min_position": told["min_position"]})).status_code == 503:
            pass
        seen.raise_for_status()
        seconds = time.perf_counter() - begun
    return [
        Measure("approve_10k", seconds, "s", proposed),
        Measure("approve_10k_answered", answered, "s"),
    ]


def make_known(platform: Platform, batch: pati.PatiBatch) -> None:
    """Let the registers outside know the people of a batch."""
    for register, people in (("civil-registry", batch.civil_registry), ("barred-register", batch.barred_register)):
        body = (people / "people.parquet").read_bytes()
        url = f"{platform.url(register)}/simulator/people"
        httpx.post(url, content=body, timeout=60, trust_env=False).raise_for_status()


def _proposed(http: httpx.Client) -> list[str]:
    found: list[str] = []
    params: dict[str, Any] = {"state": "proposed", "limit": 500}
    while len(found) < CASES:
        page = http.get("/v1/households", params=params).raise_for_status().json()
        found += [one["household_id"] for one in page["households"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    if len(found) < CASES:
        raise RuntimeError(f"only {len(found)} families stand as proposed")
    return found[:CASES]
