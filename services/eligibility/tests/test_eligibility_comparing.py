"""A simulation says of every family what the evaluator that explains says, before and after."""

from collections import Counter
from datetime import date
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from padan_eligibility.domain.decision import Decision, decide
from padan_eligibility.domain.facts import HouseholdFacts
from padan_eligibility.domain.policy import InKind, Policy
from padan_eligibility.domain.policy_document import read_policy
from padan_eligibility.policies import packaged
from padan_eligibility.population.frames import frames
from padan_eligibility.simulation.comparing import by_regency, compare, members_by_component, total
from padan_eligibility.simulation.messages import Change
from padan_events.eligibility import Outcome
from policies_given import FAMILIES, POLICIES, UNHURRIED, family

MANY = st.lists(FAMILIES, min_size=1, max_size=6)
DAYS = st.dates(date(2026, 3, 1), date(2028, 3, 1))


def compared(before: Policy | None, after: Policy, population: list[HouseholdFacts], as_of: date) -> pl.DataFrame:
    households, persons = frames(population)
    return compare(before, after, households.with_columns(id="household_id"), persons, as_of)


def expected_change(before: Decision | None, after: Decision, policies: tuple[Policy | None, Policy]) -> Change:
    had = Outcome.NOT_ENTITLED if before is None else before.outcome
    if after.outcome is Outcome.ENTITLED and had is not Outcome.ENTITLED:
        return Change.WINS
    if after.outcome is Outcome.UNDETERMINED and had is not Outcome.UNDETERMINED:
        return Change.OPENS
    if had is not Outcome.ENTITLED or before is None:
        return Change.SAME
    if after.outcome is Outcome.NOT_ENTITLED:
        return Change.LOSES
    amounts = [
        (1, policy.amount.annual_quantity) if isinstance(policy.amount, InKind) else (0, decision.annual_idr or 0)
        for policy, decision in zip(policies, (before, after), strict=True)
        if policy is not None
    ]
    if amounts[0][0] != amounts[1][0] or amounts[0] == amounts[1]:
        return Change.SAME
    return Change.MORE if amounts[1] > amounts[0] else Change.LESS


@UNHURRIED
@given(st.none() | POLICIES, POLICIES, MANY, DAYS)
def test_before_and_after_are_what_the_explaining_evaluator_decides(
    before: Policy | None, after: Policy, said: list[dict[str, Any]], as_of: date
) -> None:
    population = [family(number + 1, one) for number, one in enumerate(said)]
    rows = compared(before, after, population, as_of)
    olds = [None if before is None else decide(before, facts, as_of) for facts in population]
    news = [decide(after, facts, as_of) for facts in population]
    assert rows["id"].to_list() == [facts.household_id.bytes for facts in population]
    assert rows["after.outcome"].to_list() == [one.outcome.value for one in news]
    assert rows["after.annual_idr"].to_list() == [one.annual_idr for one in news]
    assert rows["before.outcome"].to_list() == [
        Outcome.NOT_ENTITLED.value if one is None else one.outcome.value for one in olds
    ]
    assert rows["before.annual_idr"].to_list() == [None if one is None else one.annual_idr for one in olds]
    assert rows["change"].to_list() == [
        expected_change(old, new, (before, after)).value for old, new in zip(olds, news, strict=True)
    ]
    counted = Counter(
        one.component
        for decision in news
        if decision.outcome is Outcome.ENTITLED
        for one in decision.explanation.components
        if one.counts
    )
    assert +members_by_component(after, rows, "after") == counted

    parts = by_regency(rows)
    assert {regency: part.families for regency, part in parts.items()} == Counter(one.regency for one in population)
    whole = total(parts.values())
    assert sum(whole.changes.values()) == len(population)
    assert (whole.after.entitled, whole.after.not_entitled, whole.after.undetermined) == tuple(
        sum(one.outcome is outcome for one in news)
        for outcome in (Outcome.ENTITLED, Outcome.NOT_ENTITLED, Outcome.UNDETERMINED)
    )
    assert whole.after.annual_idr == sum(one.annual_idr or 0 for one in news)
    ready = [
        one
        for one, facts in zip(news, population, strict=True)
        if one.outcome is Outcome.ENTITLED and facts.state is after.place_needs
    ]
    assert (whole.after.ready, whole.after.ready_annual_idr) == (len(ready), sum(one.annual_idr or 0 for one in ready))


def test_a_candidate_that_is_the_policy_in_force_changes_nothing() -> None:
    population = [family(1, {"regency": "3318", "state": "determined", "decile": 1, "persons": []})]
    for policy in packaged():
        whole = total(by_regency(compared(policy, policy, population, date(2026, 3, 2))).values())
        assert whole.changes[Change.SAME] == whole.families == 1


def test_of_nobody_nothing_changes() -> None:
    for policy in packaged():
        assert by_regency(compared(None, policy, [], date(2026, 3, 2))) == {}


def test_a_larger_sum_is_more_and_what_is_no_longer_known_opens() -> None:
    sembako = next(policy for policy in packaged() if policy.programme == "sembako")
    known = family(1, {"regency": "3318", "state": "determined", "decile": 1, "persons": []})
    document: dict[str, Any] = {
        "programme": "sembako", "version": "2027.1", "effective_from": "2027-01-01", "owner": "ministry",
        "name": {"id": "Sembako", "en": "Sembako"}, "source": "a test", "place_needs": "determined",
        "criteria": [{"criterion": "decile_at_most", "bound": 4}], "amount": {"reckoned": "fixed", "annual_idr": 1},
    }  # fmt: skip

    def change(**altered: Any) -> str:
        rows = compared(sembako, read_policy(document | altered), [known], date(2026, 3, 2))
        return str(rows["change"].item())

    assert change(amount={"reckoned": "fixed", "annual_idr": 9_000_000}) == "more"
    assert change() == "less"
    assert change(criteria=[{"criterion": "poverty_2022", "code": "no_shelter"}]) == "opens"
    assert change(criteria=[{"criterion": "decile_at_least", "bound": 9}]) == "loses"
