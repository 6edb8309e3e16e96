"""/v1/uploads: the tus protocol towards the outside, streams towards registry-ingest, never whole in memory.

Source: https://tus.io/protocols/resumable-upload, version 1.0.0. A file that has come whole is made a batch by
`POST /v1/batches` with its id in the field `upload` (or `members_upload`).
"""

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response
from padan_runtime import problems as runtime
from pydantic import BaseModel, ConfigDict
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from padan_gateway import problems
from padan_gateway.answers import WatermarkPart, answer
from padan_gateway.batches.passthrough import on_behalf_of
from padan_gateway.domain.access import Action
from padan_gateway.parts import Parts
from padan_gateway.signin.tokens import Caller

VERSION = "1.0.0"
PIECE = "application/offset+octet-stream"
_TUS = {"Tus-Resumable": VERSION}
_PATH = "/v1/uploads"
_PIECE_TIMEOUT_S = 300.0

TusVersion = Annotated[
    str | None, Header(alias="Tus-Resumable", description="The version of tus that is spoken: 1.0.0.")
]
Length = Annotated[str | None, Header(alias="Upload-Length", description="Bytes of the whole file.")]
Offset = Annotated[str | None, Header(alias="Upload-Offset", description="Byte of the file at which the body begins.")]


class PartialAnswer(BaseModel):
    """A file that comes in pieces: `offset` of its `length` bytes are safe. After `expires_at` it is removed."""

    model_config = ConfigDict(extra="allow")

    upload_id: UUID
    offset: int
    length: int
    expires_at: datetime
    watermark: WatermarkPart


class SaysVersion:
    """Puts `Tus-Resumable` on every answer under /v1/uploads, as tus wants it: refusals at the door too, which no
    endpoint sees."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_version(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_TUS)
            await send(message)

        speaks_tus = scope["type"] == "http" and f"{scope['path']}/".startswith(f"{_PATH}/")
        await self._app(scope, receive, send_with_version if speaks_tus else send)


def router(parts: Parts) -> APIRouter:
    """The endpoints of this slice."""
    routes = APIRouter(tags=["uploads"])
    sends = Depends(parts.door.for_(Action.UPLOAD_BATCH))
    ingest = parts.registry_ingest
    common = (*problems.SIGNED_IN, lambda: problems.service_unavailable("registry-ingest"))
    refusals = problems.passed_through("upload_not_found, upload_expired, upload_offset_wrong and others")
    of_upload = refusals | problems.responses(*common)
    with_version = refusals | problems.responses(*common, problems.tus_version)
    pieces = refusals | problems.responses(*common, problems.tus_version, problems.piece_type)

    @routes.options("/v1/uploads", include_in_schema=False)
    async def discover() -> Response:
        extensions = {"Tus-Version": VERSION, "Tus-Extension": "creation,termination,expiration"}
        return Response(status_code=204, headers=extensions)

    @routes.post(
        "/v1/uploads",
        status_code=201,
        summary="Begin a file that comes in pieces",
        response_model=PartialAnswer,
        responses=with_version,
    )
    async def begin(caller: Annotated[Caller, sends], length: Length = None, tus: TusVersion = None) -> Response:
        watermark = parts.watermark.document()
        if tus != VERSION:
            return _version_refused()
        document = await ingest.document("POST", "/uploads", {**on_behalf_of(caller), "Upload-Length": length or ""})
        response = answer(document, watermark, 201)
        response.headers.update({"Location": f"/v1/uploads/{document['upload_id']}"} | _expires(document))
        return response

    @routes.get(
        "/v1/uploads/{upload_id}", summary="How far a file has come", response_model=PartialAnswer, responses=of_upload
    )
    async def read(upload_id: UUID, caller: Annotated[Caller, sends]) -> Response:
        watermark = parts.watermark.document()
        return answer(await ingest.json(f"/uploads/{upload_id}", on_behalf_of(caller)), watermark)

    @routes.head(
        "/v1/uploads/{upload_id}",
        summary="How far a file has come, in headers",
        response_class=Response,
        responses=with_version,
    )
    async def head(upload_id: UUID, caller: Annotated[Caller, sends], tus: TusVersion = None) -> Response:
        if tus != VERSION:
            return _version_refused()
        document = await ingest.json(f"/uploads/{upload_id}", on_behalf_of(caller))
        return Response(headers=_where(document) | {"Cache-Control": "no-store"})

    @routes.patch(
        "/v1/uploads/{upload_id}",
        status_code=204,
        summary="Go on with a file from Upload-Offset",
        response_class=Response,
        responses=pieces,
        openapi_extra={
            "requestBody": {"required": True, "content": {PIECE: {"schema": {"type": "string", "format": "binary"}}}}
        },
    )
    async def go_on(
        request: Request,
        upload_id: UUID,
        caller: Annotated[Caller, sends],
        offset: Offset = None,
        tus: TusVersion = None,
    ) -> Response:
        if tus != VERSION:
            return _version_refused()
        if request.headers.get("content-type", "").partition(";")[0].strip() != PIECE:
            raise problems.piece_type()
        headers = {**on_behalf_of(caller), "Upload-Offset": offset or "", "Content-Type": PIECE}
        reached = await ingest.document(
            "PATCH", f"/uploads/{upload_id}", headers, request.stream(), timeout_s=_PIECE_TIMEOUT_S
        )
        return Response(status_code=204, headers=_where(reached))

    @routes.delete(
        "/v1/uploads/{upload_id}",
        status_code=204,
        summary="Give up a file that comes in pieces",
        response_class=Response,
        responses=with_version,
    )
    async def remove(upload_id: UUID, caller: Annotated[Caller, sends], tus: TusVersion = None) -> Response:
        if tus != VERSION:
            return _version_refused()
        sent = await ingest.send("DELETE", f"/uploads/{upload_id}", on_behalf_of(caller))
        await sent.aclose()
        return Response(status_code=204)

    return routes


def _where(document: dict[str, Any]) -> dict[str, str]:
    return {
        "Upload-Offset": str(document["offset"]),
        "Upload-Length": str(document["length"]),
        **_expires(document),
    }


def _expires(document: dict[str, Any]) -> dict[str, str]:
    expires = datetime.fromisoformat(document["expires_at"]).astimezone(UTC)
    return {"Upload-Expires": format_datetime(expires, usegmt=True)}


def _version_refused() -> Response:
    response = runtime.response(problems.tus_version())
    response.headers["Tus-Version"] = VERSION
    return response
