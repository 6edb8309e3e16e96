"""GET and POST /v1/policies, and what two people do to a draft. Eligibility decides; this is the door to it."""

from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request, Response
from padan_runtime.http import json_response
from pydantic import BaseModel
from pydantic import Field as Described

from padan_gateway import problems
from padan_gateway.batches.passthrough import on_behalf_of
from padan_gateway.domain.access import Action
from padan_gateway.parts import Parts
from padan_gateway.signin.tokens import Caller

_CODES: Final = (
    "policy_invalid, policy_circular, policy_unknown, policy_not_yours, policy_version_published, policy_backdated, "
    "second_person_needed, policy_not_reviewed, policy_changed_since"
)


class PolicyPart(BaseModel):
    """A version of a programme's policy. `state`: drafted, reviewed or published; only what is published decides."""

    programme: str = Described(examples=["pkh"])
    version: str = Described(examples=["2025.1"])
    state: str = Described(examples=["published"])
    name_id: str
    name_en: str
    owner: str = Described(description="A national body by its name, or a region by its code.", examples=["ministry"])
    effective_from: date
    effective_until: date | None
    answers_needs: list[str] | None = Described(default=None, examples=[["neglected_elderly"]])
    order: list[str] | None = Described(
        default=None, description="Its own order of the waiting list.", examples=[["component:elderly"]]
    )
    source: str
    digest: str = Described(description="SHA-256 of the document; a review names what it agrees to by it.")
    drafted_by: str | None = Described(description="Null: it came with the system.")
    reviewed_by: str | None
    published_by: str | None


class PolicyDocument(PolicyPart):
    """The same, with the document as plain data."""

    document: dict[str, Any]


class PoliciesAnswer(BaseModel):
    """Every version, by programme."""

    policies: list[PolicyPart]


class ReviewForm(BaseModel):
    """What the reviewer read and agrees to."""

    digest: str = Described(pattern="^[0-9a-f]{64}$")


PROGRAMME = Annotated[str, Path(pattern="^[a-z][a-z0-9_]{1,40}$")]
VERSION = Annotated[str, Path(pattern="^[0-9]{4}\\.[0-9]{1,6}$")]
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The policy as a YAML document (docs/facts.md), at most 64,000 bytes.",
        "content": {"application/yaml": {"schema": {"type": "string"}}},
    }
}


def router(parts: Parts) -> APIRouter:
    """The endpoints of this slice."""
    routes = APIRouter(tags=["policies"])
    reads = Depends(parts.door.for_(Action.READ_POLICIES))
    publishes = Depends(parts.door.for_(Action.PUBLISH_POLICY))
    answers: dict[int | str, dict[str, Any]] = {
        **problems.responses(*problems.SIGNED_IN, lambda: problems.service_unavailable("eligibility")),
        **problems.passed_through(_CODES),
    }

    async def asked(method: str, path: str, caller: Caller, content: bytes | None = None) -> Any:
        return await parts.eligibility.document(method, path, on_behalf_of(caller), content, timeout_s=30)

    @routes.get(
        "/v1/policies",
        summary="The policies of all programmes, and how far each draft has come",
        response_model=PoliciesAnswer,
        responses=answers,
    )
    async def listed(caller: Annotated[Caller, reads]) -> Response:
        return json_response(await asked("GET", "/policies", caller))

    @routes.get(
        "/v1/policies/{programme}/{version}",
        summary="One version of a policy, with its document",
        response_model=PolicyDocument,
        responses=answers,
    )
    async def one(programme: PROGRAMME, version: VERSION, caller: Annotated[Caller, reads]) -> Response:
        return json_response(await asked("GET", f"/policies/{programme}/{version}", caller))

    @routes.post(
        "/v1/policies",
        status_code=201,
        summary="Draft a policy of your own programme",
        response_model=PolicyPart,
        responses=answers,
        openapi_extra=_BODY,
    )
    async def draft(request: Request, caller: Annotated[Caller, publishes]) -> Response:
        return json_response(await asked("POST", "/policies", caller, await request.body()), status=201)

    @routes.post(
        "/v1/policies/{programme}/{version}/review",
        summary="Agree to somebody else's draft",
        response_model=PolicyPart,
        responses=answers,
    )
    async def review(
        programme: PROGRAMME, version: VERSION, form: ReviewForm, caller: Annotated[Caller, publishes]
    ) -> Response:
        body = form.model_dump_json().encode()
        return json_response(await asked("POST", f"/policies/{programme}/{version}/review", caller, body))

    @routes.post(
        "/v1/policies/{programme}/{version}/publish",
        summary="Publish somebody else's draft that was agreed to",
        response_model=PolicyPart,
        responses=answers,
    )
    async def publish(programme: PROGRAMME, version: VERSION, caller: Annotated[Caller, publishes]) -> Response:
        return json_response(await asked("POST", f"/policies/{programme}/{version}/publish", caller))

    return routes
