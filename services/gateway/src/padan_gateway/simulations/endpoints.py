"""POST /v1/simulations: what a candidate policy would change. Eligibility evaluates; names come from the views."""

import asyncio
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Response
from padan_runtime.http import json_response
from pydantic import BaseModel
from pydantic import Field as Described

from padan_gateway import problems, regions
from padan_gateway.batches.passthrough import on_behalf_of
from padan_gateway.domain.access import Action, Field, Purpose, Right, Sight, right, sight
from padan_gateway.parts import Parts
from padan_gateway.signin.context import log_read, seen_by
from padan_gateway.signin.door import StatedPurpose
from padan_gateway.signin.tokens import Caller
from padan_gateway.simulations import repository
from padan_gateway.simulations.answers import SimulationAnswer

_CODES: Final = (
    "policy_invalid, policy_not_yours, programme_unknown, candidate_missing, region_forbidden, "
    "quota_outside_programme, quota_outside_region, quota_exceeds_nation, simulation_running, simulation_too_long, "
    "simulation_backdated, simulation_past_unreadable, period_unknown, period_not_closed"
)
_WITHIN_S: Final = 150.0
_PAST_WITHIN_S: Final = 600.0
_NAMES: Final = (Field.NAME, Field.EXPLANATION)
"""Who wins by a policy of one's own making says of a family what its sealed facts are, as an explanation does."""


_Regency = Annotated[str, Described(pattern="^[0-9]{4}$")]
_Places = Annotated[int, Described(ge=0, le=100_000_000)]


class SimulationForm(BaseModel):
    """A candidate policy or candidate quotas, and of whom."""

    policy: str | None = Described(
        default=None, description="The policy as a YAML document (docs/facts.md).", max_length=60_000
    )
    programme: str | None = Described(
        default=None,
        pattern="^[a-z][a-z0-9_]{1,40}$",
        description="Without a document: whose policy in force is meant.",
    )
    quotas: dict[_Regency, _Places] = Described(
        default_factory=dict, description="Candidate quotas by regency.", examples=[{"3318": 1200}], max_length=600
    )
    region: str | None = Described(
        default=None, pattern="^([0-9]{2}|[0-9]{4})$", description="Within your own region (default: all of it)."
    )
    period_id: UUID | None = Described(
        default=None, description="A closed period: families as they were at its cut (default: as they are now)."
    )
    as_of: date | None = Described(
        default=None, description="Today, or the date of the period's cut, or later (default: that)."
    )
    named: bool = Described(default=False, description="Name families; takes a purpose, and is logged.")


def _require_names(caller: Caller, purpose: Purpose | None) -> None:
    """Raises `Problem` role_forbidden and purpose_missing."""
    if any(right(caller.role, field) is not Right.PURPOSE for field in _NAMES):
        raise problems.role_forbidden()
    if any(sight(caller.role, field, purpose) is not Sight.FULL for field in _NAMES):
        raise problems.purpose_missing()


def router(parts: Parts) -> APIRouter:
    """The endpoints of this slice."""
    routes = APIRouter(tags=["policies"])
    simulates = Depends(parts.door.for_(Action.SIMULATE_POLICY))

    def named(families: list[dict[str, Any]], caller: Caller, purpose: Purpose | None) -> list[dict[str, Any]]:
        ids = [UUID(family["household_id"]) for family in families]
        with seen_by(parts.reader, caller) as connection:
            names = repository.names(connection, ids)
            log_read(connection, caller, purpose, Action.SIMULATE_POLICY, _NAMES, households=names)
        return [
            {**family, "name": names[household_id]}
            for family, household_id in zip(families, ids, strict=True)
            if household_id in names
        ]

    @routes.post(
        "/v1/simulations",
        summary="What a candidate policy or quota would change; nothing is changed by asking",
        response_model=SimulationAnswer,
        responses={
            **problems.responses(
                *problems.SIGNED_IN,
                problems.region_forbidden,
                problems.purpose_missing,
                problems.request_invalid,
                lambda: problems.service_unavailable("eligibility"),
            ),
            **problems.passed_through(_CODES),
        },
    )
    async def simulate(
        form: SimulationForm, caller: Annotated[Caller, simulates], purpose: StatedPurpose = None
    ) -> Response:
        if form.region is not None:
            regions.asked_of(caller.scope, form.region)
        for regency in form.quotas:
            regions.scope_of(regency)
        if form.named:
            _require_names(caller, purpose)
        headers = {**on_behalf_of(caller), "Content-Type": "application/json"}
        found = await parts.eligibility.document(
            "POST",
            "/simulations",
            headers,
            msgspec.json.encode(form.model_dump()),
            timeout_s=_WITHIN_S if form.period_id is None else _PAST_WITHIN_S,
        )
        found["by_region"] = [
            {"regency": regions.named(regency), **compared} for regency, compared in found.pop("by_regency").items()
        ]
        found["ledgers"] = [{**one, "regency": regions.named(one["regency"])} for one in found["ledgers"]]
        if found["named"] is not None:
            found["named"] = await asyncio.to_thread(named, found["named"], caller, purpose)
        return json_response(found)

    return routes
