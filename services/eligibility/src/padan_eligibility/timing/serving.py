"""GET /recomputations, and pausing and resuming one, for the gateway alone."""

from typing import Any

import faust
from faust.web import View
from padan_runtime.database import Database
from padan_runtime.logs import logger
from padan_runtime.service_tokens import ServiceVerifier
from psycopg import Connection

from padan_eligibility.domain.drafts import Person, RefusedError, acts_for
from padan_eligibility.programmes.door import door
from padan_eligibility.programmes.policy_set import PolicySet
from padan_eligibility.timing import repository
from padan_eligibility.timing.repository import Recomputation


def serve_recomputations(app: faust.App, database: Database, policies: PolicySet, verifier: ServiceVerifier) -> None:
    """Add the addresses."""
    answer = door(verifier)

    def listed(_person: Person, _body: bytes) -> Any:
        with database.statement() as connection:
            return {"recomputations": [_told(one) for one in repository.listing(connection)]}

    def steered(person: Person, programme: str, version: str, *, pause: bool) -> Any:
        with database.transaction() as connection:
            _check(connection, policies, person, programme, version)
            steer = repository.pause if pause else repository.resume
            if not steer(connection, programme, version, person.actor):
                raise RefusedError("recomputation_not_running" if pause else "recomputation_not_paused")
        logger().info("recomputation", programme=programme, version=version, paused=pause, actor=person.actor)
        return listed(person, b"")

    class Listed(View):
        async def get(self, request: Any) -> Any:
            return await answer(self, request, listed)

    class Paused(View):
        async def post(self, request: Any, programme: str, version: str) -> Any:
            return await answer(self, request, lambda person, _body: steered(person, programme, version, pause=True))

    class Resumed(View):
        async def post(self, request: Any, programme: str, version: str) -> Any:
            return await answer(self, request, lambda person, _body: steered(person, programme, version, pause=False))

    one = "/recomputations/{programme}/{version}"
    for path, view in (("/recomputations", Listed), (f"{one}/pause", Paused), (f"{one}/resume", Resumed)):
        app.page(path)(view)


def _check(connection: Connection[Any], policies: PolicySet, person: Person, programme: str, version: str) -> None:
    """Whether a person may steer it: of the programme's owner. Raises `RefusedError`."""
    policy = policies.within(connection).version(programme, version)
    if policy is None:
        raise RefusedError("recomputation_unknown")
    if not acts_for(person, policy.owner):
        raise RefusedError("policy_not_yours")


def _told(one: Recomputation) -> dict[str, Any]:
    return {
        "programme": one.programme,
        "version": one.version,
        "zone": one.zone,
        "due_at": one.due_at,
        "state": one.state,
        "total": one.total,
        "looked_at": one.looked_at,
        "changed": one.changed,
        "started_at": one.started_at,
        "ended_at": one.ended_at,
        "asked_by": one.asked_by,
    }
