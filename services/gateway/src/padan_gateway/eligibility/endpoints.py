"""GET /v1/households/{household_id}/eligibility: decisions, with their explanation opened for who may read it."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Response
from padan_events.envelope import rfc3339
from padan_events.personal import Explanation
from padan_runtime.sealing import open_sealed
from psycopg import Connection
from psycopg.rows import dict_row
from pydantic import Field as Described

from padan_gateway import problems
from padan_gateway.answers import Answer, Model, PositionPart, answer
from padan_gateway.domain.access import Action, Field, Purpose
from padan_gateway.domain.lens import Lens
from padan_gateway.eligibility.places import PlacePart, places_of
from padan_gateway.households import repository
from padan_gateway.households.endpoints import within
from padan_gateway.parts import Parts
from padan_gateway.payments.shown import PaymentPart, payments_of
from padan_gateway.reviews import answers as reviewing
from padan_gateway.reviews import repository as reviews
from padan_gateway.reviews.answers import ReviewPart
from padan_gateway.signin.context import log_read, seen_by
from padan_gateway.signin.door import StatedPurpose
from padan_gateway.signin.tokens import Caller


class CriterionPart(Model):
    """A criterion: the fact found, the bound it was held against, how it came out (null: not known), in words."""

    code: str
    fact: str | None
    bound: str
    holds: bool | None
    text_id: str
    text_en: str


class ComponentPart(Model):
    """A component of the family, with its amount a year and whether it is among those that count."""

    component: str
    person_id: str
    annual_idr: int
    counts: bool


class FactChangePart(Model):
    """A fact imagined otherwise."""

    fact: str = Described(examples=["decile"])
    to: str = Described(examples=["4"])


class SmallestChangePart(Model):
    """The fewest facts that would turn the decision, were all of them otherwise."""

    changes: list[FactChangePart]
    text_id: str
    text_en: str


class ExplanationPart(Model):
    """Why a decision fell, in both languages."""

    summary_id: str
    summary_en: str
    criteria: list[CriterionPart]
    components: list[ComponentPart] = Described(default_factory=list)
    next_change_on: date | None = None
    smallest_change: SmallestChangePart | None = None


class DecisionPart(Model):
    """The last decision on a programme. `facts` is the household event it took into account; `state` is the
    household's then (a place needs `determined`). `explanation` is null where it is not for the caller to read."""

    programme: str = Described(examples=["pkh"])
    outcome: str = Described(examples=["entitled"])
    annual_idr: int | None = Described(examples=[3_000_000])
    missing: list[str] = Described(examples=[["decile"]])
    state: str
    policy_version: str
    facts: PositionPart
    as_of: date
    decided_at: datetime
    explanation: ExplanationPart | None


class Explanations(StrEnum):
    """Whether an answer holds the explanations, and if not, why: not for the caller, now or ever; the household's key
    was destroyed, as the law asks; or its key is not to be found, which a restored keyring can be the cause of."""

    SHOWN = "shown"
    HIDDEN = "hidden"
    ERASED = "erased"
    KEY_MISSING = "key_missing"


class EligibilityAnswer(Answer):
    """What a household is entitled to, its places, the reviews of its members and its payments, the latest first. Null
    decisions, places, reviews and payments: not for the caller's role.
    `explanations` says why there are none: `hidden` from the caller; `erased` for good; `key_missing`: tell the people
    who run the system."""

    household_id: UUID
    decisions: list[DecisionPart] | None
    places: list[PlacePart] | None
    reviews: list[ReviewPart] | None
    payments: list[PaymentPart] | None
    explanations: Explanations


class Seen(NamedTuple):
    """Decisions, places, reviews and payments that a caller may see (None: none of their business), and whether with
    the explanations, and with what is sealed in the reviews."""

    decisions: Sequence[dict[str, Any]] | None
    places: Sequence[dict[str, Any]] | None
    reviews: Sequence[dict[str, Any]] | None
    payments: Sequence[dict[str, Any]] | None
    explained: bool
    opened: bool


