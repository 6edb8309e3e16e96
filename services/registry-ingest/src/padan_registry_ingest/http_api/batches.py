"""The addresses under /batches, and the template."""

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final
from uuid import UUID, uuid4

import psycopg
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from padan_runtime.database import Database
from padan_runtime.http import json_response
from padan_runtime.keys import IntakeKeyGoneError, KeyClient
from padan_runtime.logs import logger
from padan_runtime.problems import Problem, response
from padan_runtime.sealing import SealError
from padan_runtime.service_tokens import ServiceVerifier

from padan_registry_ingest.batches import cancelling, repository, sealed_file
from padan_registry_ingest.batches.repository import Upload
from padan_registry_ingest.domain.columns import ALONE
from padan_registry_ingest.domain.faults import FileFault
from padan_registry_ingest.http_api.upload import ReceivedForm
from padan_registry_ingest.problems import problem, problem_of
from padan_registry_ingest.uploading.uploads import Uploads
from padan_registry_ingest.validating.check import known_region
from padan_registry_ingest.validity_report.document import document
from padan_registry_ingest.validity_report.rows import RowReports, template

_WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PIECE: Final = 1 << 16
_REPORTED: Final = ("deciding", "done", "dry_run_done", "cancelled")


class BatchApi:
    """What the addresses need."""

    def __init__(
        self,
        database: Database,
        keys: KeyClient,
        verifier: ServiceVerifier,
        *,
        uploads: Uploads,
        folder: Path,
        wake: Callable[[], None],
    ) -> None:
        self._database, self._keys, self._verifier, self._uploads = database, keys, verifier, uploads
        self._folder, self._wake = folder, wake

    def install(self, app: FastAPI) -> None:
        """Add the addresses and the answers of faults."""

        @app.exception_handler(FileFault)
        async def fault(_: Request, error: FileFault) -> Response:
            return response(problem_of(error))

        router = APIRouter()
        router.add_api_route("/batches", self.receive, methods=["POST"], status_code=202)
        router.add_api_route("/batches/{upload_id}", self.read, methods=["GET"])
        router.add_api_route("/batches/{upload_id}/cancel", self.cancel, methods=["POST"], status_code=202)
        router.add_api_route("/batches/{upload_id}/rows.csv", self.rows, methods=["GET"])
        router.add_api_route("/batches/{upload_id}/rejected.xlsx", self.rejected, methods=["GET"])
        router.add_api_route("/templates/registration.xlsx", self.template, methods=["GET"])
        app.include_router(router)

    async def receive(self, request: Request) -> Response:
        """Take a file. Answers as soon as it is safe on disk. The gateway names the upload, having noted its sender."""
        region = self._region(request)
        upload_id = await asyncio.to_thread(self._new_id, request)
        key_id = datetime.now(UTC).date().isoformat()
        key = await self._keys.intake_key(key_id)
        form = ReceivedForm(self._folder, upload_id, key, most_bytes=self._uploads.most_bytes)
        await form.receive(request)
        try:
            corrects = await asyncio.to_thread(self._corrected, request, form)
            for part, partial_id in form.in_pieces.items():
                partial = await self._uploads.find(partial_id, actor=actor_of(request), region=region)
                writer = form.begin(part)
                await self._uploads.give(partial, writer)
                await asyncio.to_thread(writer.close)
            upload = {
                "upload_id": upload_id,
                "kind": form.kind,
                "dry_run": form.dry_run,
                "has_members": "members" in form.files,
                "actor": actor_of(request),
                "region": region,
                "key_id": key_id,
                "corrects": corrects,
            }
            await asyncio.to_thread(self._record, upload)
        except psycopg.OperationalError:
            # The connection may have broken after the commit: then the file is somebody's, and the answer is yes.
            if not await asyncio.to_thread(self._recorded, upload_id):
                form.abandon()
                raise
        except BaseException:
            form.abandon()
            raise
        logger().info("a file was received", upload_id=str(upload_id), region=region)
        self._wake()
        return json_response({"upload_id": upload_id, "state": "received"}, 202)

    def read(self, request: Request, upload_id: UUID) -> Response:
        """The batch document."""
        upload = self._find(request, upload_id)
        with self._database.transaction() as connection:
            return json_response(document(connection, upload))

    async def cancel(self, request: Request, upload_id: UUID) -> Response:
        """Give a batch up. Asked twice it answers the same. What is reported already stays reported."""
        state = await asyncio.to_thread(self._cancel, request, upload_id)
        logger().info("a batch is given up", upload_id=str(upload_id), state=state)
        self._wake()
        return json_response({"upload_id": upload_id, "state": state}, 202)

    def _cancel(self, request: Request, upload_id: UUID) -> str:
        self._find(request, upload_id)
        with self._database.transaction() as connection:
            state = cancelling.request(connection, upload_id)
        if state is None:
            raise problem("batch_finished")
        if state == "cancelled":
            sealed_file.remove(self._folder, upload_id)
        return state

    async def rows(self, request: Request, upload_id: UUID) -> Response:
        """All rows with their reasons in words, as CSV."""
        reports = await self._reports(request, upload_id)
        return StreamingResponse(reports.csv(), media_type="text/csv; charset=utf-8", headers=named("rows.csv"))

    async def rejected(self, request: Request, upload_id: UUID) -> Response:
        """The rejected rows as a workbook, ready to correct and send again."""
        reports = await self._reports(request, upload_id)
        return await asyncio.to_thread(workbook, reports.rejected, "rejected.xlsx")

    def template(self, request: Request) -> Response:
        """An empty registration file."""
        self._region(request)
        return workbook(template, "registration.xlsx")

    def _record(self, upload: dict[str, Any]) -> None:
        with self._database.transaction() as connection:
            repository.insert(connection, upload)

    def _corrected(self, request: Request, form: ReceivedForm) -> UUID | None:
        """The upload whose rows the file corrects: of several of the same rows, the one that was worked on.

        Raises `FileFault` where it is not the sender's to correct, or cannot be corrected.
        """
        if form.corrects is None:
            return None
        try:
            first = self._find(request, form.corrects)
            if first.repeat_of is not None:
                first = self._find(request, first.repeat_of)
        except Problem as error:
            raise FileFault("corrected_not_found") if error.code == "batch_not_found" else error from None
        if first.state != "done":
            raise FileFault("corrected_not_done", state=first.state)
        if {first.kind, form.kind} & ALONE.keys():
            raise FileFault("correction_of_ranking")
        return first.upload_id

    def _recorded(self, upload_id: UUID) -> bool:
        """Whether an upload is recorded. Raises `psycopg.OperationalError` where that cannot be known: then the file
        stays, for `sealed_file.sweep` to judge."""
        with self._database.transaction() as connection:
            return repository.find(connection, upload_id) is not None

    def _new_id(self, request: Request) -> UUID:
        """The id given in Padan-Upload-Id, else a new one. Raises `FileFault` where it is none, or belongs to an
        upload: that one's file would be overwritten."""
        given = request.headers.get("padan-upload-id")
        if given is None:
            return uuid4()
        try:
            upload_id = UUID(given)
        except ValueError as error:
            raise FileFault("form_invalid", field="Padan-Upload-Id") from error
        with self._database.transaction() as connection:
            if repository.find(connection, upload_id) is not None:
                raise FileFault("form_invalid", field="Padan-Upload-Id")
        return upload_id

    def _region(self, request: Request) -> str:
        return region_of(self._verifier, request)

    def _find(self, request: Request, upload_id: UUID) -> Upload:
        """The upload, where its sender's region lies inside the caller's; else as if there were none."""
        region = self._region(request)
        with self._database.transaction() as connection:
            upload = repository.find(connection, upload_id)
        if upload is None or not upload.region.startswith(region):
            raise problem("batch_not_found")
        return upload

    async def _reports(self, request: Request, upload_id: UUID) -> RowReports:
        upload = await asyncio.to_thread(self._find, request, upload_id)
        if upload.repeat_of is not None:
            upload = await asyncio.to_thread(self._find, request, upload.repeat_of)
        if upload.state not in _REPORTED:
            raise problem("report_not_ready")
        try:
            key = await self._keys.intake_key(upload.key_id)
        except IntakeKeyGoneError as error:
            raise problem("report_expired") from error
        return RowReports(self._database, upload, key)


def region_of(verifier: ServiceVerifier, request: Request) -> str:
    """The region the caller acts for, empty for the nation. Raises `Problem` (401, 403), `FileFault`."""
    verifier.one_of(request, "gateway")
    region = request.headers.get("padan-region", "")
    region = "" if region == "ID" else region
    if not known_region(region):
        raise FileFault("region_unknown")
    return region


def actor_of(request: Request) -> str:
    """For whom the gateway asks."""
    return request.headers.get("padan-actor", "service:gateway")


def named(name: str) -> dict[str, str]:
    """The headers of a file to save, which nobody on the way may keep."""
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}


def workbook(write: Callable[[IO[bytes]], None], name: str) -> Response:
    """A workbook, made in a file that has no name: nobody else can open it, and whatever ends us takes it along."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  # closed by whoever sends it
    try:
        write(file)
        file.seek(0)
    except SealError as error:
        file.close()
        raise problem("report_expired") from error
    except BaseException:
        file.close()
        raise

    def pieces() -> Iterator[bytes]:
        with file:
            while piece := file.read(_PIECE):
                yield piece

    return StreamingResponse(pieces(), media_type=_WORKBOOK, headers=named(name))
