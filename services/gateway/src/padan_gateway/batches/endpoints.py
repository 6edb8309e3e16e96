"""/v1/batches and /v1/templates: streamed through in both directions, never whole in memory."""

import asyncio
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Request, Response

from padan_gateway import problems
from padan_gateway.answers import answer
from padan_gateway.batches.answers import UPLOAD_BODY, BatchAnswer, UploadAnswer
from padan_gateway.batches.passthrough import PassThrough, on_behalf_of
from padan_gateway.domain.access import Action
from padan_gateway.domain.lens import Lens
from padan_gateway.parts import Parts
from padan_gateway.signin.door import StatedPurpose
from padan_gateway.signin.tokens import Caller

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_UPLOAD_TIMEOUT_S = 300.0


def router(parts: Parts) -> APIRouter:
    """The endpoints of this slice."""
    routes = APIRouter(tags=["batches"])
    through = PassThrough(parts)
    uploads = Depends(parts.door.for_(Action.UPLOAD_BATCH))
    reads = Depends(parts.door.for_(Action.READ_BATCH))
    away = problems.passed_through() | problems.responses(
        *problems.SIGNED_IN, lambda: problems.service_unavailable("registry-ingest")
    )
    of_batch = problems.passed_through() | problems.responses(
        *problems.SIGNED_IN, problems.batch_not_found, lambda: problems.service_unavailable("registry-ingest")
    )
    with_rows = problems.passed_through() | problems.responses(
        *problems.SIGNED_IN,
        problems.purpose_missing,
        problems.batch_not_found,
        lambda: problems.service_unavailable("registry-ingest"),
    )

    @routes.post(
        "/v1/batches",
        status_code=202,
        summary="Send a file of registrations, rankings or deaths",
        response_model=UploadAnswer,
        responses=away,
        openapi_extra=UPLOAD_BODY,
    )
    async def upload(request: Request, caller: Annotated[Caller, uploads]) -> Response:
        watermark = parts.watermark.document()
        upload_id = uuid4()
        # Before the file goes out: an upload that was taken is its sender's, whatever becomes of the answer.
        await asyncio.to_thread(through.remember, upload_id, caller)
        headers = {
            **on_behalf_of(caller),
            "Padan-Upload-Id": str(upload_id),
            "content-type": request.headers.get("content-type", ""),
        }
        taken = await parts.registry_ingest.document(
            "POST", "/batches", headers, request.stream(), timeout_s=_UPLOAD_TIMEOUT_S
        )
        response = answer(taken, watermark, 202)
        response.headers["Location"] = f"/v1/batches/{upload_id}"
        return response

    @routes.post(
        "/v1/batches/{upload_id}/cancel",
        status_code=202,
        summary="Give up a file that is being worked on",
        response_model=UploadAnswer,
        responses=of_batch,
    )
    async def cancel(upload_id: UUID, caller: Annotated[Caller, uploads]) -> Response:
        watermark = parts.watermark.document()
        await asyncio.to_thread(through.require_visible, upload_id, caller)
        told = await parts.registry_ingest.document("POST", f"/batches/{upload_id}/cancel", on_behalf_of(caller))
        return answer(told, watermark, 202)

    @routes.get("/v1/batches/{upload_id}", summary="What became of a file", response_model=BatchAnswer,
                responses=of_batch)  # fmt: skip
    async def read(upload_id: UUID, caller: Annotated[Caller, reads]) -> Response:
        watermark = parts.watermark.document()
        await asyncio.to_thread(through.require_visible, upload_id, caller)
        return answer(await parts.registry_ingest.json(f"/batches/{upload_id}", on_behalf_of(caller)), watermark)

    @routes.get(
        "/v1/batches/{upload_id}/rows.csv",
        summary="Every row of a file with its reasons",
        response_class=Response,
        responses={200: {"content": {"text/csv": {}}}, **with_rows},
    )
    async def all_rows(upload_id: UUID, caller: Annotated[Caller, reads], purpose: StatedPurpose = None) -> Response:
        return await through.rows(upload_id, "rows.csv", caller, Lens(caller.role, purpose))

    @routes.get(
        "/v1/batches/{upload_id}/rejected.xlsx",
        summary="The rejected rows, ready to correct and send again",
        response_class=Response,
        responses={200: {"content": {_XLSX: {}}}, **with_rows},
    )
    async def rejected_rows(
        upload_id: UUID, caller: Annotated[Caller, reads], purpose: StatedPurpose = None
    ) -> Response:
        return await through.rows(upload_id, "rejected.xlsx", caller, Lens(caller.role, purpose))

    @routes.get(
        "/v1/templates/registration.xlsx",
        summary="The template of a registration file",
        response_class=Response,
        responses={200: {"content": {_XLSX: {}}}, **away},
    )
    async def template(caller: Annotated[Caller, uploads]) -> Response:
        return await through.download("/templates/registration.xlsx", caller)

    return routes
