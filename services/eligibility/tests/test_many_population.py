"""The two evaluators, the one that explains and the one for populations, agree on every policy and every family."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec
import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from padan_eligibility.domain.ages import age_on
from padan_eligibility.domain.decision import decide
from padan_eligibility.domain.facts import HouseholdFacts
from padan_eligibility.domain.policy import Policy
from padan_eligibility.domain.policy_document import canonical, read_policy
from padan_eligibility.policies import packaged
from padan_eligibility.population import conditions
from padan_eligibility.population.frames import frames
from padan_eligibility.population.outcomes import outcomes
from padan_events.criteria import Answer, Criterion2022, CriterionBps
from padan_events.personal import Disability, School, Sex
from padan_events.states import State

YEARS = st.integers(0, 90)
NAME = st.just({"id": "anggota", "en": "members"})


def struct(tag: str, of: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({of: st.just(tag), **fields})


def distinct(of: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[list[Any]]:
    return st.lists(of, min_size=1, max_size=most, unique_by=str)


AGES = st.tuples(YEARS, st.none() | YEARS).map(
    lambda ends: {
        "fact": "age_within",
        "from_years": ends[0],
        "to_years": None if ends[1] is None else ends[0] + ends[1] % 30,
    }
)
CONDITIONS = st.recursive(
    AGES
    | struct("attends", "fact", school=st.sampled_from(School))
    | struct("pregnant", "fact")
    | struct("severe_disability", "fact")
    | struct("disability_any_of", "fact", kinds=distinct(st.sampled_from(Disability)))
    | struct("sex_is", "fact", sex=st.sampled_from(Sex)),
    lambda inner: (
        struct("all_of", "fact", conditions=distinct(inner))
        | struct("any_of", "fact", conditions=distinct(inner))
        | struct("none_of", "fact", conditions=distinct(inner))
    ),
    max_leaves=5,
)
LEAVES = (
    struct("state_not_in", "criterion", states=distinct(st.sampled_from(State)))
    | struct("decile_at_most", "criterion", bound=st.integers(1, 10))
    | struct("decile_at_least", "criterion", bound=st.integers(1, 10))
    | struct("region_in", "criterion", regions=distinct(st.sampled_from(["33", "3318", "3319", "5171"])))
    | struct("household_size_at_least", "criterion", bound=st.integers(1, 4))
    | struct("household_size_at_most", "criterion", bound=st.integers(1, 4))
    | struct("poverty_2022", "criterion", code=st.sampled_from(Criterion2022))
    | struct("poverty_bps", "criterion", code=st.sampled_from(CriterionBps))
    | struct("poverty_2022_at_least", "criterion", bound=st.integers(1, 9))
    | struct("poverty_bps_at_least", "criterion", bound=st.integers(1, 14))
    | struct("members_at_least", "criterion", bound=st.integers(1, 3), name=NAME, when=CONDITIONS)
    | struct("components_at_least", "criterion", bound=st.integers(1, 3))
)


UNHURRIED = settings(deadline=None, max_examples=1500, suppress_health_check=[HealthCheck.too_slow])
"""Documents nest, and are slow to invent."""


def one_of_a_kind(criteria: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As a document must be: one fact has one bound."""
    return list({criterion["criterion"]: criterion for criterion in criteria}.values())


CRITERIA = st.recursive(
    LEAVES,
    lambda inner: st.sampled_from(["all_of", "any_of", "none_of"]).flatmap(
        lambda tag: struct(tag, "criterion", criteria=distinct(inner).map(one_of_a_kind))
    ),
    max_leaves=6,
)
COMPONENTS = st.lists(
    st.fixed_dictionaries(
        {
            "name": NAME,
            "when": CONDITIONS,
            "annual_idr": st.sampled_from([900_000, 1_500_000, 2_400_000, 2_400_001, 3_000_000]),
            "at_most": st.none() | st.integers(1, 2),
        }
    ),
    min_size=1,
    max_size=4,
).map(lambda components: [{**one, "code": f"code_{index}"} for index, one in enumerate(components)])


