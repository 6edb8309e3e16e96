"""explain_p95: a family's decisions with their explanations opened and its places, through the gateway."""

import time
from statistics import quantiles

import httpx
import psycopg
from padan_cli.platform import Platform
from padan_cli.tokens import issue

from bench.measure import Measure, say
from bench.streams import load

_FAMILIES = 1_000


def explain(platform: Platform) -> list[Measure]:
    """Milliseconds within which 95 of 100 answers come, one asked after the other, each of another family, with a
    purpose, so that explanations are opened and the reading is logged. The baseline is the same client asking the same
    process for nothing (`/livez`)."""
    load(platform)
    with psycopg.connect(platform.database_url("gateway", "padan")) as connection:
        rows = connection.execute(
            "SELECT household_id FROM household_view WHERE regency = '3318' ORDER BY household_id LIMIT %s", [_FAMILIES]
        ).fetchall()
    token = issue(platform.instance, role="social_office", region="3318", subject="bench")
    headers = {"Authorization": f"Bearer {token}", "Padan-Purpose": "verification"}
    with httpx.Client(base_url=platform.url("gateway"), headers=headers, timeout=30, trust_env=False) as http:
        bare = _p95_ms(http, ["/livez"] * len(rows))
        addresses = [f"/v1/households/{household_id}/eligibility" for (household_id,) in rows]
        explained = http.get(addresses[0]).json()["decisions"][0]["explanation"]
        if not explained:
            raise RuntimeError("the explanation is not opened")
        first = _p95_ms(http, addresses)
        again = _p95_ms(http, addresses)
    say(f"first {first:.1f} ms, again {again:.1f} ms")
    return [
        Measure("explain_p95", first, "ms", bare),
        Measure("explain_p95_again", again, "ms", bare),
    ]


def _p95_ms(http: httpx.Client, addresses: list[str]) -> float:
    taken = []
    for address in addresses:
        begun = time.perf_counter()
        http.get(address).raise_for_status()
        taken.append((time.perf_counter() - begun) * 1_000)
    return quantiles(taken, n=20)[-1]
