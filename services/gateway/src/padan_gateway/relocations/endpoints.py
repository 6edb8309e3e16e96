"""GET /v1/relocations: families that move away from a region and into it."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field as Described

from padan_gateway import problems
from padan_gateway.answers import Answer, Model, PlacePart, RegionPart, answer
from padan_gateway.domain.access import Action, Field
from padan_gateway.domain.lens import Lens
from padan_gateway.parts import Parts
from padan_gateway.regions import named
from padan_gateway.relocations import repository
from padan_gateway.signin.context import log_read, seen_by
from padan_gateway.signin.door import StatedPurpose
from padan_gateway.signin.tokens import Caller

MOST = 500


class Stage(StrEnum):
    """How far a move is."""

    REQUESTED = "requested"
    RELEASED = "released"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class RelocationPart(Model):
    """The last move of a household. The village it goes to is part of the address: null without a stated purpose."""

    household_id: UUID
    stage: Stage
    stage_since: datetime
    due_at: datetime | None = Described(
        description="When it goes back to the origin if nobody decides; of an accepted one, until when the destination "
        "may object; null where nothing is due."
    )
    origin: RegionPart
    destination: PlacePart
    address: str | None
    rt: str | None
    rw: str | None


class RelocationsAnswer(Answer):
    """Moves, those that are due first."""

    relocations: list[RelocationPart]


def router(parts: Parts) -> APIRouter:
    """The endpoint of this slice."""
    routes = APIRouter(tags=["cases"])
    lists = Depends(parts.door.for_(Action.LIST_HOUSEHOLDS))

    @routes.get(
        "/v1/relocations",
        summary="Families that move away from your region or into it",
        response_model=RelocationsAnswer,
        responses=problems.responses(
            *problems.SIGNED_IN, problems.position_invalid, problems.request_invalid, problems.view_behind
        ),
        dependencies=[Depends(parts.reached)],
    )
    def relocations(
        caller: Annotated[Caller, lists],
        stage: Annotated[Stage | None, Query(description="Only those at this stage.")] = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
        purpose: StatedPurpose = None,
    ) -> Response:
        watermark = parts.watermark.document()
        lens = Lens(caller.role, purpose)
        with seen_by(parts.reader, caller) as connection:
            rows = repository.moves(connection, caller.scope, stage, limit)
            shown = [_shown(row, lens) for row in rows]
            log_read(
                connection,
                caller,
                purpose,
                Action.LIST_HOUSEHOLDS,
                lens.unmasked,
                households=[row["household_id"] for row in rows],
            )
        return answer({"relocations": shown, **lens.notes()}, watermark)

    return routes


def _shown(row: dict[str, Any], lens: Lens) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("household_id", "stage", "stage_since", "due_at")},
        "origin": named(row["from_regency"]),
        "destination": {
            **{tier: named(row[tier]) for tier in ("province", "regency", "district")},
            "village": named(lens.show(Field.ADDRESS, row["village"])),
        },
        **{name: lens.show(Field.ADDRESS, row[name]) for name in ("address", "rt", "rw")},
    }
