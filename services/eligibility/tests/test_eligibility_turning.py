"""The smallest change that is named with a decision really turns it."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import combinations, product
from typing import Any
from uuid import UUID

import msgspec
import pytest
from families_given import FATHER, GRANDMOTHER, OLDEST, TODAY, TODDLER, family
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from padan_eligibility.domain.ages import birthday
from padan_eligibility.domain.conditions import asked, met
from padan_eligibility.domain.decision import decide
from padan_eligibility.domain.facts import HouseholdFacts, PersonFacts, Place
from padan_eligibility.domain.policy import Holds2022, HoldsBps, MembersAtLeast, Policy
from padan_eligibility.domain.policy_conditions import AgeWithin, Condition, HasNeed
from padan_eligibility.domain.policy_document import leaves
from padan_eligibility.policies import packaged
from padan_eligibility.policies.reading import read_document
from padan_events.criteria import Answer, Criterion2022, CriterionBps
from padan_events.eligibility import Outcome
from padan_events.need_kinds import NeedKind
from padan_events.personal import Circumstances, Disability, School, Sex, SmallestChange
from padan_events.states import State
from policies_given import FAMILIES, POLICIES, UNHURRIED
from policies_given import family as invented

PROGRAMMES = {policy.programme: policy for policy in packaged()}


POOR = """programme: shelter
version: "2026.1"
effective_from: 2026-01-01
name: {id: Rumah, en: Shelter}
owner: ministry
source: invented for this test
place_needs: determined
criteria:
  - {criterion: poverty_2022, code: no_shelter}
  - {criterion: poverty_2022_at_least, bound: BOUND}
