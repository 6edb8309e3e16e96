"""POST /v1/commands: the one door for what people change."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Header, Request, Response

from padan_gateway import problems
from padan_gateway.answers import answer
from padan_gateway.batches.passthrough import on_behalf_of
from padan_gateway.commands import forms
from padan_gateway.commands.answers import CommandAnswer, min_position
from padan_gateway.domain.access import Action, may_send
from padan_gateway.parts import Parts
from padan_gateway.persons.similar import Similar
from padan_gateway.signin.tokens import Caller

_TIMEOUT_S = 90.0
"""Registers outside are asked meanwhile, several times where they do not answer."""


def router(parts: Parts) -> APIRouter:
    """The endpoint of this slice."""
    routes = APIRouter(tags=["commands"])
    sends = Depends(parts.door.for_(Action.SEND_COMMAND))
    similar = Similar(parts.reader, parts.nik_hash_key)

    @routes.post(
        "/v1/commands",
        summary="Change something: propose a family, approve cases, and all else (docs/commands.md)",
        response_model=CommandAnswer,
        responses=problems.responses(*problems.SIGNED_IN, problems.request_invalid, problems.body_too_large)
        | problems.passed_through("see docs/refusals.md"),
        openapi_extra={
            "requestBody": {"required": True, "content": {"application/json": {"schema": forms.schemas()[0]}}}
        },
    )
    async def command(
        request: Request,
        caller: Annotated[Caller, sends],
        idempotency_key: Annotated[
            str,
            Header(
                alias="Idempotency-Key",
                description="Names this request, 1 to 200 ASCII characters, such as a UUID. Sent again with the same "
                "content it is answered the same, and nothing happens twice.",
            ),
        ] = "",
        if_match: Annotated[
            str | None,
            Header(
                alias="If-Match",
                description="The ETag of the household as it was read: refused where somebody has changed it since.",
                examples=['"3"'],
            ),
        ] = None,
    ) -> Response:
        watermark = parts.watermark.document()
        version = forms.version(if_match)
        asked = forms.read(await _body(request))
        if not may_send(caller.role, str(asked.__struct_config__.tag)):
            raise problems.role_forbidden()
        headers = {
            **on_behalf_of(caller),
            # What no header may hold names no request, as none does.
            "Idempotency-Key": idempotency_key if idempotency_key.isascii() else "",
            "Content-Type": "application/json",
            **({} if version is None else {"Padan-Version": str(version)}),
        }
        document = await parts.registry_ingest.document(
            "POST", "/commands", headers, msgspec.json.encode(asked), timeout_s=_TIMEOUT_S
        )
        told = {**_told(document), **await similar.told(asked, caller, document)}
        response = answer(told, watermark)
        if "household_id" in document:
            response.headers["Location"] = f"/v1/households/{document['household_id']}"
            response.headers["ETag"] = f'"{document["version"]}"'
        return response

    return routes


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > forms.MOST_BYTES:
            raise problems.body_too_large(forms.MOST_BYTES)
    return bytes(body)


def _of_villages(document: dict[str, Any]) -> dict[str, Any]:
    villages = document["villages"]
    accepted = [village for village in villages if village["outcome"] == "accepted"]
    return {
        "command": document["command"],
        "min_position": min_position([event for village in accepted for event in village["events"]]),
        "villages": [{name: value for name, value in village.items() if name != "events"} for village in villages],
        "accepted": len(accepted),
        "refused": len(villages) - len(accepted),
    }


def _told(document: dict[str, Any]) -> dict[str, Any]:
    if "villages" in document:
        return _of_villages(document)
    if "cases" not in document:
        return {**document, "min_position": min_position(document["events"])}
    cases = document["cases"]
    accepted = [case for case in cases if case["outcome"] == "accepted"]
    return {
        "command": document["command"],
        "min_position": min_position([event for case in accepted for event in case["events"]]),
        "cases": [{name: value for name, value in case.items() if name != "events"} for case in cases],
        "accepted": len(accepted),
        "refused": len(cases) - len(accepted),
    }
