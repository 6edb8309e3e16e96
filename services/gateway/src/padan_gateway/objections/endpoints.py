"""GET /v1/objections and /v1/households/{household_id}/objections."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from fastapi.concurrency import run_in_threadpool

from padan_gateway import problems, regions
from padan_gateway.answers import answer
from padan_gateway.domain.access import Action, Field, Purpose
from padan_gateway.domain.lens import Lens
from padan_gateway.households import repository as register
from padan_gateway.households.endpoints import within
from padan_gateway.objections import answers, repository
from padan_gateway.parts import Parts
from padan_gateway.signin.context import log_read, seen_by
from padan_gateway.signin.door import StatedPurpose
from padan_gateway.signin.tokens import Caller


def router(parts: Parts) -> APIRouter:
    """The endpoints of this slice."""
    routes = APIRouter(tags=["objections"])
    reads = Depends(parts.door.for_(Action.READ_OBJECTIONS))

    @routes.get(
        "/v1/objections",
        summary="Objections of a region that wait for an answer, and how many there were",
        response_model=answers.ObjectionsAnswer,
        responses=problems.responses(
            *problems.SIGNED_IN, problems.region_forbidden, problems.position_invalid, problems.view_behind
        ),
        dependencies=[Depends(parts.reached)],
    )
    def of_region(
        caller: Annotated[Caller, reads],
        region: Annotated[
            str | None, Query(description="Kemendagri code within your own region (default: all of it).")
        ] = None,
    ) -> Response:
        listed = regions.asked_of(caller.scope, region)
        watermark = parts.watermark.document()
        with seen_by(parts.reader, caller) as connection:
            counts = repository.counts(connection, listed)
            waiting = repository.waiting(connection, listed)
        document = {"region": listed.name, **counts, "waiting": [answers.plain(row) for row in waiting]}
        return answer(document, watermark)

    def rows_of(household_id: UUID, caller: Caller, purpose: Purpose | None, lens: Lens) -> list[dict[str, Any]]:
        with seen_by(parts.reader, caller) as connection:
            row = register.household(connection, household_id)
            if row is None or not within(caller, row):
                raise problems.household_not_found()
            rows = repository.of_household(connection, household_id)
            if rows:
                lens.show(Field.OBJECTION, True)
            log_read(connection, caller, purpose, Action.READ_OBJECTIONS, lens.unmasked, households=[household_id])
        return rows

    @routes.get(
        "/v1/households/{household_id}/objections",
        summary="The objections to a household",
        response_model=answers.ObjectionsOfHouseholdAnswer,
        responses=problems.responses(
            *problems.SIGNED_IN,
            problems.household_not_found,
            problems.position_invalid,
            problems.view_behind,
            lambda: problems.service_unavailable("household"),
        ),
        dependencies=[Depends(parts.reached)],
    )
    async def of_household(
        household_id: UUID, caller: Annotated[Caller, reads], purpose: StatedPurpose = None
    ) -> Response:
        watermark = parts.watermark.document()
        lens = Lens(caller.role, purpose)
        rows = await run_in_threadpool(rows_of, household_id, caller, purpose, lens)
        key = None
        if lens.unmasked:
            keys = (await parts.keys.of([household_id]))[household_id].get(household_id)
            key = None if keys is None else keys.identity
        shown = [answers.opened(row, key, lens) for row in rows]
        return answer({"household_id": household_id, "objections": shown, **lens.notes()}, watermark)

    return routes
