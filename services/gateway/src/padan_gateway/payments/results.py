"""POST /v1/payment-lists/{list_id}/results: what the bank tells of accounts, payments and cards. Each is decided by
itself, and the same once more changes nothing."""

from collections import Counter
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from padan_runtime.http import json_response
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Described

from padan_gateway import problems
from padan_gateway.domain.access import Action
from padan_gateway.parts import Parts
from padan_gateway.payments.answers import Card, ResultsAnswer
from padan_gateway.payments.asking import Asking, Key, responses
from padan_gateway.signin.tokens import Caller


class ResultForm(BaseModel):
    """What happened to a line, and on which local date. `amount_idr` where it is paid: the line's. `reference`: the
    bank's own name of it, never a number of a person."""

    model_config = ConfigDict(extra="forbid")

    line: int = Described(ge=1, le=2_147_483_647)
    status: Literal["account_checked", "account_failed", "paid", "withdrawn", "not_withdrawn", "returned", "excluded"]
    on: date
    amount_idr: int | None = Described(default=None, ge=0)
    reason: str | None = Described(default=None, pattern="^[a-z][a-z0-9_]{0,40}$")
    reference: str | None = Described(default=None, min_length=1, max_length=64, pattern="^[A-Za-z0-9/._-]+$")
    card: Card | None = None


class ResultsForm(BaseModel):
    """Results of lines of one list."""

    model_config = ConfigDict(extra="forbid")

    results: list[ResultForm] = Described(min_length=1, max_length=1_000)


def router(parts: Parts) -> APIRouter:
    """The endpoint of this module."""
    routes, asked = APIRouter(tags=["payments"]), Asking(parts)
    gives = Depends(parts.door.for_(Action.GIVE_RESULTS))

    @routes.post(
        "/v1/payment-lists/{list_id}/results",
        summary="Tell what became of lines: the bank that the list names",
        response_model=ResultsAnswer,
        responses={**responses(), **problems.responses(problems.body_too_large)},
    )
    async def give(
        list_id: UUID, form: ResultsForm, caller: Annotated[Caller, gives], idempotency_key: Key
    ) -> Response:
        rows = [one.model_dump(mode="json", exclude_none=True) for one in form.results]
        body = {"results": rows, "request": idempotency_key}
        found = await asked("POST", f"/payment-lists/{list_id}/results", caller, body)
        counts = Counter(one["answer"] for one in found["results"])
        told = [_answered(one) for one in found["results"]]
        return json_response(
            {**{name: counts[name] for name in ("taken", "taken_already", "refused")}, "results": told}
        )

    return routes


def _answered(one: dict[str, Any]) -> dict[str, Any]:
    if one["answer"] != "refused":
        return {"line": one["line"], "answer": one["answer"]}
    detail, step = one["detail"], one["next_step"]
    words = {"id": detail["id"], "en": detail["en"], "next_id": step["id"], "next_en": step["en"]}
    return {"line": one["line"], "answer": one["answer"], "code": one["code"], **words}
