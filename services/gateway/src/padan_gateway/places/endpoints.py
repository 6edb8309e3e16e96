"""How many places a programme has and who waits for one, who is entitled without, and setting how many there may be."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Header, Path, Query, Response
from padan_events.envelope import rfc3339
from padan_runtime.http import json_response
from pydantic import BaseModel
from pydantic import Field as Described

from padan_gateway import problems, regions
from padan_gateway.answers import Answer, Model, answer
from padan_gateway.batches.passthrough import on_behalf_of
from padan_gateway.domain.access import Action, Field
from padan_gateway.domain.lens import Lens
from padan_gateway.eligibility.places import NO_DECILE
from padan_gateway.parts import Parts
from padan_gateway.places import repository
from padan_gateway.signin.context import seen_by
from padan_gateway.signin.tokens import Caller

_CODES: Final = (
    "programme_unknown, policy_not_yours, region_unknown, quota_outside_programme, quota_exceeds_nation, "
    "idempotency_key_reused, facts_outdated"
)
_PROGRAMME: Final = "^[a-z][a-z0-9_]{1,40}$"
_CURSOR: Final = r"^$|^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
"""The last family of a page: a rank in it would tell what only some may know of a family."""
_REGENCY: Final = "^[0-9]{4}$"


class LedgerPart(Model):
    """A programme in a regency as its last round left it. `excess`: places above a quota that was lowered since; none
    of them ends by that, and nobody is promoted until it is 0."""

    programme: str = Described(examples=["pkh"])
    regency: str = Described(examples=["3318"])
    quota: int
    places: int
    waiting: int
    excess: int
    round: int
    as_of: date


class LedgersAnswer(Answer):
    """By programme and regency; only where a quota was set."""

    ledgers: list[LedgerPart]


class WaitingPart(Model):
    """A family that waits. `rank` counts from 1 among all who wait in the regency, also those the caller does not
    see."""

    household_id: UUID
    rank: int
    decile: int | None
    determined_on: date
    since: datetime


class WaitingAnswer(Answer):
    """Those who wait, as far as the caller sees them, the first first."""

    programme: str
    regency: str
    families: list[WaitingPart]
    next_cursor: str | None


class UnservedPart(Model):
    """Families that are determined, entitled and hold no place, and what serving them would cost a year, in rupiah (aid
    in kind: 0)."""

    programme: str = Described(examples=["pkh"])
    regency: str = Described(examples=["3318"])
    families: int
    annual_idr: int


class UnservedAnswer(Answer):
    """Of a region, by programme and regency."""

    region: str = Described(examples=["3318"])
    unserved: list[UnservedPart]


class QuotaForm(BaseModel):
    """Places that a programme may have in a regency; without one, in all regencies together."""

    programme: str = Described(pattern=_PROGRAMME, examples=["pkh"])
    regency: str | None = Described(default=None, pattern=_REGENCY, examples=["3318"])
    places: int = Described(ge=0, le=100_000_000)


class QuotaAnswer(BaseModel):
    """The quota was set; the next round takes it up."""

    event_id: UUID


def _waits(row: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: row[name] for name in ("household_id", "rank", "determined_on")}
    decile = None if row["decile"] == NO_DECILE else row["decile"]
    return {**plain, "decile": decile, "since": rfc3339(row["since"])}


def router(parts: Parts) -> APIRouter:
    """The endpoints of this slice."""
    routes = APIRouter(tags=["places"])
    reads = Depends(parts.door.for_(Action.READ_ELIGIBILITY))
    sets = Depends(parts.door.for_(Action.SET_QUOTA))

    @routes.get(
        "/v1/places",
        summary="Quota, places and waiting families of programmes by regency",
        response_model=LedgersAnswer,
        responses=problems.responses(
            *problems.SIGNED_IN, problems.request_invalid, problems.position_invalid, problems.view_behind
        ),
        dependencies=[Depends(parts.reached)],
    )
    def ledgers(
        caller: Annotated[Caller, reads],
        programme: Annotated[str | None, Query(pattern=_PROGRAMME)] = None,
        regency: Annotated[str | None, Query(pattern=_REGENCY)] = None,
    ) -> Response:
        watermark = parts.watermark.document()
        with seen_by(parts.reader, caller) as connection:
            rows = repository.ledgers(connection, programme, regency)
        return answer({"ledgers": rows}, watermark)

    @routes.get(
        "/v1/places/{programme}/{regency}/waiting",
        summary="Who waits for a place, in order",
        response_model=WaitingAnswer,
        responses=problems.responses(
            *problems.SIGNED_IN, problems.request_invalid, problems.position_invalid, problems.view_behind
        ),
        dependencies=[Depends(parts.reached)],
    )
    def waiting(
        programme: Annotated[str, Path(pattern=_PROGRAMME)],
        regency: Annotated[str, Path(pattern=_REGENCY)],
        caller: Annotated[Caller, reads],
        cursor: Annotated[str, Query(pattern=_CURSOR, description="`next_cursor` of the page before.")] = "",
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> Response:
        watermark, lens = parts.watermark.document(), Lens(caller.role, None)
        with seen_by(parts.reader, caller) as connection:
            after = repository.rank_of(connection, programme, UUID(cursor)) if cursor else ()
            if after is None:  # it has left the list since
                raise problems.request_invalid([("query.cursor", "value_invalid")])
            rows = repository.waiting(connection, programme, regency, after, limit)
        shown = lens.show(Field.DECISION, [_waits(row) for row in rows])
        if shown is None:
            raise problems.role_forbidden()
        page = {"programme": programme, "regency": regency, "families": shown}
        return answer({**page, "next_cursor": str(rows[-1]["household_id"]) if len(rows) == limit else None}, watermark)

    @routes.get(
        "/v1/unserved",
        summary="Families that are entitled and hold no place, by programme and regency, and what it would cost",
        response_model=UnservedAnswer,
        responses=problems.responses(
            *problems.SIGNED_IN, problems.region_forbidden, problems.position_invalid, problems.view_behind
        ),
        dependencies=[Depends(parts.reached)],
    )
    def unserved(
        caller: Annotated[Caller, reads],
        region: Annotated[
            str | None, Query(description="Kemendagri code within your own region (default: all of it).")
        ] = None,
    ) -> Response:
        asked = regions.asked_of(caller.scope, region)
        watermark = parts.watermark.document()
        with seen_by(parts.reader, caller) as connection:
            rows = repository.unserved(connection, asked)
        return answer({"region": asked.name, "unserved": rows}, watermark)

    @routes.post(
        "/v1/quotas",
        summary="Set how many places a programme of yours may have",
        response_model=QuotaAnswer,
        responses={
            **problems.responses(
                *problems.SIGNED_IN, problems.request_invalid, lambda: problems.service_unavailable("eligibility")
            ),
            **problems.passed_through(_CODES),
        },
    )
    async def quota(
        form: QuotaForm,
        caller: Annotated[Caller, sets],
        idempotency_key: Annotated[
            str, Header(alias="Idempotency-Key", min_length=1, max_length=200, description="Names this request.")
        ],
    ) -> Response:
        if form.regency is not None:
            regions.scope_of(form.regency)
        body: dict[str, Any] = {**form.model_dump(), "request": idempotency_key}
        headers = {**on_behalf_of(caller), "Content-Type": "application/json"}
        return json_response(
            await parts.eligibility.document("POST", "/quotas", headers, msgspec.json.encode(body), timeout_s=60)
        )

    return routes
