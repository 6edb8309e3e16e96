"""POST /v1/register-matches: what foreign registers say of people; it opens reviews, and ends nothing."""

import asyncio
from datetime import date
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Header, Response
from padan_events.reviews import ForeignRegister
from padan_runtime.http import json_response
from padan_runtime.sealing import keyed_hash
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Described

from padan_gateway import problems
from padan_gateway.batches.passthrough import on_behalf_of
from padan_gateway.domain.access import Action, Field, Purpose
from padan_gateway.domain.lens import Lens
from padan_gateway.domain.regions import Level
from padan_gateway.parts import Parts
from padan_gateway.signin.context import log_read, seen_by
from padan_gateway.signin.door import StatedPurpose
from padan_gateway.signin.tokens import Caller


class MatchForm(BaseModel):
    """One entry of a register. `reference` is its name in that register: told again, by whomever, it is the same."""

    model_config = ConfigDict(extra="forbid")

    nik: str = Described(description="16 digits.", examples=["3318014507800001"], max_length=32)
    register_: ForeignRegister = Described(alias="register")
    reference: str = Described(min_length=1, max_length=200, examples=["AHU-2026-117"])
    matched_on: date
    detail: str = Described(default="", max_length=200, description="The register's own code.", examples=["director"])


class MatchesForm(BaseModel):
    """Entries of foreign registers about people."""

    model_config = ConfigDict(extra="forbid")

    matches: list[MatchForm] = Described(min_length=1, max_length=1_000)


class MatchPart(BaseModel):
    """What became of one, counted from 1: `reported`; `told_already`, by this list or another; `refused`, and why. A
    person outside of the sender's region is not in the register as far as the sender is told."""

    item: int
    state: str = Described(examples=["reported"])
    code: str | None = Described(default=None, examples=["not_in_register"])
    id: str | None = None
    en: str | None = None
    next_id: str | None = None
    next_en: str | None = None


class MatchesAnswer(BaseModel):
    """What became of a list; under the same Idempotency-Key the same for ever."""

    reported: int
    told_already: int
    refused: int
    matches: list[MatchPart]


def router(parts: Parts) -> APIRouter:
    """The endpoint of this slice."""
    routes = APIRouter(tags=["reviews"])
    tells = Depends(parts.door.for_(Action.REPORT_MATCHES))

    def seen(caller: Caller, purpose: Purpose, niks: list[str]) -> set[bytes]:
        """The hashes of those of these NIKs whose people live in the caller's region, in households of the register.

        The answer says of each NIK whether the register holds it: that is logged here, before anybody is asked.
        Raises `Problem` role_forbidden."""
        lens = Lens(caller.role, purpose)
        if lens.show(Field.LIST_RESULT, niks) is None:
            raise problems.role_forbidden()
        hashes = [keyed_hash(parts.nik_hash_key, nik) for nik in niks]
        with seen_by(parts.reader, caller) as connection:
            rows = connection.execute(
                "SELECT p.nik_hash, p.person_id, h.household_id FROM person_view p "
                "JOIN household_view h ON h.household_id = p.household_id WHERE p.nik_hash = ANY(%b)",
                [hashes],
                binary=True,
            ).fetchall()
            # `rows`, too: registry-ingest may know people whom the views do not have yet.
            log_read(
                connection, caller, purpose, Action.REPORT_MATCHES, lens.unmasked,
                households={household_id for _, _, household_id in rows},
                persons={person_id for _, person_id, _ in rows},
                rows=len(niks),
            )  # fmt: skip
        return {bytes(nik_hash) for nik_hash, _, _ in rows}

    @routes.post(
        "/v1/register-matches",
        summary="Tell of people whom a foreign register names: it opens reviews, and ends nothing",
        response_model=MatchesAnswer,
        responses={
            **problems.responses(
                *problems.SIGNED_IN,
                problems.purpose_missing,
                problems.request_invalid,
                problems.body_too_large,
                lambda: problems.service_unavailable("registry-ingest"),
            ),
            **problems.passed_through("idempotency_key_reused"),
        },
    )
    async def tell(
        form: MatchesForm,
        caller: Annotated[Caller, tells],
        idempotency_key: Annotated[
            str, Header(alias="Idempotency-Key", min_length=1, max_length=200, description="Names this list.")
        ],
        purpose: StatedPurpose = None,
    ) -> Response:
        if purpose is None:
            raise problems.purpose_missing()
        known = await asyncio.to_thread(seen, caller, purpose, [one.nik for one in form.matches])
        matches: list[dict[str, Any]] = [one.model_dump(mode="json", by_alias=True) for one in form.matches]
        if caller.scope.level is not Level.NATION:
            for one in matches:
                one["within"] = keyed_hash(parts.nik_hash_key, one["nik"]) in known
        body = msgspec.json.encode({"matches": matches, "request": idempotency_key})
        headers = {**on_behalf_of(caller), "Content-Type": "application/json"}
        return json_response(
            await parts.registry_ingest.document("POST", "/register-matches", headers, body, timeout_s=60)
        )

    return routes
