"""What every batch endpoint does on the way to registry-ingest: region, purpose, and streams in both directions."""

import asyncio
from collections.abc import Mapping
from uuid import UUID

from fastapi import Response
from fastapi.responses import StreamingResponse
from starlette.background import BackgroundTask

from padan_gateway import problems
from padan_gateway.answers import watermark_headers
from padan_gateway.batches import repository
from padan_gateway.domain.access import Action, Field, Right, right
from padan_gateway.domain.lens import Lens
from padan_gateway.parts import Parts
from padan_gateway.signin.context import log_read, seen_by
from padan_gateway.signin.tokens import Caller

_KEPT_HEADERS = ("content-type", "content-disposition", "content-length")


def on_behalf_of(caller: Caller) -> dict[str, str]:
    """The headers that tell registry-ingest for whom the gateway asks."""
    return {
        "Padan-Actor": f"user:{caller.subject}",
        "Padan-Role": caller.role.value,
        "Padan-Region": caller.scope.name,
    }


class PassThrough:
    """Files and reports between a caller and registry-ingest."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def remember(self, upload_id: UUID, caller: Caller) -> None:
        """Note who sends a file."""
        with seen_by(self._parts.reader, caller) as connection:
            repository.sent(connection, upload_id, caller)

    def require_visible(self, upload_id: UUID, caller: Caller) -> None:
        """Raises `Problem` batch_not_found for a file that was not sent from the caller's region."""
        with seen_by(self._parts.reader, caller) as connection:
            if not repository.visible(connection, upload_id):
                raise problems.batch_not_found()

    def _log_rows(self, upload_id: UUID, caller: Caller, lens: Lens) -> None:
        with seen_by(self._parts.reader, caller) as connection:
            if not repository.visible(connection, upload_id):
                raise problems.batch_not_found()
            log_read(connection, caller, lens.purpose, Action.READ_BATCH, lens.unmasked, upload_id=upload_id)

    async def rows(self, upload_id: UUID, name: str, caller: Caller, lens: Lens) -> Response:
        """A file of rows, which are personal data: role, purpose and region are checked and the read is logged first.

        Raises `Problem`: role_forbidden, purpose_missing, batch_not_found; `Unavailable`, `Refused`.
        """
        if right(caller.role, Field.BATCH_ROWS) is Right.HIDDEN:
            raise problems.role_forbidden()
        if lens.show(Field.BATCH_ROWS, upload_id) is None:
            raise problems.purpose_missing()
        await asyncio.to_thread(self._log_rows, upload_id, caller, lens)
        return await self.download(f"/batches/{upload_id}/{name}", caller)

    async def download(self, path: str, caller: Caller, more: Mapping[str, str] | None = None) -> Response:
        """A file of registry-ingest, streamed; `more` are headers besides whom it is for.

        Raises `Unavailable` and `Refused`.
        """
        watermark = self._parts.watermark.document()
        answer = await self._parts.registry_ingest.send("GET", path, {**on_behalf_of(caller), **(more or {})})
        kept = {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers}
        return StreamingResponse(
            answer.aiter_raw(),
            headers={**kept, **watermark_headers(watermark), "cache-control": "no-store"},
            background=BackgroundTask(answer.aclose),
        )
