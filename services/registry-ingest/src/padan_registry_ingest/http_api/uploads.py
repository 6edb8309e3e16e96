"""The addresses under /uploads: files that come in pieces. The gateway speaks the protocol of the outside (tus)."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, FastAPI, Request, Response
from padan_runtime.http import json_response
from padan_runtime.service_tokens import ServiceVerifier
from starlette.requests import ClientDisconnect

from padan_registry_ingest.domain.faults import FileFault
from padan_registry_ingest.http_api.batches import actor_of, region_of
from padan_registry_ingest.uploading.repository import Partial
from padan_registry_ingest.uploading.uploads import Uploads


class UploadApi:
    """What the addresses need."""

    def __init__(self, uploads: Uploads, verifier: ServiceVerifier) -> None:
        self._uploads, self._verifier = uploads, verifier

    def install(self, app: FastAPI) -> None:
        """Add the addresses."""
        router = APIRouter()
        router.add_api_route("/uploads", self.begin, methods=["POST"], status_code=201)
        router.add_api_route("/uploads/{partial_id}", self.read, methods=["GET"])
        router.add_api_route("/uploads/{partial_id}", self.receive, methods=["PATCH"])
        router.add_api_route("/uploads/{partial_id}", self.remove, methods=["DELETE"], status_code=204)
        app.include_router(router)

    async def begin(self, request: Request) -> Response:
        """Begin a file of Upload-Length bytes."""
        region = region_of(self._verifier, request)
        length = _number(request, "upload-length")
        partial = await self._uploads.begin(length, actor=actor_of(request), region=region)
        return json_response(_document(partial, partial.received), 201)

    async def read(self, request: Request, partial_id: UUID) -> Response:
        """How far a file has come."""
        partial = await self._find(request, partial_id)
        return json_response(_document(partial, partial.received))

    async def receive(self, request: Request, partial_id: UUID) -> Response:
        """Go on with a file from byte Upload-Offset. What the answer says is durable."""
        partial = await self._find(request, partial_id)
        offset = _number(request, "upload-offset")
        try:
            received = await self._uploads.receive(partial, offset, request.stream())
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it; what has come is kept
        return json_response(_document(partial, received))

    async def remove(self, request: Request, partial_id: UUID) -> Response:
        """Give a file up."""
        await self._uploads.remove(await self._find(request, partial_id))
        return Response(status_code=204)

    async def _find(self, request: Request, partial_id: UUID) -> Partial:
        region = region_of(self._verifier, request)
        return await self._uploads.find(partial_id, actor=actor_of(request), region=region)


def _document(partial: Partial, received: int) -> dict[str, Any]:
    return {
        "upload_id": partial.partial_id,
        "offset": received,
        "length": partial.length,
        "expires_at": partial.expires_at,
    }


def _number(request: Request, header: str) -> int:
    text = request.headers.get(header, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise FileFault("upload_header_invalid", header=header)
    return int(text)
