"""/v1/payment-lists: made from a closed stage, read, ordered from the bank, held and let go. Eligibility keeps them;
names come from the views."""

import asyncio
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response
from padan_runtime.http import json_response
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Described

from padan_gateway.domain.access import Action, Field
from padan_gateway.domain.lens import Lens
from padan_gateway.parts import Parts
from padan_gateway.payments import repository
from padan_gateway.payments.answers import LinePart, LinesAnswer, ListPart, ListsAnswer, OrderAnswer, Status
from padan_gateway.payments.asking import LIST_WITHIN_S, Asking, Key, listed, responses
from padan_gateway.signin.context import log_read, seen_by
from padan_gateway.signin.door import StatedPurpose
from padan_gateway.signin.tokens import Caller

_Line = Annotated[int, Path(ge=1, description="Number of the line on the list.")]


class MakeForm(BaseModel):
    """The stage to pay, and the account (`sub` of its tokens) of the bank that pays it."""

    model_config = ConfigDict(extra="forbid")

    period_id: UUID
    bank: str = Described(pattern="^[A-Za-z0-9._-]{1,64}$", examples=["bank-himbara"])


class HoldForm(BaseModel):
    """Why a line is to wait, as a code of your own, and until when at the latest."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Described(pattern="^[a-z][a-z0-9_]{0,40}$", examples=["address_disputed"])
    until: date | None = None


class ReleaseForm(BaseModel):
    """Why a line goes on that waits for a caretaker, as a code of your own: the family's eldest living member is the
    recipient. Without it your own hold ends."""

    model_config = ConfigDict(extra="forbid")

    reason: str | None = Described(default=None, pattern="^[a-z][a-z0-9_]{0,40}$", examples=["children_alone"])


def router(parts: Parts) -> APIRouter:
    """The endpoints of payment lists and their lines."""
    routes, asked, answers = APIRouter(tags=["payments"]), Asking(parts), responses()
    reads = Depends(parts.door.for_(Action.READ_PAYMENTS))
    orders = Depends(parts.door.for_(Action.ORDER_PAYMENTS))

    def shown(lines: list[dict[str, Any]], caller: Caller, lens: Lens) -> list[dict[str, Any]]:
        persons = [UUID(line["recipient"]) for line in lines]
        with seen_by(parts.reader, caller) as connection:
            people = repository.people(connection, persons)
            found = [{**line, "recipient": _recipient(line["recipient"], people, lens)} for line in lines]
            households = [UUID(line["household_id"]) for line in lines]
            log_read(
                connection, caller, lens.purpose, Action.READ_PAYMENTS, lens.unmasked,
                households=households, persons=persons,
            )  # fmt: skip
        return found

    @routes.get(
        "/v1/payment-lists",
        summary="Payment lists of your programmes, region or bank",
        response_model=ListsAnswer,
        responses=answers,
    )
    async def lists(caller: Annotated[Caller, reads]) -> Response:
        found = await asked("GET", "/payment-lists", caller)
        return json_response({"lists": [listed(one) for one in found["lists"]]})

    @routes.post(
        "/v1/payment-lists",
        summary="Make the payment list of a closed stage of your own programme",
        response_model=ListPart,
        responses=answers,
    )
    async def make(form: MakeForm, caller: Annotated[Caller, orders], idempotency_key: Key) -> Response:
        body = {**form.model_dump(), "request": idempotency_key}
        return json_response(listed(await asked("POST", "/payment-lists", caller, body, timeout_s=LIST_WITHIN_S)))

    @routes.get(
        "/v1/payment-lists/{list_id}",
        summary="A payment list: what was listed, ordered, paid, held, and how much of each",
        response_model=ListPart,
        responses=answers,
    )
    async def one(list_id: UUID, caller: Annotated[Caller, reads]) -> Response:
        return json_response(listed(await asked("GET", f"/payment-lists/{list_id}", caller)))

    @routes.get(
        "/v1/payment-lists/{list_id}/lines",
        summary="Its lines, by number; who receives is masked without a purpose",
        response_model=LinesAnswer,
        responses=answers,
    )
    async def lines(
        list_id: UUID,
        caller: Annotated[Caller, reads],
        *,
        status: Annotated[Status | None, Query(description="Only those of this status.")] = None,
        held: Annotated[bool | None, Query(description="Only those that wait, or that do not.")] = None,
        household_id: UUID | None = None,
        cursor: Annotated[int, Query(ge=0, description="`next_cursor` of the page before.")] = 0,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
        purpose: StatedPurpose = None,
    ) -> Response:
        lens = Lens(caller.role, purpose)
        body = {"after": cursor, "limit": limit, "status": status, "held": held, "household_id": household_id}
        found = await asked("POST", f"/payment-lists/{list_id}/lines", caller, body)
        page = await asyncio.to_thread(shown, found["lines"], caller, lens)
        return json_response(
            {
                "list": listed(found["list"]),
                "lines": page,
                "next_cursor": page[-1]["line"] if len(page) == limit else None,
                **lens.notes(),
            }
        )

    @routes.post(
        "/v1/payment-lists/{list_id}/order",
        summary="Order from the bank what it has checked the accounts of, and nothing holds",
        response_model=OrderAnswer,
        responses=answers,
    )
    async def order(list_id: UUID, caller: Annotated[Caller, orders], idempotency_key: Key) -> Response:
        path, body = f"/payment-lists/{list_id}/order", {"request": idempotency_key}
        found = await asked("POST", path, caller, body, timeout_s=LIST_WITHIN_S)
        return json_response({**found, "list": listed(found["list"])})

    async def changed(list_id: UUID, what: str, caller: Caller, body: dict[str, Any]) -> Response:
        found = await asked("POST", f"/payment-lists/{list_id}/{what}", caller, body)
        (line,) = await asyncio.to_thread(shown, [found["line"]], caller, Lens(caller.role, None))
        return json_response(line)

    @routes.post(
        "/v1/payment-lists/{list_id}/lines/{line}/hold",
        summary="Hold a line that is not paid yet",
        response_model=LinePart,
        responses=answers,
    )
    async def hold(
        list_id: UUID, line: _Line, form: HoldForm, caller: Annotated[Caller, orders], idempotency_key: Key
    ) -> Response:
        body = {**form.model_dump(), "line": line, "request": idempotency_key}
        return await changed(list_id, "hold", caller, body)

    @routes.post(
        "/v1/payment-lists/{list_id}/lines/{line}/release",
        summary="Let a line go on that was held by hand, or that waits for a caretaker whom there will not be",
        response_model=LinePart,
        responses=answers,
    )
    async def release(
        list_id: UUID,
        line: _Line,
        caller: Annotated[Caller, orders],
        idempotency_key: Key,
        form: ReleaseForm | None = None,
    ) -> Response:
        body = {"line": line, "request": idempotency_key, "reason": None if form is None else form.reason}
        return await changed(list_id, "release", caller, body)

    return routes


def _recipient(person_id: str, people: Any, lens: Lens) -> dict[str, Any]:
    name, nik = people.get(UUID(person_id), (None, None))
    return {"person_id": person_id, "name": lens.show(Field.NAME, name), "nik": lens.show(Field.NIK, nik)}
