"""The two evaluators, the one that explains and the one for populations, agree on every policy and every family."""

from datetime import date
from typing import Any

import msgspec
import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from padan_eligibility.domain.ages import age_on
from padan_eligibility.domain.decision import decide
from padan_eligibility.domain.ordering import own_order
from padan_eligibility.domain.policy import Policy
from padan_eligibility.domain.policy_document import canonical, read_policy
from padan_eligibility.policies import packaged
from padan_eligibility.population import conditions
from padan_eligibility.population.frames import frames
from padan_eligibility.population.outcomes import evaluated, outcomes
from policies_given import FAMILIES, POLICIES, UNHURRIED, family


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
@given(POLICIES, st.lists(FAMILIES, min_size=1, max_size=6), st.dates(date(2026, 3, 1), date(2028, 3, 1)))
def test_both_put_families_in_the_same_order(policy: Policy, said: list[dict[str, Any]], as_of: date) -> None:
    determined = date(2026, 3, 1)
    population = [family(number + 1, {**one, "determined_on": determined}) for number, one in enumerate(said)]
    found = evaluated(policy, *frames(population), as_of)
    columns = [name for name in found.columns if name.startswith("order.")]
    # The date is told with the list.
    told = found.select(pl.col(columns).fill_null(determined.toordinal())).rows() if columns else [()] * len(population)
    explained = [tuple(key.value for key in own_order(policy, facts, as_of)) for facts in population]
    assert told == explained


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
