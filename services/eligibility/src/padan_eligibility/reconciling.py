"""Reconciliation: the facts against household's store, and this service's own log for views to be held against."""

import asyncio
from typing import Any, Final

import faust
import msgspec
from faust.web import View
from padan_events.topics import ELIGIBILITY_EVENTS, HOUSEHOLD_EVENTS
from padan_runtime.database import Database
from padan_runtime.problems import Problem
from padan_runtime.reconciliation.asking import Asked, Part, Reconciliation
from padan_runtime.reconciliation.serving import Store
from padan_runtime.service_tokens import ServiceVerifier
from psycopg import sql

from padan_eligibility.facts.handler import READER

COVERS: Final = {
    # of each programme, the last decision
    "decisions": sql.SQL(
        "SELECT d.shard, d.key, string_agg(d.programme || '=' || d.event_id, ',' ORDER BY d.programme COLLATE \"C\") "
        "AS mark FROM (SELECT DISTINCT ON (e.shard, e.key, programme) e.shard, e.key, "
        "convert_from(e.value, 'UTF8')::json ->> 'programme' AS programme, e.event_id FROM {log} e "
        "WHERE e.type = 'id.padan.eligibility.decided.v1' ORDER BY e.shard, e.key, programme, e.pos DESC) d "
        "GROUP BY d.shard, d.key"
    ),
    # of each payment list, the last that was told of the household's line on it
    "payments": sql.SQL(
        "SELECT d.shard, d.key, string_agg(d.list_id || '=' || d.event_id, ',' ORDER BY d.list_id) AS mark FROM ("
        "SELECT DISTINCT ON (e.shard, e.key, list_id) e.shard, e.key, "
        "(convert_from(e.value, 'UTF8')::json ->> 'list_id')::uuid AS list_id, e.event_id FROM {log} e "
        "WHERE e.type LIKE 'id.padan.eligibility.disbursement%%' OR e.type LIKE 'id.padan.eligibility.recovery%%' "
        "ORDER BY e.shard, e.key, list_id, e.pos DESC) d GROUP BY d.shard, d.key"
    ),
}
_FACTS: Final = sql.SQL(
    "SELECT shard, household_id::text AS key, pos || ':' || coalesce(decile::text, '-') AS mark FROM household_fact"
)


def reconciliation(database: Database, household: Asked) -> Reconciliation:
    """Of the reader `eligibility.facts`."""
    return Reconciliation(READER, database, [Part(HOUSEHOLD_EVENTS.name, "facts", _FACTS, household)])


def serve_store(app: faust.App, database: Database, verifier: ServiceVerifier) -> None:
    """Add POST /reconciliation/eligibility.events.v1, for the gateway."""
    store = Store(database, ELIGIBILITY_EVENTS.name, COVERS)

    class Reconcile(View):
        async def post(self, request: Any) -> Any:
            try:
                verifier.one_of(request, "gateway")
                answer = await asyncio.to_thread(store.answer, await request.read())
            except Problem as problem:
                return self.web.bytes(
                    msgspec.json.encode(problem.document()),
                    content_type="application/problem+json",
                    status=problem.status,
                )
            return self.web.bytes(msgspec.json.encode(answer), content_type="application/json")

    app.page(f"/reconciliation/{ELIGIBILITY_EVENTS.name}")(Reconcile)
