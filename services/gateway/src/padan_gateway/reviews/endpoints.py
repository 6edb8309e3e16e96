"""GET /v1/reviews and POST /v1/reviews/{review_id}/close. Eligibility decides who closes one."""

import asyncio
from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Header, Query, Response
from padan_runtime.http import json_response
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Described

from padan_gateway import problems, regions
from padan_gateway.answers import answer
from padan_gateway.batches.passthrough import on_behalf_of
from padan_gateway.domain.access import Action, Field
from padan_gateway.domain.lens import Lens
from padan_gateway.domain.regions import Scope
from padan_gateway.households.endpoints import require_address, within
from padan_gateway.parts import Parts
from padan_gateway.reviews import answers, repository
from padan_gateway.signin.context import log_read, seen_by
from padan_gateway.signin.door import StatedPurpose
from padan_gateway.signin.tokens import Caller

_CODES: Final = (
    "review_unknown, review_not_yours, review_passed_on, review_own_report, review_gone, review_closed, "
    "review_evidence_missing, review_key_reused, household_erased"
)
_CURSOR: Final = r"^$|^[0-9]{4}-[01][0-9]-[0-3][0-9]:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


class CloseForm(BaseModel):
    """What a review found. `founded` ends the family's aid, and takes a note or photos; photos are sent first, to the
    household that is reviewed."""

    model_config = ConfigDict(extra="forbid")

    outcome: Literal["unfounded", "founded"]
    note: str = Described(default="", max_length=2_000)
    photos: list[UUID] = Described(default_factory=list, max_length=20)


class CloseAnswer(BaseModel):
    """The review is closed. Where that ends aid, or begins it again, the next round takes it up."""

    review_id: UUID
    outcome: str
    event_id: UUID


def _after(cursor: str) -> tuple[date, UUID]:
    """What a cursor names. Raises `Problem` cursor_invalid."""
    if not cursor:
        return date(1900, 1, 1), UUID(int=0)
    due_on, _, review_id = cursor.partition(":")
    try:
        return date.fromisoformat(due_on), UUID(review_id)
    except ValueError:
        raise problems.cursor_invalid() from None


def router(parts: Parts) -> APIRouter:
    """The endpoints of this slice."""
    routes = APIRouter(tags=["reviews"])
    reads = Depends(parts.door.for_(Action.READ_REVIEWS))
    closes = Depends(parts.door.for_(Action.CLOSE_REVIEW))

    def read_rows(
        caller: Caller, lens: Lens, listed: Scope, state: str, *, after: tuple[date, UUID], limit: int
    ) -> tuple[Sequence[dict[str, Any]], bool]:
        """The rows, and whether with what is sealed in them."""
        with seen_by(parts.reader, caller) as connection:
            rows = repository.listed(connection, listed, state, today=answers.today(), after=after, limit=limit)
            if lens.show(Field.DECISION, rows) is None:
                raise problems.role_forbidden()
            opened = bool(lens.show(Field.REVIEW, rows or None))
            households, persons = {row["household_id"] for row in rows}, {row["person_id"] for row in rows}
            log_read(
                connection, caller, lens.purpose, Action.READ_REVIEWS, lens.unmasked,
                households=households, persons=persons,
            )  # fmt: skip
        return rows, opened

    @routes.get(
        "/v1/reviews",
        summary="Reviews of matches with foreign registers, those due first first",
        response_model=answers.ReviewsAnswer,
        responses=problems.responses(
            *problems.SIGNED_IN,
            problems.region_forbidden,
            problems.cursor_invalid,
            problems.request_invalid,
            problems.position_invalid,
            problems.view_behind,
            lambda: problems.service_unavailable("household"),
        ),
        dependencies=[Depends(parts.reached)],
    )
    async def listing(
        caller: Annotated[Caller, reads],
        *,
        state: answers.ReviewState = answers.ReviewState.OPEN,
        region: Annotated[
            str | None, Query(description="Kemendagri code within your own region (default: all of it).")
        ] = None,
        cursor: Annotated[str, Query(pattern=_CURSOR, description="`next_cursor` of the page before.")] = "",
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        purpose: StatedPurpose = None,
    ) -> Response:
        listed = regions.asked_of(caller.scope, region)
        require_address(caller, listed, purpose)
        watermark, lens = parts.watermark.document(), Lens(caller.role, purpose)
        rows, opened = await asyncio.to_thread(
            partial(read_rows, caller, lens, listed, state.value, after=_after(cursor), limit=limit)
        )
        found: Sequence[Any] = await answers.findings(parts.keys, rows) if opened else [None] * len(rows)
        page = {
            "region": listed.name,
            "reviews": [answers.review(row, finding) for row, finding in zip(rows, found, strict=True)],
            "next_cursor": f"{rows[-1]['due_on']}:{rows[-1]['review_id']}" if len(rows) == limit else None,
        }
        return answer({**page, **lens.notes()}, watermark)

    def household_of(review_id: UUID, caller: Caller) -> UUID:
        with seen_by(parts.reader, caller) as connection:
            row = repository.one(connection, review_id)
        if row is None or not within(caller, row):
            raise problems.review_unknown()
        household_id: UUID = row["household_id"]
        return household_id

    @routes.post(
        "/v1/reviews/{review_id}/close",
        summary="Say what a review found",
        response_model=CloseAnswer,
        responses={
            **problems.responses(
                *problems.SIGNED_IN,
                problems.review_unknown,
                problems.photo_unknown,
                problems.request_invalid,
                lambda: problems.service_unavailable("eligibility"),
            ),
            **problems.passed_through(_CODES),
        },
    )
    async def close(
        review_id: UUID,
        form: CloseForm,
        caller: Annotated[Caller, closes],
        idempotency_key: Annotated[
            str, Header(alias="Idempotency-Key", min_length=1, max_length=200, description="Names this request.")
        ],
    ) -> Response:
        household_id = await asyncio.to_thread(household_of, review_id, caller)
        if form.photos:
            kept = await parts.registry_ingest.json(f"/households/{household_id}/photos", on_behalf_of(caller))
            if not {str(photo) for photo in form.photos} <= {one["photo_id"] for one in kept["photos"]}:
                raise problems.photo_unknown()
        body = {**form.model_dump(mode="json"), "request": idempotency_key}
        headers = {**on_behalf_of(caller), "Content-Type": "application/json"}
        path = f"/reviews/{review_id}/close"
        return json_response(
            await parts.eligibility.document("POST", path, headers, msgspec.json.encode(body), timeout_s=30)
        )

    return routes
