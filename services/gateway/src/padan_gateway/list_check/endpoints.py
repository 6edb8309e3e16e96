"""/v1/list-checks: a list goes in, counts and a result for each row come back."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Described

from padan_gateway import problems
from padan_gateway.answers import WatermarkPart, answer
from padan_gateway.batches.answers import ProgressPart
from padan_gateway.batches.passthrough import PassThrough, on_behalf_of
from padan_gateway.domain.access import Action, Field, Purpose
from padan_gateway.domain.list_matching import SENT, SHOWN, counted_for, may_read_others, shown_to
from padan_gateway.list_check import repository
from padan_gateway.list_check.repository import Sender
from padan_gateway.parts import Parts
from padan_gateway.problems import ProblemDocument
from padan_gateway.signin.context import log_read, seen_by
from padan_gateway.signin.door import StatedPurpose
from padan_gateway.signin.tokens import Caller

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_UPLOAD_TIMEOUT_S = 300.0
State = Literal["received", "reading", "checking", "done", "failed"]


class ListCheckTaken(BaseModel):
    """A list was taken; follow it by its id."""

    model_config = ConfigDict(extra="allow")

    check_id: UUID
    state: State


class ListCheckAnswer(BaseModel):
    """Where a check is, and how its rows came out. Holds nothing of a person.

    Results: registered (in the caller's region), registered_elsewhere (where is not told), deceased, recorded_dead (in
    a household that is not active any more), not_registered, nik_invalid, duplicate_in_list; name_differs and
    birth_date_differs are counted besides. Which of them a role learns stands in the access table.
    """

    model_config = ConfigDict(extra="allow")

    check_id: UUID
    state: State
    problem: ProblemDocument | None = None
    received_at: datetime
    finished_at: datetime | None = None
    rows: int | None = None
    progress: ProgressPart
    results: dict[str, int] = Described(examples=[{"registered": 312, "not_registered": 41}])
    decile_groups: dict[str, int] = Described(examples=[{"1-4": 205, "5": 12, "6-10": 30}])
    words: dict[str, dict[str, str]]
    watermark: WatermarkPart


LIST_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "CSV or XLSX with NIK and, as you like, NAMA and TGL_LAHIR.",
                        }
                    },
                }
            }
        },
    }
}


class _Lists:
    """What every endpoint of this slice does on the way to registry-ingest."""

    def __init__(self, parts: Parts) -> None:
        self._parts, self._through = parts, PassThrough(parts)

    def remember(self, check_id: UUID, caller: Caller, purpose: Purpose) -> None:
        with seen_by(self._parts.reader, caller) as connection:
            repository.sent(connection, check_id, caller, purpose)

    def sender(self, check_id: UUID, caller: Caller) -> Sender:
        """Raises `Problem` check_not_found for a check that is not of the region, or of others who are not for it."""
        with seen_by(self._parts.reader, caller) as connection:
            sender = repository.sender(connection, check_id)
        if sender is None or not (sender.subject == caller.subject or may_read_others(caller.role)):
            raise problems.check_not_found()
        return sender

    async def document(self, check_id: UUID, caller: Caller, sender: Sender) -> Any:
        """Where a check is, in numbers that both its sender and its reader may learn. Raises `Refused`."""
        shown = counted_for(sender.role) & counted_for(caller.role)
        headers = on_behalf_of(caller) | _shows(shown)
        return await self._parts.registry_ingest.json(f"/list-checks/{check_id}", headers)

    async def rows(self, check_id: UUID, name: str, caller: Caller, purpose: Purpose | None) -> Response:
        if purpose is None:
            raise problems.purpose_missing()
        sender = await asyncio.to_thread(self.sender, check_id, caller)
        report = await self.document(check_id, caller, sender)
        if report["state"] != "done":
            # Not left to registry-ingest: done a moment later, it would give rows whose read nobody logged.
            raise problems.report_not_ready()
        shown = shown_to(sender.role, sender.purpose) & shown_to(caller.role, purpose)
        given = frozenset() if sender.subject == caller.subject else SENT
        await asyncio.to_thread(self._log, check_id, caller, purpose, shown | given, report["rows"])
        return await self._through.download(f"/list-checks/{check_id}/{name}", caller, _shows(shown))

    def _log(self, check_id: UUID, caller: Caller, purpose: Purpose, fields: frozenset[Field], rows: int) -> None:
        with seen_by(self._parts.reader, caller) as connection:
            log_read(connection, caller, purpose, Action.CHECK_LIST, fields, upload_id=check_id, rows=rows)


def _shows(fields: frozenset[Field]) -> dict[str, str]:
    """The header that tells registry-ingest what may be shown."""
    return {"Padan-Shows": ",".join(sorted(SHOWN[field] for field in fields))}


def router(parts: Parts, wake: Callable[[], None]) -> APIRouter:
    """The endpoints of this slice. `wake` tells whoever works lists off that there is a new one."""
    routes = APIRouter(tags=["list checks"])
    through = _Lists(parts)
    checks = Depends(parts.door.for_(Action.CHECK_LIST))
    refusals = problems.passed_through("column_missing, list_too_long, report_not_ready and others")
    away = (*problems.SIGNED_IN, lambda: problems.service_unavailable("registry-ingest"))
    with_purpose = refusals | problems.responses(*away, problems.purpose_missing)
    of_check = refusals | problems.responses(*away, problems.check_not_found)
    with_rows = refusals | problems.responses(
        *away, problems.purpose_missing, problems.check_not_found, problems.report_not_ready
    )

    @routes.post(
        "/v1/list-checks",
        status_code=202,
        summary="Have a list of people held against the register",
        response_model=ListCheckTaken,
        responses=with_purpose,
        openapi_extra=LIST_BODY,
    )
    async def send(request: Request, caller: Annotated[Caller, checks], purpose: StatedPurpose = None) -> Response:
        if purpose is None:
            raise problems.purpose_missing()
        watermark = parts.watermark.document()
        check_id = uuid4()
        await asyncio.to_thread(through.remember, check_id, caller, purpose)
        headers = {
            **on_behalf_of(caller),
            "Padan-Upload-Id": str(check_id),
            **_shows(shown_to(caller.role, purpose)),
            "content-type": request.headers.get("content-type", ""),
        }
        taken = await parts.registry_ingest.document(
            "POST", "/list-checks", headers, request.stream(), timeout_s=_UPLOAD_TIMEOUT_S
        )
        wake()
        response = answer(taken, watermark, 202)
        response.headers["Location"] = f"/v1/list-checks/{check_id}"
        return response

    @routes.get(
        "/v1/list-checks/{check_id}",
        summary="How the rows of a list came out, in numbers",
        response_model=ListCheckAnswer,
        responses=of_check,
    )
    async def read(check_id: UUID, caller: Annotated[Caller, checks]) -> Response:
        watermark = parts.watermark.document()
        sender = await asyncio.to_thread(through.sender, check_id, caller)
        return answer(await through.document(check_id, caller, sender), watermark)

    @routes.get(
        "/v1/list-checks/{check_id}/rows.csv",
        summary="Every row of a list with its result",
        response_class=Response,
        responses={200: {"content": {"text/csv": {}}}, **with_rows},
    )
    async def all_rows(check_id: UUID, caller: Annotated[Caller, checks], purpose: StatedPurpose = None) -> Response:
        return await through.rows(check_id, "rows.csv", caller, purpose)

    @routes.get(
        "/v1/list-checks/{check_id}/result.xlsx",
        summary="The same as a workbook",
        response_class=Response,
        responses={200: {"content": {_XLSX: {}}}, **with_rows},
    )
    async def workbook(check_id: UUID, caller: Annotated[Caller, checks], purpose: StatedPurpose = None) -> Response:
        return await through.rows(check_id, "result.xlsx", caller, purpose)

    return routes
