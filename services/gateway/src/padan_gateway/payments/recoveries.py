"""/v1/recoveries and /v1/findings: money that has to come back, and payments that should not have been."""

from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from padan_runtime.http import json_response
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Described

from padan_gateway.domain.access import Action
from padan_gateway.parts import Parts
from padan_gateway.payments.answers import FindingKind, FindingsAnswer, RecoveriesAnswer, RecoveryPart
from padan_gateway.payments.asking import Asking, Key, named, responses
from padan_gateway.signin.tokens import Caller

_Programme = Annotated[str | None, Query(pattern="^[a-z][a-z0-9_]{1,40}$", examples=["pkh"])]
_FIRST: Final = UUID(int=0)
_Limit = Annotated[int, Query(ge=1, le=1_000)]


class SettleForm(BaseModel):
    """How a recovery was settled, and what of it came back, in rupiah."""

    model_config = ConfigDict(extra="forbid")

    outcome: Literal["returned", "received_by_family", "written_off", "unfounded"]
    amount_idr: int = Described(default=0, ge=0)


def router(parts: Parts) -> APIRouter:
    """The endpoints of this module."""
    routes, asked, answers = APIRouter(tags=["payments"]), Asking(parts), responses()
    reads = Depends(parts.door.for_(Action.READ_PAYMENTS))
    orders = Depends(parts.door.for_(Action.ORDER_PAYMENTS))
    audits = Depends(parts.door.for_(Action.READ_FINDINGS))

    @routes.get(
        "/v1/recoveries",
        summary="Money that has to come back, or to be settled otherwise",
        response_model=RecoveriesAnswer,
        responses=answers,
    )
    async def recoveries(
        caller: Annotated[Caller, reads],
        *,
        state: Literal["open", "closed"] | None = None,
        programme: _Programme = None,
        cursor: Annotated[UUID, Query(description="`next_cursor` of the page before.")] = _FIRST,
        limit: _Limit = 100,
    ) -> Response:
        body = {"after": cursor, "limit": limit, "state": state, "programme": programme}
        found = await asked("POST", "/recoveries", caller, body)
        return json_response({"recoveries": [named(one) for one in found["recoveries"]], "next_cursor": found["next"]})

    @routes.post(
        "/v1/recoveries/{recovery_id}/close",
        summary="Say how a recovery was settled",
        response_model=RecoveryPart,
        responses=answers,
    )
    async def close(
        recovery_id: UUID, form: SettleForm, caller: Annotated[Caller, orders], idempotency_key: Key
    ) -> Response:
        body = {**form.model_dump(), "request": idempotency_key}
        closed = await asked("POST", f"/recoveries/{recovery_id}/close", caller, body)
        return json_response(named(closed["recovery"]))

    @routes.get(
        "/v1/findings",
        summary="Payments that should not have been, each with the events that prove it",
        response_model=FindingsAnswer,
        responses=answers,
    )
    async def findings(
        caller: Annotated[Caller, audits],
        *,
        kind: FindingKind | None = None,
        programme: _Programme = None,
        stage: Annotated[str | None, Query(pattern="^[0-9]{4}-T[1-4]$", examples=["2026-T1"])] = None,
        cursor: Annotated[str, Query(max_length=200, description="`next_cursor` of the page before.")] = "",
        limit: _Limit = 100,
    ) -> Response:
        body = {"kind": kind, "programme": programme, "stage": stage, "after": cursor, "limit": limit}
        found = await asked("POST", "/findings", caller, body)
        return json_response({"findings": [named(one) for one in found["findings"]], "next_cursor": found["next"]})

    return routes
