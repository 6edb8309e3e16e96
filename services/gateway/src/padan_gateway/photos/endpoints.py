"""/v1/households/{household_id}/photos: streamed to registry-ingest; back only with a purpose, and logged."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from padan_gateway import problems
from padan_gateway.answers import answer, watermark_headers
from padan_gateway.batches.passthrough import on_behalf_of
from padan_gateway.domain.access import Action, Field, Right, right
from padan_gateway.domain.lens import Lens
from padan_gateway.households import repository
from padan_gateway.households.endpoints import within
from padan_gateway.parts import Parts
from padan_gateway.photos.answers import PHOTO_BODY, PhotoAnswer, PhotoKind, PhotosAnswer
from padan_gateway.signin.context import log_read, seen_by
from padan_gateway.signin.door import StatedPurpose
from padan_gateway.signin.tokens import Caller

_UPLOAD_TIMEOUT_S = 300.0
_PATH = "/v1/households/{household_id}/photos"


class _Photos:
    """What every endpoint of this slice does on the way to registry-ingest."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def require_household(self, household_id: UUID, caller: Caller, lens: Lens | None = None) -> None:
        """Raises `Problem` household_not_found for one that is not in the caller's region; logs what `lens` showed."""
        with seen_by(self._parts.reader, caller) as connection:
            row = repository.household(connection, household_id)
            if row is None or not within(caller, row):
                raise problems.household_not_found()
            if lens is not None:
                log_read(
                    connection, caller, lens.purpose, Action.READ_HOUSEHOLD, lens.unmasked, households=[household_id]
                )

    async def picture(self, household_id: UUID, photo_id: UUID, caller: Caller, lens: Lens) -> Response:
        """A photo. It is fetched, its read logged, and then given: what is not there is not logged as read."""
        if right(caller.role, Field.PHOTO) is Right.HIDDEN:
            raise problems.role_forbidden()
        if lens.show(Field.PHOTO, photo_id) is None:
            raise problems.purpose_missing()
        watermark = self._parts.watermark.document()
        await asyncio.to_thread(self.require_household, household_id, caller)
        path = f"/households/{household_id}/photos/{photo_id}"
        sent = await self._parts.registry_ingest.send("GET", path, on_behalf_of(caller))
        try:
            jpeg = await sent.aread()
        finally:
            await sent.aclose()
        await asyncio.to_thread(self.require_household, household_id, caller, lens)
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **watermark_headers(watermark)}
        return Response(jpeg, media_type="image/jpeg", headers=headers)


def router(parts: Parts) -> APIRouter:
    """The endpoints of this slice."""
    routes = APIRouter(tags=["photos"])
    photos = _Photos(parts)
    attaches = Depends(parts.door.for_(Action.ATTACH_PHOTO))
    reads = Depends(parts.door.for_(Action.READ_HOUSEHOLD))
    common = (
        *problems.SIGNED_IN,
        problems.household_not_found,
        problems.position_invalid,
        problems.view_behind,
        problems.request_invalid,
        lambda: problems.service_unavailable("registry-ingest"),
    )

    @routes.post(
        _PATH,
        status_code=201,
        summary="Attach a photo to a household",
        response_model=PhotoAnswer,
        responses=problems.responses(*common)
        | problems.passed_through("photo_type, photo_too_large, photo_damaged and others, see docs/photos.md"),
        openapi_extra=PHOTO_BODY,
        dependencies=[Depends(parts.reached)],
    )
    async def attach(
        request: Request,
        household_id: UUID,
        caller: Annotated[Caller, attaches],
        kind: Annotated[PhotoKind, Query(description="What the photo shows.")],
    ) -> Response:
        watermark = parts.watermark.document()
        await asyncio.to_thread(photos.require_household, household_id, caller)
        headers = {**on_behalf_of(caller), "content-type": request.headers.get("content-type", "")}
        taken = await parts.registry_ingest.document(
            "POST",
            f"/households/{household_id}/photos?kind={kind}",
            headers,
            request.stream(),
            timeout_s=_UPLOAD_TIMEOUT_S,
        )
        response = answer(taken, watermark, 201)
        response.headers["Location"] = f"/v1/households/{household_id}/photos/{taken['photo_id']}"
        return response

    @routes.get(
        _PATH,
        summary="The photos of a household, without the pictures",
        response_model=PhotosAnswer,
        responses=problems.responses(*common) | problems.passed_through("see docs/photos.md"),
        dependencies=[Depends(parts.reached)],
    )
    async def listed(household_id: UUID, caller: Annotated[Caller, reads]) -> Response:
        if right(caller.role, Field.PHOTO) is Right.HIDDEN:
            raise problems.role_forbidden()
        watermark = parts.watermark.document()
        await asyncio.to_thread(photos.require_household, household_id, caller)
        return answer(
            await parts.registry_ingest.json(f"/households/{household_id}/photos", on_behalf_of(caller)), watermark
        )

    @routes.get(
        _PATH + "/{photo_id}",
        summary="One photo of a household",
        response_class=Response,
        responses={200: {"content": {"image/jpeg": {}}}}
        | problems.responses(*common, problems.purpose_missing)
        | problems.passed_through("photo_not_found, photo_erased, photo_lost"),
        dependencies=[Depends(parts.reached)],
    )
    async def picture(
        household_id: UUID, photo_id: UUID, caller: Annotated[Caller, reads], purpose: StatedPurpose = None
    ) -> Response:
        return await photos.picture(household_id, photo_id, caller, Lens(caller.role, purpose))

    return routes
