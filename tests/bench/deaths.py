"""deaths_feed: deaths that the civil registry tells by its feed, up to the committed events of their households."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import polars as pl
import psycopg
from padan_cli.demo.journey import travel
from padan_cli.ingest import Gateway
from padan_cli.platform import Platform
from padan_cli.tokens import issue
from padan_runtime.sealing import keyed_hash
from padan_simulators import pati

from bench.commands import make_known
from bench.measure import Measure, say

DEATHS = 2_000
_ON = "2026-01-10"
_AT_ONCE = 1_000
_LOOK_S = 0.01
_WITHIN_S = 300.0


def deaths_feed(platform: Platform) -> list[Measure]:
    """Deaths a second, from the first entry of the feed that is kept to the last event that is committed.

    Of as many people as the register holds; all of it stands in the feed before any of it is read, and the wait for
    the next look at the feed is not in it.
    """
    batch = pati.generate(DEATHS * 4 // 3 + 400, folder=platform.instance.folder / "data" / "deaths", seed=78)
    platform.up(progress=lambda name, state: say(f"{name}: {state}"))
    make_known(platform, batch)
    office = issue(platform.instance, role="social_office", region="3318", subject="bench")
    say("their families are registered ...")
    with Gateway(platform.url("gateway"), office) as gateway:
        travel(gateway, batch.registration)
    first, *niks = _held(platform, batch)[: DEATHS + 1]
    if len(niks) < DEATHS:
        raise RuntimeError(f"only {len(niks)} living people of the registry are in the register")
    url = f"{platform.url('civil-registry')}/simulator/feed"

    def happen(*dead: str) -> None:
        events = [{"kind": "death", "nik": nik, "on": _ON} for nik in dead]
        httpx.post(url, json={"events": events}, timeout=60, trust_env=False).raise_for_status()

    with (
        psycopg.connect(platform.database_url("registry_ingest", "padan"), autocommit=True) as ingest,
        psycopg.connect(platform.database_url("household", "padan"), autocommit=True) as household,
    ):

        def died() -> int:
            return int(
                _one(household, "SELECT count(*) FROM log_household_events_v1 WHERE type LIKE '%.member_died.%'")
            )

        before = died()
        happen(first)  # just behind a look at the feed there is time to fill it before the next
        _until(lambda: died() > before)
        for start in range(0, DEATHS, _AT_ONCE):
            happen(*niks[start : start + _AT_ONCE])
        _until(lambda: died() >= before + 1 + DEATHS)
        ended = time.time()
        begun = _one(
            ingest,
            "SELECT extract(epoch FROM min(received_at))::float8 FROM life_event "
            "WHERE number > (SELECT max(number) FROM life_event) - %s",
            DEATHS,
        )
    return [Measure("deaths_feed", DEATHS / (ended - begun), "/s")]


def _held(platform: Platform, batch: pati.PatiBatch) -> list[str]:
    """The living people of the registry whom the register holds."""
    people = pl.read_parquet(batch.civil_registry / "people.parquet").filter(pl.col("status") == "active")
    key = (platform.instance.secrets / "nik-hash.key").read_bytes()
    with psycopg.connect(platform.database_url("registry_ingest", "padan")) as connection:
        held = {bytes(nik_hash) for (nik_hash,) in connection.execute("SELECT nik_hash FROM person_index")}
    return [nik for nik in people["nik"] if keyed_hash(key, nik) in held]


def _one(connection: psycopg.Connection[Any], statement: str, *parameters: Any) -> Any:
    row = connection.execute(statement, parameters or None).fetchone()
    assert row is not None
    return row[0]


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + _WITHIN_S
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError("the deaths were not decided in time")
        time.sleep(_LOOK_S)  # of another process: nothing to wait on but its tables
