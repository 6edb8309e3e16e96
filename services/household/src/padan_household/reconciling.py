"""POST /reconciliation/household.events.v1: what the store holds of each household, for views to be held against."""

from typing import Final, LiteralString

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from padan_events.effects import effective_types, village_types
from padan_events.topics import HOUSEHOLD_EVENTS
from padan_runtime.database import Database
from padan_runtime.http import json_response
from padan_runtime.reconciliation.serving import Store
from padan_runtime.service_tokens import ServiceVerifier
from psycopg import sql

_RANKED: Final[LiteralString] = "e.type = 'id.padan.household.welfare_ranked.v1'"
_DATA: Final[LiteralString] = "convert_from(e.value, 'UTF8')::json"
# Few households come of another one, and keep its decile; nothing else of a proposal is looked into.
_PARTED: Final[LiteralString] = (
    "e.type = 'id.padan.household.proposed.v1' AND position('\"split_from\"'::bytea IN e.value) > 0"
)
_DECILE: Final[LiteralString] = (
    "coalesce((array_agg(CASE WHEN " + _RANKED + " THEN " + _DATA + " ->> 'decile' "
    "WHEN " + _PARTED + " THEN " + _DATA + " -> 'split_from' ->> 'decile' END ORDER BY e.pos DESC) "
    "FILTER (WHERE " + _RANKED + " OR (" + _PARTED + ")))[1], '-')"
)

# Names of the contract's own types, so that nothing strange can stand among them.
_EFFECTIVE: Final = ", ".join(f"'{name}'" for name in sorted(effective_types()))
_OF_VILLAGES: Final = ", ".join(f"'{name}'" for name in sorted(village_types()))


def _marks(mark: str, where: str = "") -> sql.SQL:
    query = f"SELECT e.shard, e.key, {mark} AS mark FROM {{log}} e {where} GROUP BY e.shard, e.key"  # noqa: S608 - ours
    return sql.SQL(query)


COVERS: Final = {
    # the last event, how many there are, the decile
    "household": _marks(
        "max(e.pos) || ':' || count(*) || ':' || " + _DECILE, "WHERE e.type NOT IN (" + _OF_VILLAGES + ")"
    ),
    # the last event that changed a fact, the decile
    "facts": _marks("max(e.pos) || ':' || " + _DECILE, "WHERE e.type IN (" + _EFFECTIVE + ")"),
    # the last event that changed a fact
    "effective": _marks("max(e.pos)::text", "WHERE e.type IN (" + _EFFECTIVE + ")"),
}
"""Marks by name: by what a view may be compared. Nothing in them is personal."""


def router(database: Database, verifier: ServiceVerifier) -> APIRouter:
    """The address."""
    routes = APIRouter()
    store = Store(database, HOUSEHOLD_EVENTS.name, COVERS)

    @routes.post(f"/reconciliation/{HOUSEHOLD_EVENTS.name}")
    async def reconcile(request: Request) -> Response:
        verifier.one_of(request, "registry-ingest", "eligibility", "gateway")
        body = await request.body()
        return json_response(await run_in_threadpool(store.answer, body))

    return routes
