"""Families as eligibility knows them, for tables of cases."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from padan_eligibility.domain.facts import HouseholdFacts, PersonFacts
from padan_events.personal import School
from padan_events.states import State

TODAY = date(2026, 3, 2)
GRANDMOTHER: dict[str, Any] = {"birth_date": date(1960, 3, 2)}
OLDEST: dict[str, Any] = {"birth_date": date(1950, 3, 2)}
TODDLER: dict[str, Any] = {"birth_date": date(2023, 1, 1)}
MOTHER: dict[str, Any] = {"birth_date": date(1990, 1, 1), "pregnant": True}
FATHER: dict[str, Any] = {"birth_date": date(1988, 1, 1)}
PUPIL: dict[str, Any] = {"birth_date": date(2014, 1, 1), "school": School.PRIMARY}
STUDENT: dict[str, Any] = {"birth_date": date(2009, 1, 1), "school": School.SENIOR_SECONDARY}
AGELESS: dict[str, Any] = {}
ERASED: dict[str, Any] = {"known": False}


def family(
    *members: dict[str, Any], decile: int | None = 1, state: State = State.PROPOSED, regency: str = "3318"
) -> HouseholdFacts:
    return HouseholdFacts(
        household_id=UUID(int=99),
        regency=regency,
        state=state,
        decile=decile,
        persons=tuple(msgspec.convert({"person_id": UUID(int=i + 1), **m}, PersonFacts) for i, m in enumerate(members)),
    )
