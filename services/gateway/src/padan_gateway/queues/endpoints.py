"""GET /v1/queues: what waits at which tier of a region, and since when."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from padan_events.states import TURN, State
from pydantic import Field

from padan_gateway import problems, regions
from padan_gateway.answers import Model, WatermarkPart, answer
from padan_gateway.domain.access import Action
from padan_gateway.parts import Parts
from padan_gateway.queues import repository
from padan_gateway.signin.context import seen_by
from padan_gateway.signin.tokens import Caller


class QueuePart(Model):
    """What waits for one tier: cases that stand in `state`, or were returned to it."""

    state: State
    next_state: State = Field(description="What it comes to next.")
    roles: list[str] = Field(description="Whose turn it is.", examples=[["district_officer"]])
    waiting: int
    returned: int = Field(description="How many of these were returned.")
    due_soon: int = Field(description="How many of these are withdrawn within three days if nobody touches them.")
    oldest_since: datetime | None = Field(description="Since when the oldest waits.")


class QueuesAnswer(Model):
    """The queues of a region, tier by tier."""

    region: str = Field(examples=["3318"])
    queues: list[QueuePart]
    watermark: WatermarkPart


def router(parts: Parts) -> APIRouter:
    """The endpoint of this slice."""
    routes = APIRouter(tags=["cases"])
    lists = Depends(parts.door.for_(Action.LIST_HOUSEHOLDS))

    @routes.get(
        "/v1/queues",
        summary="What waits at which tier of a region",
        response_model=QueuesAnswer,
        responses=problems.responses(
            *problems.SIGNED_IN, problems.region_forbidden, problems.position_invalid, problems.view_behind
        ),
        dependencies=[Depends(parts.reached)],
    )
    def queues(
        caller: Annotated[Caller, lists],
        region: Annotated[
            str | None, Query(description="Kemendagri code within your own region (default: all of it).")
        ] = None,
    ) -> Response:
        listed = regions.asked_of(caller.scope, region)
        watermark = parts.watermark.document()
        with seen_by(parts.reader, caller) as connection:
            rows = {row["state"]: row for row in repository.waiting(connection, listed, datetime.now(UTC))}
        nothing = {"waiting": 0, "returned": 0, "due_soon": 0, "oldest_since": None}
        found = [
            {**nothing, **rows.get(state.value, {}), "state": state, "next_state": to, "roles": sorted(roles)}
            for state, (to, roles) in TURN.items()
        ]
        return answer({"region": listed.name, "queues": found}, watermark)

    return routes
