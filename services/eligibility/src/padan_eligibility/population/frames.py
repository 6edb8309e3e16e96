"""The tables a population is evaluated on, and the answers a visit brought, one column a criterion."""

from collections.abc import Iterable

import polars as pl
from padan_events.criteria import Answer, Criterion2022, CriterionBps
from padan_events.personal import Circumstances, Disability

from padan_eligibility.domain.facts import HouseholdFacts, PersonFacts
from padan_eligibility.domain.policy import MatchState

Code = Criterion2022 | CriterionBps


def answer_column(code: Code) -> str:
    """The column of a criterion of poverty: true, false, null where it is not known."""
    return f"{'2022' if isinstance(code, Criterion2022) else 'bps'}.{code.value}"


def match_column(state: MatchState) -> str:
    """The column that says whether a household has a match in this state."""
    return f"match.{state.value}"


_OF_HOUSEHOLDS: dict[str, pl.DataType | type[pl.DataType]] = {
    "household_id": pl.Binary,
    "state": pl.String,
    "regency": pl.String,
    "decile": pl.Int8,
    "proposed_for": pl.List(pl.String),
    "places": pl.List(pl.String),
    "household_needs": pl.List(pl.String),
    **dict.fromkeys(map(match_column, MatchState), pl.Boolean),
    **{answer_column(code): pl.Boolean for code in (*Criterion2022, *CriterionBps)},
}
HOUSEHOLDS = pl.Schema(_OF_HOUSEHOLDS)
"""One row a household. `household_id`: the 16 bytes of its UUID."""

_OF_PERSONS: dict[str, pl.DataType | type[pl.DataType]] = {
    "household_id": pl.Binary,
    "person_id": pl.Binary,
    "known": pl.Boolean,
    "birth_date": pl.Date,
    "sex": pl.String,
    "school": pl.String,
    "school_until": pl.Date,
    "pregnant": pl.Boolean,
    "severe_disability": pl.Boolean,
    "identity_agrees": pl.Boolean,
    "needs": pl.List(pl.String),
    **{f"disability.{kind.value}": pl.Boolean for kind in Disability},
}
PERSONS = pl.Schema(_OF_PERSONS)
"""One row a living member. `person_id`: the 16 bytes of its UUID."""


def frames(population: Iterable[HouseholdFacts]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Households and persons as tables."""
    facts = list(population)
    return (
        pl.DataFrame([_household(one) for one in facts], schema=HOUSEHOLDS, orient="row"),
        pl.DataFrame([_person(one, person) for one in facts for person in one.persons], schema=PERSONS, orient="row"),
    )


def _household(one: HouseholdFacts) -> tuple[object, ...]:
    answers = _answers(one.circumstances)
    return (
        one.household_id.bytes,
        one.state.value,
        one.regency,
        one.decile,
        list(one.proposed_for),
        [place.programme for place in one.places if place.held],
        [kind.value for kind in one.needs],
        one.barred,
        one.under_review,
        *answers,
    )


def _answers(circumstances: Circumstances | None) -> list[bool | None]:
    if circumstances is None:
        return [None] * (len(Criterion2022) + len(CriterionBps))
    return [
        *(_known(circumstances.criteria_2022.get(code)) for code in Criterion2022),
        *(_known(circumstances.criteria_bps.get(code)) for code in CriterionBps),
    ]


def _known(answer: Answer | None) -> bool | None:
    return None if answer in {None, Answer.UNKNOWN} else answer is Answer.YES


def _person(one: HouseholdFacts, person: PersonFacts) -> tuple[object, ...]:
    return (
        one.household_id.bytes,
        person.person_id.bytes,
        person.known,
        person.birth_date,
        person.sex,
        person.school,
        person.school_until,
        person.pregnant,
        person.severe_disability,
        person.identity_agrees,
        [kind.value for kind in person.needs],
        *(kind in person.disabilities for kind in Disability),
    )