amount: {reckoned: fixed, annual_idr: 1200000}
"""


def people(conditions: Sequence[Condition], as_of: date) -> Iterator[PersonFacts]:
    """People of every kind that the conditions tell apart."""
    ages = {age for when in conditions for fact in asked(when) if isinstance(fact, AgeWithin) for age in _ends(fact)}
    kinds = [(), tuple(Disability), *((kind,) for kind in Disability)]
    asked_needs = {
        kind for when in conditions for fact in asked(when) if isinstance(fact, HasNeed) for kind in fact.kinds
    }
    had = [needs for number in range(len(asked_needs) + 1) for needs in combinations(sorted(asked_needs), number)]
    for needs, age, school, pregnant, severe, disabilities, sex, agrees in product(
        had, sorted(ages | {30}), (None, *School), (False, True), (False, True), kinds, Sex, (True, False)
    ):
        yield PersonFacts(
            person_id=UUID(int=1),
            birth_date=birthday(as_of, -age),
            school=school,
            pregnant=pregnant,
            severe_disability=severe,
            disabilities=disabilities,
            sex=sex,
            identity_agrees=agrees,
            needs=needs,
        )


def _ends(ages: AgeWithin) -> set[int]:
    beyond = set() if ages.to_years is None else {ages.to_years, ages.to_years + 1}
    return {ages.from_years, max(ages.from_years - 1, 0), *beyond}


def such(conditions: Sequence[Condition], number: int, as_of: date) -> tuple[PersonFacts, ...]:
    """So many members who meet one of the conditions."""
    if not number:
        return ()
    fitting = (one for one in people(conditions, as_of) if any(met(when, one, as_of) for when in conditions))
    found = next(fitting, None)
    assume(found is not None)  # nobody can be what such a policy asks for
    assert found is not None
    return tuple(msgspec.structs.replace(found, person_id=UUID(int=index + 1)) for index in range(number))


def found_by_a_visit(policy: Policy, facts: HouseholdFacts, name: str, to: str) -> Circumstances:
    """What a visit would have found: one criterion, or so many of a list."""
    circumstances = facts.circumstances or Circumstances(
        criteria_2022=dict.fromkeys(Criterion2022, Answer.UNKNOWN),
        criteria_bps=dict.fromkeys(CriterionBps, Answer.UNKNOWN),
    )
    kind, _, code = name.partition(".")
    field = "criteria_2022" if kind.startswith("poverty_2022") else "criteria_bps"
    answers: dict[Any, Answer] = dict(getattr(circumstances, field))
    if code:
        answers[code] = Answer(to)
    else:
        leaf = Holds2022 if field == "criteria_2022" else HoldsBps
        named = {one.code for one in leaves(policy.criteria) if isinstance(one, leaf)}
        for one in named:
            answers[one] = Answer.NO if answers[one] is Answer.UNKNOWN else answers[one]
        left = int(to) - sum(answers[one] is Answer.YES for one in named)
        for one in (one for one in answers if one not in named):
            answers[one] = Answer.YES if left > 0 else Answer.NO
            left -= 1
    return msgspec.structs.replace(circumstances, **{field: answers})


def changed(policy: Policy, facts: HouseholdFacts, change: SmallestChange, as_of: date) -> HouseholdFacts:
    """The family as the change imagines it. Of a list of poverty, single criteria first."""
    for one in sorted(change.changes, key=lambda one: one.fact.endswith("_count")):
        kind, _, which = one.fact.partition(".")
        new: dict[str, Any] = {}
        match kind:
            case "state":
                new["state"] = State(one.to)
            case "decile":
                new["decile"] = int(one.to)
            case "region":
                new["regency"] = one.to.ljust(4, "0")
            case "proposed_for":
                others = {code for code in facts.proposed_for if code != which}
                new["proposed_for"] = tuple(sorted(others | ({which} if one.to == "yes" else set())))
            case "holds_place":
                kept = [place for place in facts.places if place.programme != which]
                place = Place(programme=which, held=one.to == "yes", event=UUID(int=7))
                new["places"] = (*kept, place)
            case "has_need":
                kept_needs = {kind for kind in facts.needs if kind != which}
                new["needs"] = tuple(sorted(kept_needs | ({NeedKind(which)} if one.to == "yes" else set())))
            case "register_match":
                new["barred" if which == "founded" else "under_review"] = one.to == "yes"
            case "household_size":
                new["persons"] = such([msgspec.convert({"fact": "everyone"}, Condition)], int(one.to), as_of)
            case "members":
                counted = [leaf.when for leaf in leaves(policy.criteria) if isinstance(leaf, MembersAtLeast)]
                new["persons"] = such(counted[:1], int(one.to), as_of)
            case "components":
                new["persons"] = such([component.when for component in policy.components], int(one.to), as_of)
            case _:
                new["circumstances"] = found_by_a_visit(policy, facts, one.fact, one.to)
        facts = msgspec.structs.replace(facts, **new)
    return facts


def turned(policy: Policy, facts: HouseholdFacts, as_of: date) -> bool:
    """Whether a change is named; where it is, it must turn the decision."""
    decision = decide(policy, facts, as_of)
    change = decision.explanation.smallest_change
    if change is None:
        return False
    assert len({one.fact for one in change.changes}) == len(change.changes) <= 3
    assert change.text_id
    assert change.text_en
    other = Outcome.NOT_ENTITLED if decision.outcome is Outcome.ENTITLED else Outcome.ENTITLED
    assert decide(policy, changed(policy, facts, change, as_of), as_of).outcome is other, change
    return True


@settings(UNHURRIED, max_examples=1_000)
@given(POLICIES, FAMILIES, st.dates(date(2026, 3, 1), date(2028, 3, 1)))
def test_the_change_that_is_named_turns_the_decision(policy: Policy, said: dict[str, Any], as_of: date) -> None:
    turned(policy, invented(1, said), as_of)


@settings(UNHURRIED, max_examples=1_000)
@given(st.sampled_from(["pkh", "sembako", "pbi_jk", "rice"]), FAMILIES)
def test_of_what_ships_for_the_nation_a_change_is_always_named(programme: str, said: dict[str, Any]) -> None:
    assert turned(PROGRAMMES[programme], invented(1, said), TODAY)


@pytest.mark.parametrize(
    ("programme", "facts", "changes", "says"),
    [
        ("sembako", family(FATHER, decile=6), {"decile": "4"}, "akan berhak bila: desilnya 4"),
        ("sembako", family(FATHER, decile=None), {"decile": "4"}, "akan berhak bila: desilnya 4"),
        ("sembako", family(FATHER, decile=4), {"decile": "5"}, "tidak berhak lagi bila: desilnya 5"),
        ("pkh", family(FATHER, TODDLER, decile=1), {"components": "0"}, "komponen PKH: 0"),
        ("pkh", family(FATHER, decile=9), {"decile": "4", "components": "1"}, "desilnya 4; anggota yang termasuk"),
        ("pati_elderly", family(OLDEST, decile=4), {"decile": "5"}, "desilnya 5"),
        ("pati_elderly", family(GRANDMOTHER, decile=8), {"decile": "6", "components": "1"}, "desilnya 6"),
        (
            "sembako",
            family(FATHER, decile=1, state=State.WITHDRAWN),
            {"state": "proposed"},
            "akan berhak bila: statusnya diusulkan",
        ),
        (
            "pati_elderly",
            family(decile=9, state=State.WITHDRAWN, regency="3319"),
            {},
            "",
        ),
        ("bst", family(FATHER), {}, ""),  # nothing brings it back
    ],
)
def test_the_smallest_change_is_told_in_words(
    programme: str, facts: HouseholdFacts, changes: dict[str, str], says: str
) -> None:
    change = decide(PROGRAMMES[programme], facts, TODAY).explanation.smallest_change
    assert {one.fact: one.to for one in change.changes} == changes if change else changes == {}
    assert says in (change.text_id if change else "")


@pytest.mark.parametrize(
    ("bound", "answers", "changes"),
    [
        (2, {"wall_poor_material": Answer.YES}, {"poverty_2022.no_shelter": "yes"}),
        (3, {"wall_poor_material": Answer.YES}, {"poverty_2022.no_shelter": "yes", "poverty_2022_count": "3"}),
        (2, {"no_shelter": Answer.YES}, {"poverty_2022_count": "2"}),
        (2, {}, {"poverty_2022.no_shelter": "yes", "poverty_2022_count": "2"}),
        (1, {}, {"poverty_2022.no_shelter": "yes"}),
        (1, {"no_shelter": Answer.YES, "wall_poor_material": Answer.YES}, {"poverty_2022.no_shelter": "no"}),
    ],
)
@pytest.mark.parametrize("unfound", [Answer.NO, Answer.UNKNOWN])
def test_a_criterion_of_poverty_counts_among_those_of_its_list(
    bound: int, answers: dict[str, Answer], changes: dict[str, str], unfound: Answer
) -> None:
    policy = read_document(POOR.replace("BOUND", str(bound)))
    circumstances = Circumstances(
        criteria_2022={code: answers.get(code, unfound) for code in Criterion2022},
        criteria_bps=dict.fromkeys(CriterionBps, Answer.UNKNOWN),
    )
    facts = msgspec.structs.replace(family(FATHER), circumstances=circumstances)
    assert turned(policy, facts, TODAY)
    change = decide(policy, facts, TODAY).explanation.smallest_change
    assert change is not None
    assert {one.fact: one.to for one in change.changes} == changes
