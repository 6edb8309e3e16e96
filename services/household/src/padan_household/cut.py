"""GET /cut: one snapshot of the heads of household.events.v1, by which readers reckon how far they have come."""

import msgspec
from fastapi import APIRouter, Request, Response
from padan_events.envelope import rfc3339
from padan_events.topics import HOUSEHOLD_EVENTS
from padan_runtime import log
from padan_runtime.database import Database
from padan_runtime.http import json_response
from padan_runtime.service_tokens import ServiceVerifier


class Cut(msgspec.Struct, frozen=True):
    """`heads[shard]` is the last position of each of the 24 shards, `at` a time (RFC 3339, UTC) just before."""

    heads: list[int]
    at: str


def router(database: Database, verifier: ServiceVerifier) -> APIRouter:
    """The address of the cut."""
    routes = APIRouter()

    @routes.get("/cut")
    def cut(request: Request) -> Response:
        verifier.one_of(request, "eligibility", "gateway")
        with database.transaction() as connection:
            # The clock first: a later one would promise events that were committed after the snapshot.
            now = connection.execute("SELECT clock_timestamp()").fetchone()
            assert now is not None
            return json_response(Cut(log.heads(connection, HOUSEHOLD_EVENTS.name), rfc3339(now[0])))

    return routes
