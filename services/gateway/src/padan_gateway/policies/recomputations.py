"""GET /v1/recomputations, and pausing and resuming one. Eligibility does the work; this is the door to it."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Response
from padan_runtime.http import json_response
from pydantic import BaseModel
from pydantic import Field as Described

from padan_gateway import problems
from padan_gateway.batches.passthrough import on_behalf_of
from padan_gateway.domain.access import Action
from padan_gateway.parts import Parts
from padan_gateway.policies.endpoints import PROGRAMME, VERSION
from padan_gateway.signin.tokens import Caller

_CODES = "recomputation_unknown, recomputation_not_running, recomputation_not_paused, policy_not_yours"


class RecomputationPart(BaseModel):
    """Deciding everybody of a time zone anew, since a version of a policy was published."""

    programme: str = Described(examples=["pkh"])
    version: str = Described(examples=["2026.1"])
    zone: Literal[7, 8, 9] = Described(description="Hours ahead of UTC: 7 WIB, 8 WITA, 9 WIT.")
    due_at: datetime = Described(description="When the date from which the version holds begins there.")
    state: Literal["waiting", "running", "paused", "done", "superseded"] = Described(
        description="Superseded: a later version held already, and has a recomputation of its own."
    )
    total: int = Described(description="Households of the zone when it began; 0 before.")
    looked_at: int = Described(description="Of these, how many were decided so far.")
    changed: int = Described(description="How many decisions came out otherwise, or for other reasons.")
    started_at: datetime | None
    ended_at: datetime | None
    asked_by: str | None = Described(description="Who paused or resumed it last.")


class RecomputationsAnswer(BaseModel):
    """All of them, the latest first."""

    recomputations: list[RecomputationPart]


def router(parts: Parts) -> APIRouter:
    """The endpoints of this slice."""
    routes = APIRouter(tags=["policies"])
    reads = Depends(parts.door.for_(Action.READ_POLICIES))
    publishes = Depends(parts.door.for_(Action.PUBLISH_POLICY))
    answers: dict[int | str, dict[str, Any]] = {
        **problems.responses(*problems.SIGNED_IN, lambda: problems.service_unavailable("eligibility")),
        **problems.passed_through(_CODES),
    }

    async def asked(method: str, path: str, caller: Caller) -> Response:
        return json_response(await parts.eligibility.document(method, path, on_behalf_of(caller), timeout_s=30))

    @routes.get(
        "/v1/recomputations",
        summary="How far each published policy has reached the households",
        response_model=RecomputationsAnswer,
        responses=answers,
    )
    async def listed(caller: Annotated[Caller, reads]) -> Response:
        return await asked("GET", "/recomputations", caller)

    @routes.post(
        "/v1/recomputations/{programme}/{version}/pause",
        summary="Pause deciding anew by a policy of your own programme",
        response_model=RecomputationsAnswer,
        responses=answers,
    )
    async def pause(programme: PROGRAMME, version: VERSION, caller: Annotated[Caller, publishes]) -> Response:
        return await asked("POST", f"/recomputations/{programme}/{version}/pause", caller)

    @routes.post(
        "/v1/recomputations/{programme}/{version}/resume",
        summary="Go on where it was paused",
        response_model=RecomputationsAnswer,
        responses=answers,
    )
    async def resume(programme: PROGRAMME, version: VERSION, caller: Annotated[Caller, publishes]) -> Response:
        return await asked("POST", f"/recomputations/{programme}/{version}/resume", caller)

    return routes
