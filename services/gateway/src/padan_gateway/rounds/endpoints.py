"""GET /v1/rounds, /v1/rounds/{village}/{month} and /v1/households/{household_id}/aid."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response
from padan_events.states import State

from padan_gateway import problems, regions
from padan_gateway.answers import answer
from padan_gateway.domain.access import Action, Field
from padan_gateway.domain.lens import Lens
from padan_gateway.domain.regions import Level, Scope
from padan_gateway.households import answers as households
from padan_gateway.households import cursor
from padan_gateway.households import repository as register
from padan_gateway.households.endpoints import MOST, require_address, within
from padan_gateway.parts import Parts
from padan_gateway.rounds import answers, repository
from padan_gateway.signin.context import log_read, seen_by
from padan_gateway.signin.door import StatedPurpose
from padan_gateway.signin.tokens import Caller

_MONTH = r"^20[0-9]{2}-(0[1-9]|1[0-2])$"
_COMMON = (*problems.SIGNED_IN, problems.position_invalid, problems.view_behind, problems.request_invalid)


def _state(row: Mapping[str, Any]) -> dict[str, Any]:
    plain = ("opened_at", "due_at", "answered_at", "closed_at", "late")
    return {"village": regions.named(row["village"]), **{name: row[name] for name in plain}}


def _village(code: str) -> Scope:
    scope = regions.scope_of(code)
    if scope.level is not Level.VILLAGE:
        raise problems.region_unknown()
    return scope


def router(parts: Parts) -> APIRouter:
    """The endpoints of this slice."""
    routes = APIRouter(tags=["rounds"])
    lists = Depends(parts.door.for_(Action.LIST_HOUSEHOLDS))
    reads = Depends(parts.door.for_(Action.READ_HOUSEHOLD))

    @routes.get(
        "/v1/rounds",
        summary="The monthly round in the villages of a region",
        response_model=answers.RoundsAnswer,
        responses=problems.responses(*_COMMON, problems.region_forbidden),
        dependencies=[Depends(parts.reached)],
    )
    def of_region(
        caller: Annotated[Caller, lists],
        month: Annotated[str, Query(pattern=_MONTH, description="The update month.", examples=["2026-03"])],
        region: Annotated[
            str | None,
            Query(description="Kemendagri code of a regency, a district or a village (default: your own region)."),
        ] = None,
    ) -> Response:
        listed = regions.asked_of(caller.scope, region)
        if listed.level in (Level.NATION, Level.PROVINCE):
            raise problems.request_invalid([("query.region", "value_invalid")])
        watermark = parts.watermark.document()
        with seen_by(parts.reader, caller) as connection:
            rows = repository.of_region(connection, listed, month, datetime.now(UTC))
        counted = ("recipients", "entitled", "not_entitled", "unconfirmed", "ended")
        without = len(regions.villages_of(listed.code)) - len(rows)
        return answer(
            {
                "region": listed.name,
                "month": month,
                "updated": without == 0 and all(row["answered_at"] or row["closed_at"] for row in rows),
                "late": sum(row["late"] for row in rows),
                "without_round": without,
                "villages": [{**_state(row), **{name: row[name] for name in counted}} for row in rows],
            },
            watermark,
        )

    @routes.get(
        "/v1/rounds/{village}/{month}",
        summary="The families of a village to be answered for in a month",
        response_model=answers.RoundAnswer,
        responses=problems.responses(
            *_COMMON,
            problems.region_forbidden,
            problems.purpose_missing,
            problems.cursor_invalid,
            problems.round_not_found,
        ),
        dependencies=[Depends(parts.reached)],
    )
    def of_village(  # noqa: PLR0917 - FastAPI passes its parameters by name
        caller: Annotated[Caller, lists],
        village: Annotated[str, Path(description="Kemendagri code of the village.", examples=["3318042007"])],
        month: Annotated[str, Path(pattern=_MONTH, examples=["2026-03"])],
        limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
        after: Annotated[
            str | None, Query(alias="cursor", description="`next_cursor` of the page before.", max_length=200)
        ] = None,
        purpose: StatedPurpose = None,
    ) -> Response:
        listed = _village(village)
        if not caller.scope.contains(listed):
            raise problems.region_forbidden()
        require_address(caller, listed, purpose)
        last = None if after is None else cursor.decode(listed, after)
        watermark = parts.watermark.document()
        lens = Lens(caller.role, purpose)
        with seen_by(parts.reader, caller) as connection:
            the_round = repository.of_village(connection, village, month, datetime.now(UTC))
            if the_round is None:
                raise problems.round_not_found()
            rows = register.page(connection, listed, last, limit + 1, State.DETERMINED)
            shown = rows[:limit]
            said = repository.answers(connection, [row["household_id"] for row in shown], month)
            families = [
                {
                    **households.household(row, lens),
                    "verification": answers.verification(said.get(row["household_id"]), caller.role),
                }
                for row in shown
            ]
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
        document = {**_state(the_round), "month": month, "families": families, "next_cursor": next_cursor}
        return answer({**document, **lens.notes()}, watermark)

    @routes.get(
        "/v1/households/{household_id}/aid",
        summary="Programmes a household was proposed for, and its last monthly verification",
        response_model=answers.AidAnswer,
        responses=problems.responses(*_COMMON, problems.household_not_found),
        dependencies=[Depends(parts.reached)],
    )
    def aid(household_id: UUID, caller: Annotated[Caller, reads]) -> Response:
        watermark = parts.watermark.document()
        if Lens(caller.role, None).show(Field.DECISION, True) is None:
            raise problems.role_forbidden()
        with seen_by(parts.reader, caller) as connection:
            row = register.household(connection, household_id)
            if row is None or not within(caller, row):
                raise problems.household_not_found()
            document = {
                "household_id": household_id,
                "programmes": repository.programmes(connection, household_id),
                "verification": answers.verification(repository.last_answer(connection, household_id), caller.role),
            }
        return answer(document, watermark)

    return routes
