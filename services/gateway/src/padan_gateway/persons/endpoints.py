"""POST /v1/persons:lookup. A NIK travels in a body, never in an address that logs could keep."""

import re
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from padan_runtime.sealing import keyed_hash
from psycopg import Connection
from psycopg.rows import dict_row
from pydantic import Field as Described

from padan_gateway import problems
from padan_gateway.answers import Answer, Model, answer
from padan_gateway.domain.access import Action
from padan_gateway.domain.lens import Lens
from padan_gateway.households import repository
from padan_gateway.households.answers import HouseholdPart, MemberPart, household, member
from padan_gateway.households.endpoints import within
from padan_gateway.parts import Parts
from padan_gateway.signin.context import log_read, seen_by
from padan_gateway.signin.door import StatedPurpose
from padan_gateway.signin.tokens import Caller

_NIK = re.compile(r"[0-9]{16}", re.ASCII)


class Lookup(Model):
    """Whom to look up."""

    nik: str = Described(description="16 digits.", examples=["3318014507800001"], max_length=32)


class PersonAnswer(Answer):
    """A person and the household they belong to."""

    person: MemberPart
    household: HouseholdPart


def by_nik_hash(connection: Connection[Any], nik_hash: bytes) -> dict[str, Any] | None:
    """The person with this NIK; under row-level security. Where it was recorded twice, it is whose it was made last."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT * FROM person_view WHERE nik_hash = %b ORDER BY membership_seq DESC LIMIT 1", [nik_hash]
        ).fetchone()


def router(parts: Parts) -> APIRouter:
    """The endpoints of this slice."""
    routes = APIRouter(tags=["persons"])
    looks_up = Depends(parts.door.for_(Action.LOOK_UP_PERSON))

    @routes.post(
        "/v1/persons:lookup",
        summary="A person by NIK",
        response_model=PersonAnswer,
        responses=problems.responses(
            *problems.SIGNED_IN,
            problems.person_not_found,
            problems.nik_invalid,
            problems.request_invalid,
            problems.body_too_large,
            problems.position_invalid,
            problems.view_behind,
        ),
        dependencies=[Depends(parts.reached)],
    )
    def look_up(asked: Lookup, caller: Annotated[Caller, looks_up], purpose: StatedPurpose = None) -> Response:
        if _NIK.fullmatch(asked.nik) is None:
            raise problems.nik_invalid()
        watermark = parts.watermark.document()
        lens = Lens(caller.role, purpose)
        with seen_by(parts.reader, caller) as connection:
            person = by_nik_hash(connection, keyed_hash(parts.nik_hash_key, asked.nik))
            if person is None or not within(caller, person):
                raise problems.person_not_found()
            household_id: UUID = person["household_id"]
            holder = repository.household(connection, household_id)
            if holder is None or not within(caller, holder):
                raise problems.person_not_found()
            document = {"person": member(person, lens), "household": household(holder, lens), **lens.notes()}
            log_read(
                connection,
                caller,
                purpose,
                Action.LOOK_UP_PERSON,
                lens.unmasked,
                households=[household_id],
                persons={person["person_id"], holder["caretaker"]},
            )
        return answer(document, watermark)

    return routes
