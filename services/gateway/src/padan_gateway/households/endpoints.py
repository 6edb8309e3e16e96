"""GET /v1/households and /v1/households/{household_id}."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from padan_events.states import State

from padan_gateway import problems, regions
from padan_gateway.answers import answer
from padan_gateway.domain.access import Action, Field, Purpose, Sight, sight
from padan_gateway.domain.lens import Lens
from padan_gateway.domain.regions import Level, Scope
from padan_gateway.households import answers, cursor, repository, visits
from padan_gateway.parts import Parts
from padan_gateway.signin.context import log_read, seen_by
from padan_gateway.signin.door import StatedPurpose
from padan_gateway.signin.tokens import Caller

MOST = 500


def within(caller: Caller, row: Mapping[str, Any]) -> bool:
    """Whether a row of a view lies in the caller's region. The database has checked it, too."""
    return caller.scope.contains(Scope.of(row["village"] or row["regency"]))


def require_address(caller: Caller, listed: Scope, purpose: Purpose | None) -> None:
    """A list of one village says where each household on it lives: it takes what showing the village takes. Who acts
    for that village alone learns nothing by it. Raises `Problem` role_forbidden and purpose_missing."""
    if listed.level is not Level.VILLAGE or listed == caller.scope:
        return
    match sight(caller.role, Field.ADDRESS, purpose):
        case Sight.HIDDEN:
            raise problems.role_forbidden()
        case Sight.MASKED:
            raise problems.role_forbidden() if purpose else problems.purpose_missing()
        case Sight.FULL:
            return


def router(parts: Parts) -> APIRouter:
    """The endpoints of this slice."""
    routes = APIRouter(tags=["households"])
    reads = Depends(parts.door.for_(Action.READ_HOUSEHOLD))
    lists = Depends(parts.door.for_(Action.LIST_HOUSEHOLDS))

    @routes.get(
        "/v1/households/{household_id}",
        summary="A household with its members",
        response_model=answers.HouseholdAnswer,
        responses=problems.responses(
            *problems.SIGNED_IN, problems.household_not_found, problems.position_invalid, problems.view_behind
        ),
        dependencies=[Depends(parts.reached)],
    )
    def read(household_id: UUID, caller: Annotated[Caller, reads], purpose: StatedPurpose = None) -> Response:
        watermark = parts.watermark.document()
        lens = Lens(caller.role, purpose)
        with seen_by(parts.reader, caller) as connection:
            row = repository.household(connection, household_id)
            if row is None or not within(caller, row):
                raise problems.household_not_found()
            members = repository.members(connection, household_id)
            visited = visits.shown(*visits.read(connection, household_id), lens)
            document = answers.with_members(row, members, visited, lens)
            log_read(
                connection,
                caller,
                purpose,
                Action.READ_HOUSEHOLD,
                lens.unmasked,
                households=[household_id],
                persons=[m["person_id"] for m in members],
            )
        response = answer(document, watermark)
        response.headers["ETag"] = f'"{row["version"]}"'
        return response

    @routes.get(
        "/v1/households",
        summary="The households of a region, page by page",
        response_model=answers.HouseholdsAnswer,
        responses=problems.responses(
            *problems.SIGNED_IN,
            problems.region_forbidden,
            problems.purpose_missing,
            problems.cursor_invalid,
            problems.position_invalid,
            problems.request_invalid,
            problems.view_behind,
        ),
        dependencies=[Depends(parts.reached)],
    )
    def page(  # noqa: PLR0917 - FastAPI passes its parameters by name
        caller: Annotated[Caller, lists],
        region: Annotated[
            str | None,
            Query(
                description="Kemendagri code within your own region (default: all of it). A village needs a purpose."
            ),
        ] = None,
        state: Annotated[State | None, Query(description="Only those that stand in this state.")] = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
        after: Annotated[
            str | None, Query(alias="cursor", description="`next_cursor` of the page before.", max_length=200)
        ] = None,
        purpose: StatedPurpose = None,
    ) -> Response:
        listed = regions.asked_of(caller.scope, region)
        require_address(caller, listed, purpose)
        last = None if after is None else cursor.decode(listed, after)
        watermark = parts.watermark.document()
        lens = Lens(caller.role, purpose)
        with seen_by(parts.reader, caller) as connection:
            rows = repository.page(connection, listed, last, limit + 1, state)
            shown = rows[:limit]
            households = [answers.household(row, lens) for row in shown]
            log_read(
                connection,
                caller,
                purpose,
                Action.LIST_HOUSEHOLDS,
                lens.unmasked,
                households=[row["household_id"] for row in shown],
                persons=[row["caretaker"] for row in shown],
            )
        more = len(rows) > limit
        next_cursor = cursor.encode(listed, shown[-1]["household_id"]) if more else None
        return answer({"households": households, "next_cursor": next_cursor, **lens.notes()}, watermark)

    return routes
