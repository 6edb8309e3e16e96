"""POST /v1/commands: the one door for what people change."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Response

from padan_gateway import problems
from padan_gateway.answers import answer
from padan_gateway.batches.passthrough import on_behalf_of
from padan_gateway.commands.forms import CommandAnswer, CommandForm
from padan_gateway.domain.access import Action
from padan_gateway.parts import Parts
from padan_gateway.signin.tokens import Caller

_TIMEOUT_S = 90.0
"""Registers outside are asked meanwhile, several times where they do not answer."""


def router(parts: Parts) -> APIRouter:
    """The endpoint of this slice."""
    routes = APIRouter(tags=["commands"])
    sends = Depends(parts.door.for_(Action.SEND_COMMAND))

    @routes.post(
        "/v1/commands",
        summary="Change something: propose a family",
        response_model=CommandAnswer,
        responses=problems.responses(*problems.SIGNED_IN, problems.request_invalid)
        | problems.passed_through("see docs/refusals.md"),
    )
    async def command(
        form: CommandForm,
        caller: Annotated[Caller, sends],
        idempotency_key: Annotated[
            str,
            Header(
                alias="Idempotency-Key",
                description="Names this request, 1 to 200 ASCII characters, such as a UUID. Sent again with the same "
                "content it is answered the same, and nothing happens twice.",
            ),
        ] = "",
    ) -> Response:
        watermark = parts.watermark.document()
        headers = {
            **on_behalf_of(caller),
            # What no header may hold names no request, as none does.
            "Idempotency-Key": idempotency_key if idempotency_key.isascii() else "",
            "Content-Type": "application/json",
        }
        body = form.model_dump_json().encode()
        document = await parts.registry_ingest.document("POST", "/commands", headers, body, timeout_s=_TIMEOUT_S)
        response = answer(document, watermark)
        response.headers["Location"] = f"/v1/households/{document['household_id']}"
        return response

    return routes
