"""What the civil registry holds, and how it judges whether a person's data agree with it."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple, cast, get_args

import polars as pl

from padan_simulators.civil_registry.messages import (
    Agreement,
    Match,
    MatchItem,
    MatchRequest,
    MatchResponse,
    Status,
)
from padan_simulators.civil_registry.name_rule import NameParts, name_parts, names_agree, parts_agree

PEOPLE_SCHEMA: dict[str, pl.DataType] = {
    "nik": pl.String(),
    "name": pl.String(),
    "birth_date": pl.Date(),
    "sex": pl.String(),
    "family_card_number": pl.String(),
    "mother_name": pl.String(),
    "status": pl.String(),
}
_NOT_FOUND = Match(found=False, status=None, agreement=Agreement(nik=False))


class RegisteredPerson(NamedTuple):
    """One person of the registry; the parts of the name are made once, when the person is taken in."""

    name: NameParts
    birth_date: date
    sex: str
    family_card_number: str | None
    mother_name: str | None
    status: Status


def read_people(frame: pl.DataFrame) -> dict[str, RegisteredPerson]:
    """Return NIK to person. Raises ValueError for a missing value, an unknown status or an unknown sex."""
    required = frame.select("nik", "name", "birth_date", "sex", "status")
    known = frame["status"].is_in(get_args(Status)).all() and frame["sex"].is_in(["m", "f"]).all()
    if sum(required.null_count().row(0)) or not known:
        raise ValueError("a person lacks a required value, or has an unknown status or sex")
    return {
        nik: RegisteredPerson(name_parts(name), birth_date, sex, card, mother_name, cast(Status, status))
        for nik, name, birth_date, sex, card, mother_name, status in frame.iter_rows()
    }


def match_batch(people: dict[str, RegisteredPerson], request: MatchRequest) -> MatchResponse:
    """Judge every item of the request, in its order."""
    return MatchResponse(request.request_id, [_match(people.get(item.nik), item) for item in request.items])


def _match(person: RegisteredPerson | None, item: MatchItem) -> Match:
    if person is None:
        return _NOT_FOUND
    mother_name, card = person.mother_name, person.family_card_number
    agreement = Agreement(
        nik=True,
        name=None if item.name is None else parts_agree(name_parts(item.name), person.name),
        birth_date=None if item.birth_date is None else item.birth_date == person.birth_date,
        sex=None if item.sex is None else item.sex == person.sex,
        family_card_number=(
            None if item.family_card_number is None or card is None else item.family_card_number == card
        ),
        mother_name=(
            None if item.mother_name is None or mother_name is None else names_agree(item.mother_name, mother_name)
        ),
    )
    return Match(found=True, status=person.status, agreement=agreement)
