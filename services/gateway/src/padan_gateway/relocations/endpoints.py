"""GET /v1/relocations: families that move away from a region and into it, and people shown elsewhere."""

from datetime import date, datetime
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
    silent: bool = Described(
        description="Accepted: the destination said nothing in time, and the civil registry shows the new address."
    )
    origin: RegionPart
    destination: PlacePart
    address: str | None
    rt: str | None
    rw: str | None


class SeenMovePart(Model):
    """A member whom the civil registry shows in another village, and no move there has been asked for. Nothing comes of
    it by itself."""

    household_id: UUID
    person_id: UUID
    since: date = Described(description="Since when the civil registry shows them there.")
    origin: RegionPart
    destination: PlacePart


class RelocationsAnswer(Answer):
    """Moves, those that are due first, and what the civil registry shows of moves that nobody has asked for."""

    relocations: list[RelocationPart]
    seen: list[SeenMovePart] = Described(
        description="Members of families of your region whom the civil registry shows elsewhere, without a move there; "
        "the latest first. Empty where a stage is asked for."
    )


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
            noticed = repository.seen(connection, limit) if stage is None else []
            seen = [_seen(row, lens) for row in noticed]
            log_read(
                connection,
                caller,
                purpose,
                Action.LIST_HOUSEHOLDS,
                lens.unmasked,
                households=list(dict.fromkeys(row["household_id"] for row in (*rows, *noticed))),
            )
        return answer({"relocations": shown, "seen": seen, **lens.notes()}, watermark)

    return routes


def _shown(row: dict[str, Any], lens: Lens) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("household_id", "stage", "stage_since", "due_at", "silent")},
        **_from_and_to(row, lens),
        **{name: lens.show(Field.ADDRESS, row[name]) for name in ("address", "rt", "rw")},
    }


def _seen(row: dict[str, Any], lens: Lens) -> dict[str, Any]:
    return {**{name: row[name] for name in ("household_id", "person_id", "since")}, **_from_and_to(row, lens)}


def _from_and_to(row: dict[str, Any], lens: Lens) -> dict[str, Any]:
    return {
        "origin": named(row["from_regency"]),
        "destination": {
            **{tier: named(row[tier]) for tier in ("province", "regency", "district")},
            "village": named(lens.show(Field.ADDRESS, row["village"])),
        },
    }
