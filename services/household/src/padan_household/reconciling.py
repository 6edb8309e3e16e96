"""POST /reconciliation/household.events.v1: what the store holds of each household, for views to be held against."""

from typing import Final, LiteralString

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from padan_events.topics import HOUSEHOLD_EVENTS
from padan_runtime.database import Database
from padan_runtime.http import json_response
from padan_runtime.reconciliation.serving import Store
from padan_runtime.service_tokens import ServiceVerifier
from psycopg import sql

_PROPOSED: Final[LiteralString] = "e.type = 'id.padan.household.proposed.v1'"
_RANKED: Final[LiteralString] = "e.type = 'id.padan.household.welfare_ranked.v1'"
_DATA: Final[LiteralString] = "convert_from(e.value, 'UTF8')::json"
_MEMBERS: Final[LiteralString] = (
    "coalesce(max(CASE WHEN " + _PROPOSED + " THEN json_array_length(" + _DATA + " -> 'members') END), 0)"
)
_DECILE: Final[LiteralString] = (
    "coalesce((array_agg(CASE WHEN " + _RANKED + " THEN " + _DATA + " ->> 'decile' END ORDER BY e.pos DESC) "
    "FILTER (WHERE " + _RANKED + "))[1], '-')"
)

COVERS: Final = {
    # the last event, the members proposed, the decile
    "household": sql.SQL(
        "SELECT e.shard, e.key, max(e.pos) || ':' || " + _MEMBERS + " || ':' || " + _DECILE + " AS mark "
        "FROM {log} e GROUP BY e.shard, e.key"
    ),
    # the last event that changed what policies ask for, the decile
    "facts": sql.SQL(
        "SELECT e.shard, e.key, max(e.pos) || ':' || " + _DECILE + " AS mark "
        "FROM {log} e WHERE " + _PROPOSED + " OR " + _RANKED + " GROUP BY e.shard, e.key"
    ),
    # the event by which the household came in
    "proposed": sql.SQL(
        "SELECT e.shard, e.key, max(e.pos)::text AS mark FROM {log} e "
        "WHERE e.type = 'id.padan.household.proposed.v1' GROUP BY e.shard, e.key"
    ),
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
