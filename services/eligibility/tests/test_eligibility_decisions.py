"""Who is entitled: tables of cases, and laws that hold for every family."""

from collections.abc import Sequence
from datetime import date
from itertools import product
from random import Random
from typing import Any

import msgspec
import pytest
from families_given import AGELESS, ERASED, FATHER, GRANDMOTHER, MOTHER, PUPIL, STUDENT, TODAY, TODDLER, family
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from padan_eligibility.domain.components import dearest_choice
from padan_eligibility.domain.decision import decide, digest
from padan_eligibility.domain.facts import HouseholdFacts
from padan_eligibility.domain.policy import AmountByComponents, InKind, Policy
from padan_eligibility.policies import packaged
from padan_events.eligibility import Outcome
from padan_events.personal import School
from padan_events.states import State

PROGRAMMES = {policy.programme: policy for policy in packaged()}
PKH, SEMBAKO = PROGRAMMES["pkh"], PROGRAMMES["sembako"]


@pytest.mark.parametrize(
    ("facts", "outcome", "amount", "missing"),
    [
        (family(FATHER, TODDLER), "entitled", 3_000_000, ()),
        (family(FATHER, PUPIL, STUDENT), "entitled", 2_900_000, ()),
        (family(FATHER), "not_entitled", None, ()),
        (family(), "not_entitled", None, ()),
        (family(FATHER, TODDLER, decile=4), "entitled", 3_000_000, ()),
        (family(FATHER, TODDLER, decile=5), "not_entitled", None, ()),
        (family(FATHER, TODDLER, decile=None), "undetermined", None, ("decile",)),
        (family(FATHER, decile=None), "not_entitled", None, ("decile",)),
        (family(AGELESS), "undetermined", None, ("birth_date",)),
        (family(AGELESS, decile=None), "undetermined", None, ("decile", "birth_date")),
        (family(AGELESS, decile=9), "not_entitled", None, ("birth_date",)),
        (family(AGELESS, TODDLER), "entitled", 3_000_000, ("birth_date",)),
        (family(ERASED), "undetermined", None, ("person_facts",)),
        (family(FATHER, TODDLER, state=State.DEACTIVATED), "not_entitled", None, ()),
        (family(FATHER, TODDLER, state=State.REJECTED, decile=None), "not_entitled", None, ("decile",)),
        (family(FATHER, TODDLER, state=State.DETERMINED), "entitled", 3_000_000, ()),
        (family(TODDLER, TODDLER, TODDLER), "entitled", 6_000_000, ()),
        (family(MOTHER, MOTHER), "entitled", 3_000_000, ()),
        (family(*[GRANDMOTHER] * 5), "entitled", 9_600_000, ()),
        (family(MOTHER, TODDLER, TODDLER, GRANDMOTHER, STUDENT, PUPIL), "entitled", 11_400_000, ()),
        (family({**GRANDMOTHER, "severe_disability": True}), "entitled", 2_400_000, ()),
        (family({**TODDLER, "severe_disability": True}, TODDLER, TODDLER), "entitled", 8_400_000, ()),
        # The place for a pregnancy goes to the mother: so one toddler who is at school already counts as a pupil.
        (family(MOTHER, TODDLER, {**TODDLER, "pregnant": True}, {**PUPIL, **TODDLER}), "entitled", 9_900_000, ()),
    ],
)
def test_pkh(facts: HouseholdFacts, outcome: str, amount: int | None, missing: tuple[str, ...]) -> None:
    decision = decide(PKH, facts, TODAY)
    assert (decision.outcome.value, decision.annual_idr, decision.missing) == (outcome, amount, missing)


@pytest.mark.parametrize(
    ("decile", "outcome", "amount"),
    [(1, "entitled", 2_400_000), (4, "entitled", 2_400_000), (5, "not_entitled", None), (None, "undetermined", None)],
)
def test_sembako_asks_for_the_decile_alone(decile: int | None, outcome: str, amount: int | None) -> None:
    decision = decide(SEMBAKO, family(AGELESS, ERASED, decile=decile), TODAY)
    assert (decision.outcome.value, decision.annual_idr) == (outcome, amount)
    assert decision.missing == (("decile",) if decile is None else ())


@pytest.mark.parametrize(
    ("born", "on", "entitled"),
    [
        (date(2019, 3, 3), date(2026, 3, 2), True),  # still six
        (date(2019, 3, 3), date(2026, 3, 3), False),  # seven today
        (date(1966, 3, 3), date(2026, 3, 2), False),
        (date(1966, 3, 3), date(2026, 3, 3), True),  # sixty today
        (date(2020, 2, 29), date(2027, 2, 28), True),
        (date(2020, 2, 29), date(2027, 3, 1), False),
    ],
)
def test_ages_change_on_the_birthday(born: date, on: date, *, entitled: bool) -> None:
    assert (decide(PKH, family({"birth_date": born}), on).outcome is Outcome.ENTITLED) is entitled


def test_a_decision_knows_the_next_date_on_which_it_could_change() -> None:
    def next_change(*members: dict[str, Any], decile: int | None = 1) -> date | None:
        return decide(PKH, family(*members, decile=decile), TODAY).explanation.next_change_on

    assert next_change(TODDLER, FATHER) == date(2030, 1, 1)
    assert next_change(FATHER) == date(2048, 1, 1)
    assert next_change({"birth_date": date(2020, 2, 29)}) == date(2027, 3, 1)
    assert next_change(TODDLER, decile=None) == date(2030, 1, 1)
    assert next_change(TODDLER, decile=9) is None  # no birthday mends that
    assert next_change(GRANDMOTHER) is None
    assert decide(SEMBAKO, family(TODDLER), TODAY).explanation.next_change_on is None


