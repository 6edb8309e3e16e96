"""simulate_past: a quota held against the families as they were at a past cut, history folded anew for it."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
from padan_cli.platform import Platform
from padan_cli.tokens import issue
from padan_events.topics import HOUSEHOLD_EVENTS

from bench.measure import Measure, say
from bench.streams import load

_ASKED = {"programme": "pkh", "quotas": {"3318": 10_000}}


def simulate_past(platform: Platform) -> list[Measure]:
    """Events of household that are folded a second, the simulation at their end included; the baseline is the same
    simulation of today's families, which folds nothing, in the same unit."""
    load(platform)
    month = datetime.now(UTC).date().replace(day=1) - timedelta(days=1)
    token = issue(platform.instance, role="ministry", region="ID", subject="bench")
    with httpx.Client(
        base_url=platform.url("gateway"),
        headers={"Authorization": f"Bearer {token}"},
        timeout=httpx.Timeout(900),
        trust_env=False,
    ) as http:
        opened = http.post("/v1/periods", json={"kind": "update_month", "name": f"{month:%Y-%m}"})
        period = opened.raise_for_status().json()["period_id"]
        http.post(f"/v1/periods/{period}/close", headers={"Idempotency-Key": "bench"}).raise_for_status()
        today, now = _simulated(http, _ASKED)
        past, then = _simulated(http, {**_ASKED, "period_id": period})
    if then != now:
        raise RuntimeError("nothing has changed since the cut, and yet something else was found")
    with psycopg.connect(platform.database_url("household", "padan")) as connection:
        row = connection.execute("SELECT sum(pos) FROM log_head WHERE topic = %s", [HOUSEHOLD_EVENTS.name]).fetchone()
    events = int(row[0]) if row else 0
    say(f"{events} events: {past:.1f} s, of today's families {today:.1f} s")
    return [Measure("simulate_past", events / past, "events/s", events / today)]


def _simulated(http: httpx.Client, asked: Mapping[str, object]) -> tuple[float, object]:
    begun = time.perf_counter()
    found = http.post("/v1/simulations", json=asked).raise_for_status().json()
    return time.perf_counter() - begun, (found["total"], found["ledgers"])
