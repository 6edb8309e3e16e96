"""/v1/periods: opening and closing them, their sealed lists, and what differs between two. Eligibility seals; names
come from the views."""

import asyncio
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Header, Query, Response
from padan_runtime.http import json_response
from pydantic import BaseModel
from pydantic import Field as Described

from padan_gateway import problems, regions
from padan_gateway.batches.passthrough import on_behalf_of
from padan_gateway.domain.access import Action, Field
from padan_gateway.domain.lens import Lens
from padan_gateway.domain.regions import Level
from padan_gateway.parts import Parts
from padan_gateway.periods.answers import DifferenceAnswer, Kind, ListAnswer, PeriodPart, PeriodsAnswer
from padan_gateway.signin.context import log_read, seen_by
from padan_gateway.signin.door import StatedPurpose
from padan_gateway.signin.tokens import Caller
from padan_gateway.simulations import repository

_CODES: Final = (
    "period_unknown, period_name_invalid, period_programme_misplaced, period_region_wrong, period_not_yours, "
    "period_not_over, period_closed, period_not_closed, period_later_closed, period_earlier_open, period_facts_behind, "
    "period_events_parked, period_key_reused, periods_not_alike, programme_unknown"
)
_CLOSES_WITHIN_S: Final = 600.0
_FIRST: Final = UUID(int=0)
_Cursor = Annotated[UUID, Query(description="`next_cursor` of the page before.")]
_Limit = Annotated[int, Query(ge=1, le=1_000)]


class PeriodForm(BaseModel):
    """A period to be opened. Its region is your own; a stage is of all its programme's region."""

    kind: Kind
    name: str = Described(max_length=20, examples=["2026-11", "2026-H2", "2026-T2"])
    programme: str | None = Described(default=None, pattern="^[a-z][a-z0-9_]{1,40}$", examples=["pkh"])


def router(parts: Parts) -> APIRouter:
    """The endpoints of this slice."""
    routes = APIRouter(tags=["periods"])
    reads = Depends(parts.door.for_(Action.READ_PERIODS))
    closes = Depends(parts.door.for_(Action.CLOSE_PERIOD))
    answers: dict[int | str, dict[str, Any]] = {
        **problems.responses(
            *problems.SIGNED_IN,
            problems.region_forbidden,
            problems.request_invalid,
            lambda: problems.service_unavailable("eligibility"),
        ),
        **problems.passed_through(_CODES),
    }

    async def asked(
        method: str, path: str, caller: Caller, body: dict[str, Any] | None = None, *, timeout_s: float = 60
    ) -> Any:
        if caller.scope.level in {Level.DISTRICT, Level.VILLAGE}:
            raise problems.region_forbidden()  # lists know where a family lives down to its regency
        headers = {**on_behalf_of(caller), "Content-Type": "application/json"}
        content = None if body is None else msgspec.json.encode(body)
        return await parts.eligibility.document(method, path, headers, content, timeout_s=timeout_s)

    def shown(families: list[dict[str, Any]], caller: Caller, lens: Lens) -> list[dict[str, Any]]:
        ids = [UUID(family["household_id"]) for family in families]
        with seen_by(parts.reader, caller) as connection:
            names = repository.names(connection, ids)
            found = [
                {
                    **family,
                    "unmet": lens.show(Field.EXPLANATION, family["unmet"]),
                    "name": lens.show(Field.NAME, names.get(household_id)),
                }
                for family, household_id in zip(families, ids, strict=True)
            ]
            log_read(connection, caller, lens.purpose, Action.READ_PERIODS, lens.unmasked, households=ids)
        return found

    @routes.get(
        "/v1/periods",
        summary="Update months, half-year sets and disbursement stages, and how their lists are sealed",
        response_model=PeriodsAnswer,
        responses=answers,
    )
    async def listed(caller: Annotated[Caller, reads]) -> Response:
        found = await asked("GET", "/periods", caller)
        return json_response({"periods": [_named(period) for period in found["periods"]]})

    @routes.post(
        "/v1/periods",
        summary="Open a period of your own; one that is there stays as it stands",
        response_model=PeriodPart,
        responses=answers,
    )
    async def opened(form: PeriodForm, caller: Annotated[Caller, closes]) -> Response:
        return json_response(_named(await asked("POST", "/periods", caller, form.model_dump())))

    @routes.post(
        "/v1/periods/{period_id}/close",
        summary="Close a period of your own: its list is taken and sealed, once",
        response_model=PeriodPart,
        responses=answers,
    )
    async def closed(
        period_id: UUID,
        caller: Annotated[Caller, closes],
        idempotency_key: Annotated[
            str, Header(alias="Idempotency-Key", min_length=1, max_length=200, description="Names this request.")
        ],
    ) -> Response:
        path, body = f"/periods/{period_id}/close", {"request": idempotency_key}
        return json_response(_named(await asked("POST", path, caller, body, timeout_s=_CLOSES_WITHIN_S)))

    @routes.get(
        "/v1/periods/{period_id}/list",
        summary="The sealed list: the families of your region, as they were at its cut",
        response_model=ListAnswer,
        responses=answers,
    )
    async def families(
        period_id: UUID,
        caller: Annotated[Caller, reads],
        purpose: StatedPurpose = None,
        cursor: _Cursor = _FIRST,
        limit: _Limit = 100,
    ) -> Response:
        lens, body = Lens(caller.role, purpose), {"after": cursor, "limit": limit}
        found = await asked("POST", f"/periods/{period_id}/list", caller, body)
        page = await asyncio.to_thread(shown, found["families"], caller, lens)
        return json_response(
            {
                "period": _named(found["period"]),
                "families": page,
                "next_cursor": _next(page, limit),
                **lens.notes(),
            }
        )

    @routes.get(
        "/v1/periods/{period_id}/difference",
        summary="Who is new, gone or changed since another closed period, and why",
        response_model=DifferenceAnswer,
        responses=answers,
    )
    async def difference(
        period_id: UUID,
        caller: Annotated[Caller, reads],
        before: Annotated[UUID, Query(alias="from", description="The earlier period.")],
        cursor: _Cursor = _FIRST,
        limit: _Limit = 100,
    ) -> Response:
        body = {"after": cursor, "limit": limit, "before": before}
        found = await asked("POST", f"/periods/{period_id}/difference", caller, body, timeout_s=_CLOSES_WITHIN_S)
        return json_response(
            {
                "before": _named(found["before"]),
                "after": _named(found["after"]),
                "regencies": None
                if found["regencies"] is None
                else [{**one, "regency": regions.named(one["regency"])} for one in found["regencies"]],
                "families": found["families"],
                "next_cursor": _next(found["families"], limit),
            }
        )

    return routes


def _next(page: list[dict[str, Any]], limit: int) -> str | None:
    return page[-1]["household_id"] if len(page) == limit else None


def _named(period: dict[str, Any]) -> dict[str, Any]:
    closed = period["closed"]
    if closed is None:
        return period
    parts = [
        {"amount_idr": None, "ledger_seq": None, **part, "regency": regions.named(part["regency"])}
        for part in closed["regencies"]
    ]
    return {**period, "closed": {**closed, "regencies": parts}}