DATES = st.none() | st.dates(date(1930, 1, 1), date(2026, 3, 1))
PERSONS: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    birth_date=DATES,
    school=st.none() | st.sampled_from(School),
    pregnant=st.booleans(),
    severe_disability=st.booleans(),
    known=st.sampled_from([True, True, True, False]),
)
FAMILIES = st.builds(
    lambda members, decile, state: family(*members, decile=decile, state=state),
    st.lists(PERSONS, max_size=6),
    st.none() | st.integers(1, 10),
    st.sampled_from(State),
)
POLICIES = st.sampled_from(list(PROGRAMMES.values()))
OF_THE_POOREST = st.sampled_from([one for one in PROGRAMMES.values() if one.owner != "3318"])
RANK = {Outcome.NOT_ENTITLED: 0, Outcome.UNDETERMINED: 1, Outcome.ENTITLED: 2}


@given(OF_THE_POOREST, FAMILIES, st.integers(1, 9))
def test_a_poorer_decile_is_never_worse(policy: Policy, facts: HouseholdFacts, decile: int) -> None:
    poorer = decide(policy, msgspec.structs.replace(facts, decile=decile), TODAY)
    richer = decide(policy, msgspec.structs.replace(facts, decile=decile + 1), TODAY)
    assert RANK[poorer.outcome] >= RANK[richer.outcome]
    assert (poorer.annual_idr or 0) >= (richer.annual_idr or 0)


@given(POLICIES, FAMILIES)
def test_a_missing_fact_is_never_a_no(policy: Policy, facts: HouseholdFacts) -> None:
    """Who is refused although something is missing would be refused whatever it turned out to be."""
    decision = decide(policy, facts, TODAY)
    if decision.outcome is not Outcome.NOT_ENTITLED:
        return
    best = msgspec.structs.replace(
        facts,
        decile=facts.decile or 1,
        persons=tuple(
            msgspec.structs.replace(p, known=True, birth_date=p.birth_date if p.known and p.birth_date else TODAY)
            for p in facts.persons
        ),
    )
    assert decide(policy, best, TODAY).outcome is Outcome.NOT_ENTITLED


@given(POLICIES, FAMILIES)
def test_undetermined_always_names_what_is_missing(policy: Policy, facts: HouseholdFacts) -> None:
    decision = decide(policy, facts, TODAY)
    if decision.outcome is Outcome.UNDETERMINED:
        assert decision.missing
    in_money = not isinstance(policy.amount, InKind)
    assert (decision.annual_idr is not None) == (decision.outcome is Outcome.ENTITLED and in_money)


@given(POLICIES, FAMILIES, st.randoms())
def test_the_same_facts_give_the_same_bytes_in_any_order_of_members(
    policy: Policy, facts: HouseholdFacts, random: Random
) -> None:
    persons = list(facts.persons)
    random.shuffle(persons)
    shuffled = msgspec.structs.replace(facts, persons=tuple(persons))
    one, other = decide(policy, facts, TODAY), decide(policy, shuffled, TODAY)
    assert msgspec.json.encode(one) == msgspec.json.encode(other)
    assert digest(one, facts) == digest(other, shuffled)


LIMITS = st.lists(st.none() | st.integers(1, 3), min_size=1, max_size=5)


@given(LIMITS, st.none() | st.integers(1, 5), st.data())
def test_the_components_that_count_are_the_dearest_choice_there_is(
    limits: list[int | None], most: int | None, data: st.DataObject
) -> None:
    prices = data.draw(st.lists(st.integers(1, 4), min_size=len(limits), max_size=len(limits)))
    policy = msgspec.structs.replace(
        PKH,
        amount=AmountByComponents(most=UNSET if most is None else most),
        components=tuple(
            msgspec.structs.replace(PKH.components[i], annual_idr=price, at_most=limit)
            for i, (price, limit) in enumerate(zip(prices, limits, strict=True))
        ),
    )
    fits = st.lists(st.sampled_from(range(len(limits))), min_size=1, unique=True)
    fitting = data.draw(st.lists(fits, max_size=6))
    chosen = dearest_choice(policy, fitting)

    def allowed(choice: Sequence[int | None]) -> bool:
        return sum(one is not None for one in choice) <= (99 if most is None else most) and all(
            limit is None or choice.count(index) <= limit for index, limit in enumerate(limits)
        )

    def pays(choice: Sequence[int | None]) -> int:
        return sum(prices[one] for one in choice if one is not None)

    assert allowed(chosen)
    assert all(one is None or one in fits for one, fits in zip(chosen, fitting, strict=True))
    assert pays(chosen) == max(pays(one) for one in product(*((None, *fits) for fits in fitting)) if allowed(one))


@given(POLICIES, FAMILIES, st.dates(date(2026, 3, 3), date(2060, 1, 1)))
def test_nothing_changes_by_itself_before_the_next_change(policy: Policy, facts: HouseholdFacts, day: date) -> None:
    decision = decide(policy, facts, TODAY)
    due = decision.explanation.next_change_on
    later = decide(policy, facts, day)
    if due is None:  # no birthday changes what comes of it
        assert (later.outcome, later.annual_idr) == (decision.outcome, decision.annual_idr)
    elif day < due:
        assert digest(later, facts) == digest(decision, facts)
