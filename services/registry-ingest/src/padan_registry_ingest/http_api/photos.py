"""The addresses under /households/{household_id}/photos. Whose household it is, the gateway has looked up."""

from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import APIRouter, FastAPI, Request, Response
from padan_events.evidence import PhotoKind
from padan_runtime.http import json_response
from padan_runtime.service_tokens import ServiceVerifier

from padan_registry_ingest.domain.faults import FileFault
from padan_registry_ingest.http_api.batches import actor_of, region_of
from padan_registry_ingest.photos.album import Album
from padan_registry_ingest.photos.receiving import received
from padan_registry_ingest.photos.repository import Photo


class PhotoApi:
    """What the addresses need."""

    def __init__(self, album: Album, verifier: ServiceVerifier, *, folder: Path, most_bytes: int) -> None:
        self._album, self._verifier, self._folder, self._most = album, verifier, folder, most_bytes

    def install(self, app: FastAPI) -> None:
        """Add the addresses."""
        router = APIRouter()
        router.add_api_route("/households/{household_id}/photos", self.add, methods=["POST"], status_code=201)
        router.add_api_route("/households/{household_id}/photos", self.listed, methods=["GET"])
        router.add_api_route("/households/{household_id}/photos/{photo_id}", self.picture, methods=["GET"])
        app.include_router(router)

    async def add(self, request: Request, household_id: UUID) -> Response:
        """Take a photo in; `kind` is in the query."""
        region_of(self._verifier, request)
        try:
            kind = PhotoKind(request.query_params.get("kind", ""))
        except ValueError as error:
            raise FileFault("photo_kind_unknown") from error
        async with received(request, self._folder, most_bytes=self._most) as read:
            photo = await self._album.add(household_id, kind, read, actor=actor_of(request))
        return json_response(_document(photo), 201)

    def listed(self, request: Request, household_id: UUID) -> Response:
        """The photos of a household."""
        region_of(self._verifier, request)
        return json_response({"photos": [_document(photo) for photo in self._album.listed(household_id)]})

    async def picture(self, request: Request, household_id: UUID, photo_id: UUID) -> Response:
        """One photo as JPEG."""
        region_of(self._verifier, request)
        jpeg = await self._album.picture(household_id, photo_id)
        return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


def _document(photo: Photo) -> dict[str, Any]:
    # Not the households that have the like: they may be any of the nation.
    return {
        "photo_id": photo.photo_id,
        "kind": photo.kind,
        "received_at": photo.received_at,
        "bytes": photo.size_bytes,
        "width": photo.width,
        "height": photo.height,
        "flagged": photo.flagged,
    }