def document(criteria: list[dict[str, Any]], components: list[dict[str, Any]], most: int) -> Policy:
    return read_policy(
        {
            "programme": "invented",
            "version": "2026.1",
            "effective_from": "2026-01-01",
            "name": {"id": "Karangan", "en": "Invented"},
            "owner": "nobody",
            "source": "a test",
            "place_needs": "determined",
            "criteria": one_of_a_kind(criteria),
            "amount": {"reckoned": "by_components", "most": most},
            "components": components,
        }
    )


POLICIES = st.sampled_from(packaged()) | st.builds(document, distinct(CRITERIA), COMPONENTS, st.integers(1, 4))
PERSONS = st.fixed_dictionaries(
    {
        "known": st.sampled_from([True, True, True, False]),
        "birth_date": st.none() | st.dates(date(1930, 1, 1), date(2026, 3, 1)) | st.just(date(2020, 2, 29)),
        "sex": st.none() | st.sampled_from(Sex),
        "school": st.none() | st.sampled_from(School),
        "pregnant": st.booleans(),
        "severe_disability": st.booleans(),
        "disabilities": st.lists(st.sampled_from(Disability), max_size=2, unique=True),
    }
)
ANSWERS = st.sampled_from([Answer.YES, Answer.NO, Answer.UNKNOWN])
FAMILIES = st.fixed_dictionaries(
    {
        "regency": st.sampled_from(["3318", "3319", "5171"]),
        "state": st.sampled_from(State),
        "decile": st.none() | st.integers(1, 10),
        "circumstances": st.none()
        | st.fixed_dictionaries(
            {
                "criteria_2022": st.fixed_dictionaries(dict.fromkeys(Criterion2022, ANSWERS)),
                "criteria_bps": st.fixed_dictionaries(dict.fromkeys(CriterionBps, ANSWERS)),
            }
        ),
        "persons": st.lists(PERSONS, max_size=6),
    }
)


def family(number: int, said: dict[str, Any]) -> HouseholdFacts:
    persons = [{**one, "person_id": UUID(int=100 * number + i)} for i, one in enumerate(said["persons"])]
    return msgspec.convert({**said, "household_id": UUID(int=number), "persons": persons}, HouseholdFacts)


@UNHURRIED
@given(POLICIES, st.lists(FAMILIES, min_size=1, max_size=6), st.dates(date(2026, 3, 1), date(2028, 3, 1)))
def test_both_evaluators_agree(policy: Policy, said: list[dict[str, Any]], as_of: date) -> None:
    population = [family(number + 1, one) for number, one in enumerate(said)]
    explained = [decide(policy, facts, as_of) for facts in population]
    found = outcomes(policy, *frames(population), as_of)
    assert found.rows() == [
        (facts.household_id.bytes, decision.outcome.value, decision.annual_idr)
        for facts, decision in zip(population, explained, strict=True)
    ]


@UNHURRIED
@given(POLICIES)
def test_any_policy_comes_back_from_its_canonical_bytes(policy: Policy) -> None:
    assert read_policy(msgspec.json.decode(canonical(policy))) == policy


def test_a_population_of_nobody_has_no_outcomes() -> None:
    for policy in packaged():
        assert outcomes(policy, *frames([]), date(2026, 3, 2)).shape == (0, 3)


def test_an_age_is_the_same_in_both_around_every_birthday() -> None:
    births = pl.DataFrame({"birth_date": pl.date_range(date(2019, 12, 25), date(2021, 1, 5), eager=True)})
    for day in (date(2026, 2, 28), date(2026, 3, 1), date(2028, 2, 29), date(2026, 12, 31), date(2027, 1, 1)):
        assert births.select(conditions.age_on(day)).to_series().to_list() == [
            age_on(born, day) for born in births["birth_date"].to_list()
        ]
