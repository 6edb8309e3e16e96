"""POST /v1/crvs/registry/notify: SPDCI CRVS API 1.0.0, whose base address here is /v1/crvs."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from padan_runtime.http import json_response
from pydantic import BaseModel

from padan_gateway import problems
from padan_gateway.batches.passthrough import on_behalf_of
from padan_gateway.domain.access import Action
from padan_gateway.parts import Parts
from padan_gateway.signin.tokens import Caller


class Acknowledgement(BaseModel):
    """The specification's answer: `message` holds `ack_status` ACK, `timestamp` and `correlation_id`."""

    message: dict[str, Any]


_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A notification of the specification: `header` (action notify) and `message`, unencrypted, of "
        "at most 1,000 events and 1 MB. See docs/life-events.md for what is read of it.",
        "content": {"application/json": {"schema": {"type": "object", "required": ["header", "message"]}}},
    }
}


def router(parts: Parts) -> APIRouter:
    """The endpoint of this slice."""
    routes = APIRouter(tags=["life events"])
    tells = Depends(parts.door.for_(Action.NOTIFY_LIFE_EVENT))

    @routes.post(
        "/v1/crvs/registry/notify",
        summary="The civil registry tells of deaths, births and moves",
        response_model=Acknowledgement,
        responses=problems.responses(*problems.SIGNED_IN, lambda: problems.service_unavailable("registry-ingest"))
        | problems.passed_through("notification_malformed, notification_encrypted, notification_too_large"),
        openapi_extra=_BODY,
    )
    async def notify(request: Request, caller: Annotated[Caller, tells]) -> Response:
        headers = {**on_behalf_of(caller), "Content-Type": "application/json"}
        # As a stream: how much is too much, registry-ingest says.
        return json_response(
            await parts.registry_ingest.document("POST", "/crvs/notify", headers, request.stream(), timeout_s=30)
        )

    return routes
