"""The addresses under /list-checks: a list comes in, its questions go to the gateway, whose answers come back."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from padan_runtime.database import Database
from padan_runtime.http import json_response
from padan_runtime.keys import IntakeKeyGoneError, KeyClient
from padan_runtime.list_questions import Question, Questions
from padan_runtime.logs import logger
from padan_runtime.sealing import SealError
from padan_runtime.service_tokens import ServiceVerifier

from padan_registry_ingest.domain.faults import FileFault
from padan_registry_ingest.http_api.batches import actor_of, named, region_of, workbook
from padan_registry_ingest.http_api.upload import ReceivedForm
from padan_registry_ingest.list_check import repository
from padan_registry_ingest.list_check.report import ListReport, document
from padan_registry_ingest.list_check.repository import Check, Found, Listed
from padan_registry_ingest.list_check.results import BY_CODE
from padan_registry_ingest.persons import repository as persons
from padan_registry_ingest.problems import problem

_SHOWS: Final = frozenset({"status", "differences", "decile_group"})
Hash = Callable[[str], bytes]


class Answers(msgspec.Struct, frozen=True):
    """What the views say of the questions behind row `after`."""

    after: int
    items: list[Found]


class ListCheckApi:
    """What the addresses need. `keyed_hash` finds a NIK in the register."""

    def __init__(
        self,
        database: Database,
        keys: KeyClient,
        verifier: ServiceVerifier,
        keyed_hash: Hash,
        *,
        folder: Path,
        most_bytes: int,
        wake: Callable[[], None],
    ) -> None:
        self._database, self._keys, self._verifier, self._hash = database, keys, verifier, keyed_hash
        self._folder, self._most, self._wake = folder, most_bytes, wake

    def install(self, app: FastAPI) -> None:
        """Add the addresses."""
        router = APIRouter()
        router.add_api_route("/list-checks", self.receive, methods=["POST"], status_code=202)
        router.add_api_route("/list-checks/{check_id}", self.read, methods=["GET"])
        router.add_api_route("/list-checks/{check_id}/questions", self.questions, methods=["GET"])
        router.add_api_route("/list-checks/{check_id}/answers", self.answers, methods=["POST"])
        router.add_api_route("/list-checks/{check_id}/rows.csv", self.rows, methods=["GET"])
        router.add_api_route("/list-checks/{check_id}/result.xlsx", self.result, methods=["GET"])
        app.include_router(router)

    async def receive(self, request: Request) -> Response:
        """Take a list. The gateway names it, having noted its sender, and says what the sender may learn."""
        region = region_of(self._verifier, request)
        try:
            check_id = UUID(request.headers.get("padan-upload-id", ""))
        except ValueError as error:
            raise FileFault("form_invalid", field="Padan-Upload-Id") from error
        shows = sorted(_asked_to_show(request))
        if await asyncio.to_thread(self._known, check_id):
            raise FileFault("form_invalid", field="Padan-Upload-Id")
        key_id = datetime.now(UTC).date().isoformat()
        form = ReceivedForm(self._folder, check_id, await self._keys.intake_key(key_id), most_bytes=self._most)
        await form.receive(request)
        try:
            if set(form.files) != {"file"} or form.fields:
                raise FileFault("form_invalid")
            check = {
                "check_id": check_id,
                "actor": actor_of(request),
                "region": region,
                "shows": shows,
                "key_id": key_id,
            }
            await asyncio.to_thread(self._insert, check)
        except BaseException:
            form.abandon()
            raise
        logger().info("a list was received", check_id=str(check_id), region=region)
        self._wake()
        return json_response({"check_id": check_id, "state": "received"}, 202)

    def read(self, request: Request, check_id: UUID) -> Response:
        """Where a check is."""
        check = self._find(request, check_id)
        return json_response(document(check, _shown(check, request)))

    async def questions(self, request: Request, check_id: UUID) -> Response:
        """The next people to look for. Rows without a valid NIK of their own are not among them."""
        check = await asyncio.to_thread(self._find, request, check_id)
        if check.state != "checking":
            return json_response(Questions(check.state, check.rows or 0, check.checked_to, check.checked_to, []))
        rows = await asyncio.to_thread(self._chunk, check, await self._key(check))
        return json_response(await asyncio.to_thread(self._asked, check, rows))

    async def answers(self, request: Request, check_id: UUID) -> Response:
        """Take what the views say. Of two who answer the same the first counts."""
        check = await asyncio.to_thread(self._find, request, check_id)
        try:
            said = msgspec.json.decode(await request.body(), type=Answers)
        except msgspec.MsgspecError as error:
            raise FileFault("form_invalid") from error
        if check.state == "checking" and said.after == check.checked_to:
            key = await self._key(check)
            await asyncio.to_thread(self._answer, check, key, {one.row: one for one in said.items})
        check = await asyncio.to_thread(self._find, request, check_id)
        return json_response({"check_id": check_id, "state": check.state, "checked_to": check.checked_to})

    async def rows(self, request: Request, check_id: UUID) -> Response:
        """All rows with what came of them, as CSV."""
        report = await self._report(request, check_id)
        return StreamingResponse(report.csv(), media_type="text/csv; charset=utf-8", headers=named("rows.csv"))

    async def result(self, request: Request, check_id: UUID) -> Response:
        """The same as a workbook."""
        report = await self._report(request, check_id)
        return await asyncio.to_thread(workbook, report.workbook, "result.xlsx")

    async def _report(self, request: Request, check_id: UUID) -> ListReport:
        check = await asyncio.to_thread(self._find, request, check_id)
        if check.state != "done":
            raise problem("report_not_ready")
        return ListReport(self._database, check, await self._key(check), _shown(check, request))

    async def _key(self, check: Check) -> bytes:
        try:
            return await self._keys.intake_key(check.key_id)
        except (IntakeKeyGoneError, SealError) as error:
            raise problem("report_expired") from error

    def _known(self, check_id: UUID) -> bool:
        with self._database.transaction() as connection:
            return repository.find(connection, check_id) is not None

    def _insert(self, check: dict[str, Any]) -> None:
        with self._database.transaction() as connection:
            repository.insert(connection, check)

    def _find(self, request: Request, check_id: UUID) -> Check:
        region = region_of(self._verifier, request)
        with self._database.transaction() as connection:
            check = repository.find(connection, check_id)
        if check is None or not check.region.startswith(region):
            raise problem("check_not_found")
        return check

    def _chunk(self, check: Check, key: bytes) -> list[Listed]:
        with self._database.transaction() as connection:
            return repository.chunk(connection, key, check.check_id, check.checked_to)

    def _asked(self, check: Check, rows: list[Listed]) -> Questions:
        hashes = {row.row: self._hash(row.nik) for row in rows if row.result is None}
        with self._database.transaction() as connection:
            found = persons.standing(connection, list(hashes.values()))
        items = [
            Question(
                row.row,
                nik_hash := hashes[row.row],
                row.name,
                row.birth_date,
                nik_hash in found.holders,
                dead=nik_hash in found.dead,
            )
            for row in rows
            if row.result is None
        ]
        return Questions(check.state, check.rows or 0, check.checked_to, rows[-1].row, items)

    def _answer(self, check: Check, key: bytes, said: dict[int, Found]) -> None:
        with self._database.transaction() as connection:
            rows = repository.chunk(connection, key, check.check_id, check.checked_to)
            if any(one.result not in BY_CODE or not BY_CODE.keys() >= set(one.differs) for one in said.values()):
                raise FileFault("form_invalid")
            found = []
            for row in rows:
                if row.result is not None:
                    found.append(Found(row.row, row.result))
                elif (one := said.get(row.row)) is not None:
                    found.append(one)
                else:
                    raise FileFault("form_invalid")  # a question without an answer
            repository.answer(connection, key, check, found)


def _asked_to_show(request: Request) -> frozenset[str]:
    """What the gateway lets whoever asks learn; where it says nothing, nothing."""
    return _SHOWS & set(request.headers.get("padan-shows", "").split(","))


def _shown(check: Check, request: Request) -> frozenset[str]:
    """What both the sender of a list and its reader may learn."""
    return _asked_to_show(request) & frozenset(check.shows)