def decisions_of(connection: Connection[Any], household_id: UUID) -> list[dict[str, Any]]:
    """The decisions on a household, by programme; under row-level security."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT * FROM decision_view WHERE household_id = %s ORDER BY programme", [household_id]
        ).fetchall()


def decision(row: Mapping[str, Any], explanation: Explanation | None) -> dict[str, Any]:
    """A row of `decision_view` as `DecisionPart`."""
    plain = ("programme", "outcome", "annual_idr", "missing", "state", "policy_version", "as_of")
    return {
        **{name: row[name] for name in plain},
        "facts": {"shard": row["facts_shard"], "pos": row["facts_pos"]},
        "decided_at": rfc3339(row["decided_at"]),
        "explanation": None
        if explanation is None
        # What an explanation leaves out is stated: a client should not have to know our defaults.
        else {"components": [], "next_change_on": None, "smallest_change": None, **msgspec.to_builtins(explanation)},
    }


def opened(row: Mapping[str, Any], key: bytes | None) -> Explanation | None:
    """The explanation of a decision; None without the household's key. Raises `SealError`."""
    if key is None:
        return None
    return open_sealed(key, row["explanation"], Explanation, subject=row["household_id"], event_id=row["event_id"])


def router(parts: Parts) -> APIRouter:
    """The endpoints of this slice."""
    routes = APIRouter(tags=["eligibility"])
    reads = Depends(parts.door.for_(Action.READ_ELIGIBILITY))

    def read_rows(household_id: UUID, caller: Caller, purpose: Purpose | None, lens: Lens) -> Seen:
        """What the caller may see, still sealed."""
        with seen_by(parts.reader, caller) as connection:
            row = repository.household(connection, household_id)
            if row is None or not within(caller, row):
                raise problems.household_not_found()
            if lens.show(Field.REGISTER, household_id) is None:
                raise problems.role_forbidden()
            rows: Sequence[dict[str, Any]] | None = lens.show(Field.DECISION, decisions_of(connection, household_id))
            explained = bool(lens.show(Field.EXPLANATION, rows or None))
            found = places_of(connection, household_id, explained=explained)
            places: Sequence[dict[str, Any]] | None = lens.show(Field.DECISION, found)
            reviewed: Sequence[dict[str, Any]] | None = lens.show(
                Field.DECISION, reviews.of_household(connection, household_id, reviewing.today())
            )
            opened = bool(lens.show(Field.REVIEW, reviewed)) if reviewed else False
            payments: Sequence[dict[str, Any]] | None = lens.show(Field.PAYMENT, payments_of(connection, household_id))
            log_read(
                connection, caller, purpose, Action.READ_ELIGIBILITY, lens.unmasked, households=[household_id],
                persons={one["person_id"] for one in reviewed or ()} if opened else (),
            )  # fmt: skip
        return Seen(rows, places, reviewed, payments, explained, opened)

    async def key_for(household_id: UUID) -> tuple[bytes | None, Explanations]:
        keys = (await parts.keys.of([household_id]))[household_id].get(household_id)
        if keys is None:
            parts.keys.forget([household_id])  # it may be back tomorrow
            return None, Explanations.KEY_MISSING
        return keys.sensitive, Explanations.ERASED if keys.sensitive is None else Explanations.SHOWN

    @routes.get(
        "/v1/households/{household_id}/eligibility",
        summary="What a household is entitled to, and why",
        response_model=EligibilityAnswer,
        responses=problems.responses(
            *problems.SIGNED_IN,
            problems.household_not_found,
            problems.position_invalid,
            problems.view_behind,
            lambda: problems.service_unavailable("household"),
        ),
        dependencies=[Depends(parts.reached)],
    )
    async def read(household_id: UUID, caller: Annotated[Caller, reads], purpose: StatedPurpose = None) -> Response:
        watermark = parts.watermark.document()
        lens = Lens(caller.role, purpose)
        seen = await asyncio.to_thread(read_rows, household_id, caller, purpose, lens)
        key, said = None, Explanations.HIDDEN if Field.EXPLANATION in lens.hidden else Explanations.SHOWN
        if seen.explained:
            key, said = await key_for(household_id)
        decisions = None if seen.decisions is None else [decision(row, opened(row, key)) for row in seen.decisions]
        found = await reviewing.findings(parts.keys, seen.reviews or ()) if seen.opened else None
        document = {
            "household_id": household_id,
            "decisions": decisions,
            "places": seen.places,
            "reviews": None
            if seen.reviews is None
            else [reviewing.review(row, found[n] if found else None) for n, row in enumerate(seen.reviews)],
            "payments": seen.payments,
            "explanations": said,
        }
        return answer({**document, **lens.notes()}, watermark)

    return routes
