"""POST /v1/persons:like: people who may be the one somebody is about to enter, so that nobody is entered twice.

Who has no NIK is found again by nothing else. Whether two are the same, a person decides.
"""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from psycopg import Connection
from psycopg.rows import dict_row
from pydantic import Field as Described
from rapidfuzz import fuzz, process, utils

from padan_gateway import problems
from padan_gateway.answers import Answer, Model, answer
from padan_gateway.domain.access import Action, Field, Sight, sight
from padan_gateway.domain.lens import Lens
from padan_gateway.domain.regions import Level, Scope
from padan_gateway.households import repository
from padan_gateway.households.answers import HouseholdPart, MemberPart, household, member
from padan_gateway.parts import Parts
from padan_gateway.signin.context import log_read, seen_by
from padan_gateway.signin.door import StatedPurpose
from padan_gateway.signin.tokens import Caller

MOST: Final = 10
ALIKE: Final = 80
"""WRatio from which two names are alike: one letter, another order of the parts, a part left out."""
YEARS: Final = 1
"""How far the year of birth may be off; people often know it by the year only."""


class Sought(Model):
    """Who is about to be entered."""

    name: str = Described(min_length=2, max_length=100)
    birth_year: int = Described(ge=1900, le=2200, description="People born a year before or after are found, too.")
    sex: str | None = Described(default=None, pattern="^[mf]$")
    regency: str | None = Described(
        default=None, pattern="^[0-9]{4}$", description="Needed by whoever works for more than one regency."
    )


class LikePart(Model):
    """A person who may be the same, and the household they belong to; `likeness` 100 is the same name."""

    likeness: int = Described(ge=ALIKE, le=100)
    person: MemberPart
    household: HouseholdPart


class LikeAnswer(Answer):
    """People of the caller's region whose names are alike, the likest first; also of households that left the
    register. Nobody: nobody is alike."""

    people: list[LikePart]


def candidates(connection: Connection[Any], regency: str, year: int, sex: str | None) -> list[tuple[UUID, str]]:
    """Those who were born about then, or nobody knows when, with their names; under row-level security."""
    rows = connection.execute(
        "SELECT person_id, name FROM person_view WHERE regency = %(regency)s AND name IS NOT NULL "
        "AND (birth_date BETWEEN %(from)s AND %(to)s OR birth_date IS NULL) "
        "AND (%(sex)s::text IS NULL OR sex IS NULL OR sex = %(sex)s)",
        {
            "regency": regency,
            "from": date(year - YEARS, 1, 1),
            "to": date(year + YEARS, 12, 31),
            "sex": sex,
        },
        binary=True,
    )
    return rows.fetchall()


def alike(name: str, among: Sequence[str], most: int = MOST) -> list[tuple[int, int]]:
    """The likest of these names, by their places, each with its likeness."""
    found = process.extract(
        name, among, scorer=fuzz.WRatio, processor=utils.default_process, limit=most, score_cutoff=ALIKE
    )
    return [(index, int(score)) for _, score, index in found]


def _persons(connection: Connection[Any], ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute("SELECT * FROM person_view WHERE person_id = ANY(%b::uuid[])", [list(ids)])
        return {row["person_id"]: row for row in rows}


def _regency(asked: Sought, caller: Caller) -> str:
    if caller.scope.level in {Level.NATION, Level.PROVINCE}:
        if asked.regency is None:
            raise problems.request_invalid([("body.regency", "missing")])
        if not caller.scope.contains(Scope.of(asked.regency)):
            raise problems.region_forbidden()
        return asked.regency
    own = caller.scope.code[:4]
    if asked.regency not in {None, own}:
        raise problems.region_forbidden()
    return own


def router(parts: Parts) -> APIRouter:
    """The endpoint of this slice."""
    routes = APIRouter(tags=["persons"])
    looks_up = Depends(parts.door.for_(Action.LOOK_UP_PERSON))

    @routes.post(
        "/v1/persons:like",
        summary="People whose names are alike, before one is entered who is there already",
        response_model=LikeAnswer,
        responses=problems.responses(
            *problems.SIGNED_IN,
            problems.purpose_missing,
            problems.region_forbidden,
            problems.request_invalid,
            problems.body_too_large,
            problems.position_invalid,
            problems.view_behind,
        ),
        dependencies=[Depends(parts.reached)],
    )
    def like(asked: Sought, caller: Annotated[Caller, looks_up], purpose: StatedPurpose = None) -> Response:
        watermark = parts.watermark.document()
        if sight(caller.role, Field.NAME, purpose) is not Sight.FULL:
            raise problems.role_forbidden() if purpose else problems.purpose_missing()
        regency, lens = _regency(asked, caller), Lens(caller.role, purpose)
        people: list[dict[str, Any]] = []
        with seen_by(parts.reader, caller) as connection:
            among = candidates(connection, regency, asked.birth_year, asked.sex)
            likest = alike(asked.name, [name for _, name in among])
            found = sorted(((among[index][0], score) for index, score in likest), key=lambda one: (-one[1], one[0]))
            persons = _persons(connection, [person for person, _ in found])
            for person_id, likeness in found:
                person = persons[person_id]
                holder = repository.household(connection, person["household_id"])
                if holder is not None:
                    people.append(
                        {"likeness": likeness, "person": member(person, lens), "household": household(holder, lens)}
                    )
            log_read(
                connection,
                caller,
                purpose,
                Action.LOOK_UP_PERSON,
                lens.unmasked,
                households=[one["household"]["household_id"] for one in people],
                persons={of for one in people for of in (one["person"]["person_id"], one["household"]["caretaker"])},
            )
        return answer({"people": people, **lens.notes()}, watermark)

    return routes
