"""People of the simulated civil registry to whom things happen, and what registry-ingest makes of it."""

import json
from typing import Any
from uuid import UUID

import httpx
import msgspec
import polars as pl
from ingest_process import Ingest, wait_for
from padan_events import decode
from padan_events.intake import DeathReported
from padan_simulators.civil_registry.feed import FeedEntry
from padan_simulators.civil_registry.notifying import message
from padan_simulators.pati import PatiBatch

CARD = "3318010101200002"
ON = "2026-01-10"


class Registry:
    """The simulator, and living people of it whom no test has used yet. Its feed goes on from test to test."""

    def __init__(self, url: str, pati: PatiBatch) -> None:
        people = pl.read_parquet(pati.civil_registry / "people.parquet").filter(pl.col("status") == "active")
        self._http, self._people = httpx.Client(base_url=url, timeout=30), iter(people["nik"])

    def somebody(self) -> str:
        return str(next(self._people))

    def happen(self, *events: dict[str, Any]) -> list[FeedEntry]:
        answer = self._http.post("/simulator/feed", json={"events": events})
        answer.raise_for_status()
        return msgspec.convert(answer.json()["entries"], list[FeedEntry])

    def dies(self, nik: str, on: str = ON) -> FeedEntry:
        return self.happen({"kind": "death", "nik": nik, "on": on})[0]

    def head(self) -> int:
        return int(self._http.get("/feed", params={"limit": 1}).json()["head"])

    def faults(self, **faults: Any) -> None:
        self._http.post("/simulator/faults", json=faults).raise_for_status()


def known(ingest: Ingest, *niks: str) -> list[UUID]:
    """Households of these people, once the person index has them."""
    before = ingest.count("person_index")
    households = [ingest.register(nik, CARD) for nik in niks]
    wait_for(lambda: ingest.count("person_index") == before + len(niks))
    return households


def deaths(ingest: Ingest) -> list[DeathReported]:
    data = [decode(event.type, event.value) for event in ingest.intake()]
    return [one for one in data if isinstance(one, DeathReported)]


def reported(ingest: Ingest, count: int) -> list[DeathReported]:
    return list(wait_for(lambda: len(found := deaths(ingest)) >= count and found))


def told(ingest: Ingest) -> list[dict[str, Any]]:
    """What is kept of what was told, in order."""
    with ingest.database.transaction() as connection:
        rows = connection.execute("SELECT to_jsonb(e) FROM life_event e ORDER BY number").fetchall()
    return [row for (row,) in rows]


def states(ingest: Ingest) -> list[tuple[str, str]]:
    return [(row["kind"], row["state"]) for row in told(ingest)]


def read_to(ingest: Ingest, entry: FeedEntry) -> None:
    """Wait until the feed was read as far as this entry."""

    def cursor() -> int:
        with ingest.database.transaction() as connection:
            row = connection.execute("SELECT cursor FROM feed_cursor").fetchone()
        return 0 if row is None else int(row[0])

    wait_for(lambda: cursor() >= entry.cursor)


def metric(ingest: Ingest, line: str) -> float:
    text = ingest.http.get("/metrics").text
    return sum(float(found.rpartition(" ")[2]) for found in text.splitlines() if found.startswith(line))


def notify(ingest: Ingest, *entries: FeedEntry, region: str = "ID", **changed: Any) -> httpx.Response:
    headers = ingest.headers(region) | {"Content-Type": "application/json"}
    return ingest.http.post("/crvs/notify", content=json.dumps(message(entries) | changed), headers=headers)
